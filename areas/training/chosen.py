"""What can train, and the one that a form has chosen: a built-in algorithm, a script of AWS's, or a script of one's own."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from areas.images import Image, find, images, recipes
from areas.training.parameters import XGBOOST, Parameter, offered

CONTENT_TYPES = {  # by the kinds of areas.algorithms.frame.types, in the order in which they are offered
    "csv": ("text/csv", "CSV, label first, no header"),
    "libsvm": ("text/libsvm", "libsvm"),
    "parquet": ("application/x-parquet", "Parquet"),
    "recordio": ("application/x-recordio-protobuf", "RecordIO protobuf"),
    "jsonlines": ("application/jsonlines", "JSON Lines"),
    "json": ("application/json", "JSON"),
    "text": ("text/plain", "text"),
    "image": ("application/x-image", "images and a .lst file"),
    "imagerecord": ("application/x-recordio", "RecordIO of images"),
    "model": ("application/x-sagemaker-model", "a model that was trained here"),
}
UNLABELLED = ("text/csv;label_size=0", "CSV, every column is a feature, no header")
UNSAID = ("", "not said")


@dataclass(frozen=True)
class Chosen:
    """``value`` is the form's word: "kmeans", "sagemaker-xgboost", "lightgbm-regression-model", "pytorch-training:script"."""

    value: str

    @property
    def is_script(self) -> bool:
        return self.value.endswith(":script")

    @cached_property
    def recipe(self):
        return recipes().get(self.value)

    @cached_property
    def image(self) -> Image | None:
        return self.recipe.image if self.recipe else find(self.value.partition(":")[0])

    @cached_property
    def algorithm(self) -> Any | None:
        """What it declares of itself; None for a script of one's own."""
        if self.is_script or not self.image:
            return None
        return self.recipe.algorithm if self.recipe else self.image.algorithm

    @property
    def is_xgboost(self) -> bool:
        return not self.is_script and self.image is not None and self.image.repository == XGBOOST

    @property
    def parameters(self) -> list[Parameter]:
        return offered(self.algorithm) if self.algorithm else []

    @property
    def channels(self) -> list[tuple[str, Any]]:
        """(field of the form, declared channel) of each. The first is the field train_uri, whatever it is called."""
        declared = self.algorithm.channels if self.algorithm else ()
        return [("train_uri" if at == 0 else f"{one.name}_uri", one) for at, one in enumerate(declared)]

    @property
    def content_types(self) -> list[tuple[str, str]]:
        """Choices for the channels of rows."""
        if not self.algorithm:
            return [CONTENT_TYPES[kind] for kind in ("csv", "libsvm", "parquet", "recordio")] + [UNSAID]
        train = self.algorithm.channels[0]
        found = [CONTENT_TYPES[kind] for kind in CONTENT_TYPES if kind in train.formats]
        if "csv" in train.formats and train.labels == "ignored":
            found.insert(0, UNLABELLED)
        return [*found, UNSAID]

    @property
    def takes_datasets(self) -> bool:
        """Whether it learns from rows of numbers in CSV, as datasets are prepared."""
        train = self.algorithm.channels[0] if self.algorithm else None
        return train is None or ("csv" in train.formats and train.labels != "none")

    def content_type(self, channel, given: str) -> str:
        """The ContentType of a channel: the one that was chosen, if the channel is of that format."""
        kind = given.partition(";")[0]
        fits = any(CONTENT_TYPES[one][0] == kind for one in channel.formats)
        return ("text/csv" if fits and channel.labels == "required" and kind == "text/csv" else given) if fits else ""

    def check(self, hyperparameters: dict[str, str], channels: dict[str, dict]) -> None:
        """Raise ValueError in the algorithm's own words if it can't run with these."""
        if self.recipe:
            self.recipe.algorithm.check(hyperparameters, channels)
        elif self.image and self.image.check:
            from importlib import import_module

            module, _, function = self.image.check.partition(":")
            getattr(import_module(module), function)(hyperparameters, channels)


def choices() -> list[dict]:
    """What can train: ``{"value", "title", "note", "missing", "family"}``; ``missing`` says how to get what isn't installed.

    XGBoost is first; ``family`` is "" for scripts of one's own.
    """
    found = []
    for image in images().values():
        if not image.train or image.repository == "xgboost":
            continue
        if image.builtin and image.algorithm:
            found.append(_choice(image.repository, image.algorithm, image.versions[0], image.missing))
        if not image.builtin or image.repository == XGBOOST:
            title, note = f"{image.title.removesuffix(' training')} script", f"{image.versions[0]}, your train.py"
            script = {"value": f"{image.repository}:script", "title": title, "note": note, "family": ""}
            found.append(script | {"missing": image.missing})
    found += [_choice(one.name, one.algorithm, "by JumpStart's script", one.missing) for one in recipes().values()]
    return sorted(found, key=lambda one: one["value"] != XGBOOST)


def _choice(value: str, algorithm, version: str, missing: str) -> dict:
    note = f"{version}: {algorithm.about}"
    return {"value": value, "title": algorithm.title, "note": note, "missing": missing, "family": algorithm.family}
