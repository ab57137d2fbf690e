"""The datasets area as training needs it, found by name: no area imports another, and training goes on without it."""

import re
from dataclasses import dataclass

from django.apps import apps

from areas.allowed import visible_here
from areas.index import modules


class NotPossible(Exception):
    """The datasets area refused; its own sentence, and the form field that it is about."""

    def __init__(self, message: str, field: str = ""):
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Choice:
    value: str  # "penguins/v1", as in the tag atelier:dataset
    label: str
    title: str


def choices(connection) -> list[Choice]:
    """The usable versions of a connection's datasets, newest of each dataset first."""
    if not apps.is_installed("areas.datasets"):
        return []
    versions = apps.get_model("datasets", "DatasetVersion").objects.filter(
        dataset__connection=connection, state__in=("Ready",)
    )
    versions = visible_here(connection, versions, "Dataset", name="dataset__name")
    found = versions.order_by("dataset__name", "-number").values_list(
        "dataset__name", "number", "rows", "dataset__title"
    )
    return [
        Choice(f"{name}/v{number}", f"{name} v{number}, {rows:,} rows", title) for name, number, rows, title in found
    ]


def find_version(connection, value: str):
    """The version that ``penguins/v1`` names on this connection, or None."""
    named = re.fullmatch(r"(.+)/v(\d+)", value or "")
    if not named or not apps.is_installed("areas.datasets"):
        return None
    versions = apps.get_model("datasets", "DatasetVersion").objects.select_related("dataset", "dataset__connection")
    found = versions.filter(dataset__connection=connection, dataset__name=named[1], number=int(named[2]))
    return visible_here(connection, found, "Dataset", name="dataset__name").first()


def usual_label(version) -> str:
    """The column that one usually predicts: the dataset's own word, else the one whose role is label, else the last."""
    names = [column["name"] for column in version.columns]
    if version.dataset.label in names:
        return version.dataset.label
    return next(
        (column["name"] for column in version.columns if column.get("role") == "label"), names[-1] if names else ""
    )


def usual_features(version, label: str) -> list[str]:
    """The columns that a preparation takes when none are chosen; none if the label can't be one."""
    try:
        return plan_channels(version, label=label)["call"]["request"]["features"]
    except NotPossible:
        return []


def suggest(version, label: str) -> dict:
    """What the datasets area suggests for a label: problem, objective, num_class, eval_metric, hyperparameters."""
    return _ask("suggest", version, label)


def plan_channels(version, **options) -> dict:
    """Where the prepared channels will lie, and the call that writes them; see ``areas.datasets.prepare``."""
    return _ask("plan_channels", version, **options)


def _ask(function: str, *arguments, **options) -> dict:
    prepare = next((module for module in modules("prepare") if hasattr(module, function)), None)
    if prepare is None:
        raise NotPossible("Datasets can't be prepared for training here: the datasets area is not installed.")
    try:
        return getattr(prepare, function)(*arguments, **options)
    except Exception as error:
        # The area's own error class can't be named here without importing it; its mark is a sentence for people.
        if type(error).__name__ != "DatasetError":
            raise
        raise NotPossible(str(error), getattr(error, "field", "") or "") from error
