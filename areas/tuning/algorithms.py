"""The built-in algorithms as the form offers them: those that report a metric and have hyperparameters worth tuning.

What each takes, reports and tunes is what it declares (``areas.images``); the ranges are those that AWS recommends.
"""

import json
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from areas.images import Image, Recipe, images, recipes
from areas.tuning.autotune import RECOMMENDED
from areas.tuning.ranges import Range, ranges_of

XGBOOST = "sagemaker-xgboost"
OLD = ("xgboost",)  # repositories that stand for another's algorithm
MOST = 6  # ranges that a new form begins with
TYPES = {  # of areas.algorithms.frame.types
    "csv": "text/csv", "libsvm": "text/libsvm", "parquet": "application/x-parquet", "recordio": "application/x-recordio-protobuf",
    "jsonlines": "application/jsonlines", "json": "application/json", "text": "text/plain", "image": "application/x-image",
    "imagerecord": "application/x-recordio",
}  # fmt: skip

# What one tries first with XGBoost; a job without a number of rounds of its own tunes that too.
FIRST = (
    Range("eta", "continuous", "0.01", "0.5", "Logarithmic"), Range("max_depth", "integer", "2", "10"),
    Range("min_child_weight", "continuous", "0", "10"), Range("subsample", "continuous", "0.5", "1"),
)  # fmt: skip

# The metric that says the most of a problem, where the first one that is measured on held-out rows doesn't.
USUAL = {
    "sagemaker-xgboost": {"": "validation:logloss"},  # of what a new form begins with; a dataset has its own
    "knn": {"regression": "test:mse", "": "test:accuracy"},
    "factorization-machines": {"regression": "test:rmse", "": "test:binary_classification_accuracy"},
    "lightgbm-classification-model": {"multiclass": "multi_logloss", "": "binary_logloss"},
    "catboost-classification-model": {"multiclass": "MultiClass", "": "Logloss"},
}


@dataclass(frozen=True)
class Tunable:
    """``name`` is the form's word: "kmeans", "lightgbm-regression-model"; ``algorithm`` is what it declares."""

    name: str
    image: Image
    algorithm: Any
    recipe: Recipe | None = None

    @property
    def title(self) -> str:
        return self.algorithm.title

    @property
    def missing(self) -> str:
        return self.image.missing

    @property
    def metrics(self) -> list[str]:
        silent = ("train:progress", "train:throughput")
        return [name for name, _ in self.algorithm.metrics if name not in silent]

    @property
    def takes_datasets(self) -> bool:
        """Whether it learns from rows of numbers in CSV, as datasets are prepared."""
        train = self.algorithm.channels[0]
        return "csv" in train.formats and train.labels != "none"

    @property
    def types(self) -> list[str]:
        """Content types of its first channel."""
        return [TYPES[kind] for kind in self.algorithm.channels[0].formats]

    def ranges(self) -> list[Range]:
        """What a new form begins with: ours for XGBoost, else the first few that AWS recommends."""
        return [replace(one) for one in FIRST] if self.name == XGBOOST else self.every_range[:MOST]

    @property
    def every_range(self) -> list[Range]:
        """All that AWS recommends to tune, and within which values."""
        known = RECOMMENDED.get(self.image.repository, {}) if self.recipe is None else {}
        found = []
        for item in self.algorithm.parameters:
            if item.name in known:
                member, limits = known[item.name]
                found += ranges_of({member: [{"Name": item.name, **limits}]})
            elif item.tunable and item.effective:
                found.append(_range(item))
        return found

    def metric(self, problem: str = "") -> str:
        """What a new form looks for: measured on rows that it doesn't learn from, if it can be."""
        usual = USUAL.get(self.name, {})
        if found := usual.get(problem) or usual.get(""):
            return found
        held_out = (name for name in self.metrics if name.startswith(("validation", "test")))
        return next(held_out, self.metrics[0])

    def begin(self, *, problem: str = "", features: int = 0, classes: int = 0, rows: int = 0) -> dict[str, str]:
        """Hyperparameters that a first job must have, by what is known of the data."""
        found = dict(self.algorithm.example.begin)
        known = {
            "feature_dim": features,
            "num_classes": classes,
            "sample_size": rows,
            "num_components": min(features, 3),
        }
        found |= {name: str(value) for name, value in known.items() if value and name in found}
        for item in self.algorithm.parameters:
            if item.name == "predictor_type" and problem:
                found[item.name] = _predictor(problem, item.choices)
            elif item.name == "num_classes" and problem == "multiclass" and classes:
                found[item.name] = str(classes)
        return found

    def content_type(self, channel, given: str) -> str:
        """The ContentType of a channel: the one that was chosen, if the channel is of that format, else none."""
        kind = given.partition(";")[0]
        return given if any(TYPES[one] == kind for one in channel.formats) else ""

    def channels_of(self, uris: dict[str, str], given: str) -> list[tuple[str, str, str, str]]:
        """``(name, S3 URI, content type, distribution)`` of files that were named by channel."""
        return [
            (one.name, uris[one.name], self.content_type(one, given), one.distribution)
            for one in self.algorithm.channels
            if uris.get(one.name)
        ]

    def channels_of_dataset(self, parts: dict[str, str], content_type: str) -> list[tuple[str, str, str, str]]:
        """The same of a dataset's prepared parts: what it calls no validation is its test, if it has one."""
        declared = self.algorithm.channels
        by_name, found = {one.name: one for one in declared}, []
        for name, uri in parts.items():
            channel = declared[0] if name == "train" else by_name.get(name) or by_name.get("test")
            if (
                channel
                and "csv" in channel.formats
                and (channel is declared[0] or channel.labels == declared[0].labels)
            ):
                kind = "text/csv;label_size=1" if channel.labels == "ignored" else content_type
                found.append((channel.name, uri, kind, channel.distribution))
        return found

    def hidden(self, region: str) -> dict[str, str]:
        """Hyperparameters by which a script of JumpStart's is found."""
        if not self.recipe:
            return {}
        source = self.recipe.source.format(region=region)
        return {
            "sagemaker_program": json.dumps(self.recipe.program), "sagemaker_submit_directory": json.dumps(source),
        }  # fmt: skip

    def model(self, region: str) -> str:
        """What a script of JumpStart's finds in its channel ``model``; "" for other algorithms."""
        return self.recipe.model.format(region=region) if self.recipe else ""


@cache
def tunables() -> dict[str, Tunable]:
    """Every algorithm that can be tuned, by name; XGBoost is the first."""
    found = [
        Tunable(image.repository, image, image.algorithm)
        for image in images().values()
        if image.builtin and image.algorithm and image.repository not in OLD
    ] + [Tunable(one.name, one.image, one.algorithm, one) for one in recipes().values()]
    found = [one for one in found if one.metrics and one.every_range]
    return {one.name: one for one in sorted(found, key=lambda one: (one.name != XGBOOST, one.title))}


def _range(item) -> Range:
    """A declared hyperparameter as a row of the editor. Its class is known by name: no area imports another."""
    classes = {one.__name__ for one in type(item).__mro__}
    numbers = len(item.tunable) == 2 and not any(isinstance(one, str) for one in item.tunable)
    if "Number" not in classes or not numbers:
        values = [str(one).lower() if "Flag" in classes else str(one) for one in item.tunable]
        return Range(item.name, "categorical", ", ".join(values))
    low, high = map(str, item.tunable)
    return Range(item.name, "integer" if "Integer" in classes else "continuous", low, high)


def _predictor(problem: str, choices: tuple[str, ...]) -> str:
    kinds = {
        "regression": ("regressor",), "binary": ("binary_classifier", "classifier"),
        "multiclass": ("multiclass_classifier", "classifier"),
    }[problem]  # fmt: skip
    return next((kind for kind in kinds if kind in choices), "")
