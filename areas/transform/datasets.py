"""A version of a dataset as a transform job reads it: prepared as for training, label first, so that inferences can be judged."""

import json
from dataclasses import dataclass

from areas import objects
from areas.calls import CallFailed
from areas.index import modules

DATASET_TAG, LABEL_TAG, SCHEMA_TAG = "atelier:dataset", "atelier:label", "atelier:schema"


class NotPossible(Exception):
    """Why the version can't be read by a model, in a sentence; ``field`` of the form that it is about."""

    def __init__(self, message: str, field: str = ""):
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Rows:
    """Where the rows lie or will lie, the step of a Run that writes them (or nothing), and the tags that tell of them."""

    uri: str
    steps: list[dict]
    tags: dict[str, str]


def usual_label(version) -> str:
    """The column that one usually predicts: the dataset's own word, else the one whose role is label, else the last."""
    names = [column["name"] for column in version.columns]
    if version.dataset.label in names:
        return version.dataset.label
    labels = (column["name"] for column in version.columns if column.get("role") == "label")
    return next(labels, names[-1] if names else "")


def rows_of(version, label: str, part: str, model_tags: dict[str, str]) -> Rows:
    """The rows of ``part`` (train or validation), split and encoded as the training form does it, label first.

    A model that learned from this very version gets what was prepared for it then. Raises NotPossible.
    """
    schema = model_tags.get(SCHEMA_TAG, "")
    if schema and model_tags.get(DATASET_TAG) == version.tag and model_tags.get(LABEL_TAG, label) == label:
        home, steps = schema.rpartition("/")[0], []
        tags = {DATASET_TAG: version.tag, LABEL_TAG: label, SCHEMA_TAG: schema}
        return Rows(f"{home}/{part}/", steps, tags)
    wanted = schema_of(version.dataset.connection, schema) if schema else {}
    features = [feature["name"] for feature in wanted.get("features", ())]
    advice = _ask("suggest", version, label)
    planned = _ask(
        "plan_channels", version, label=label, features=features or None,
        method="random" if advice["problem"] == "regression" else "stratified",
    )  # fmt: skip
    tags = {DATASET_TAG: version.tag, LABEL_TAG: label, SCHEMA_TAG: planned["schema_uri"]}
    return Rows(planned["channels"][part], [planned["call"]], tags)


def schema_of(connection, uri: str) -> dict:
    """What ``schema.json`` says of prepared rows: label, its classes, features; nothing if it can't be read."""
    try:
        found = json.loads(objects.read(connection, uri)[0])
    except (CallFailed, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _ask(function: str, *arguments, **options) -> dict:
    prepare = next((module for module in modules("prepare") if hasattr(module, function)), None)
    if prepare is None:
        raise NotPossible("Datasets can't be prepared here: the datasets area is not installed.", "dataset")
    try:
        return getattr(prepare, function)(*arguments, **options)
    except Exception as error:
        # The area's own error class can't be named here without importing it; its mark is a sentence for people.
        if type(error).__name__ != "DatasetError":
            raise
        raise NotPossible(str(error), getattr(error, "field", "") or "label") from error
