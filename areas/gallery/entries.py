"""The algorithms as the gallery tells them: one entry for each built-in and each of JumpStart's ids."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from areas import markdown
from areas.images import Image, Recipe, images, recipes
from areas.snippets import literal

OLD = ("xgboost",)  # repositories that stand for another's algorithm
NAMES = {  # of areas.algorithms.frame.types
    "csv": "text/csv", "recordio": "application/x-recordio-protobuf", "json": "application/json",
    "jsonlines": "application/jsonlines", "parquet": "application/x-parquet", "text": "text/plain",
    "image": "application/x-image", "imagerecord": "application/x-recordio", "libsvm": "text/libsvm",
    "model": "application/x-sagemaker-model",
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """``name`` is its word in addresses and forms; ``algorithm`` is what it declares."""

    name: str
    image: Image
    algorithm: Any
    recipe: Recipe | None = None

    @property
    def title(self) -> str:
        return self.algorithm.title

    @property
    def family(self) -> str:
        return self.algorithm.family or "other"

    @property
    def missing(self) -> str:
        """Why it can't run here and the command that helps; "" if it can."""
        return self.image.missing

    @property
    def tunable(self) -> list:
        return [one for one in self.algorithm.parameters if one.tunable] if self.algorithm.metrics else []

    @property
    def channels(self) -> list[dict]:
        """``{"name", "about", "required", "types", "default", "modes", "distribution"}``."""
        return [
            {
                "name": one.name, "about": one.about, "required": one.required, "modes": list(one.modes),
                "types": [NAMES[kind] for kind in one.formats], "default": NAMES[one.default],
                "distribution": one.distribution,
            }
            for one in self.algorithm.channels
        ]  # fmt: skip

    @property
    def parameters(self) -> list[dict]:
        """``{"name", "about", "default", "required", "expects", "tunable", "group", "effective"}``, required ones first."""
        found = [
            {
                "name": one.name, "about": one.about, "default": _text(one.fallback), "required": one.required,
                "expects": one.expects, "tunable": _range(one.tunable), "group": one.section, "effective": one.effective,
            }
            for one in self.algorithm.parameters
        ]  # fmt: skip
        return sorted(found, key=lambda one: not one["required"])

    @property
    def example(self):
        return self.algorithm.example

    @property
    def differences(self) -> str:
        """The algorithm's section of the docs as HTML, "" if it has none."""
        return markdown.render(_sections().get(self.title) or _sections().get(self.title.split()[0], ""))

    def snippet(self, region: str) -> str:
        """Python that trains it with the SageMaker SDK, version 3; JumpStart's ids by their id."""
        return _jumpstart(self) if self.recipe else _trainer(self, region)


@cache
def entries() -> dict[str, Entry]:
    """Every entry by its name."""
    found = {
        image.repository: Entry(image.repository, image, image.algorithm)
        for image in images().values()
        if image.builtin and image.algorithm and image.repository not in OLD
    }
    return found | {one.name: Entry(one.name, one.image, one.algorithm, one) for one in recipes().values()}


def families() -> list[tuple[str, list[Entry]]]:
    """The entries by what they are for, in the order of the names."""
    found: dict[str, list[Entry]] = {}
    for entry in entries().values():
        found.setdefault(entry.family, []).append(entry)
    return [(family, sorted(ones, key=lambda one: one.title)) for family, ones in sorted(found.items())]


@cache
def _sections() -> dict[str, str]:
    """The docs' sections by heading."""
    found: dict[str, str] = {}
    docs = Path(settings.BASE_DIR) / "docs"
    for path in (docs / "areas" / "algorithms.md", *sorted((docs / "algorithms").glob("*.md"))):
        for section in path.read_text().split("\n## ")[1:]:
            heading, _, body = section.partition("\n")
            found[heading.strip()] = body
    return found


def _text(value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _range(tunable: tuple) -> str:
    numbers = len(tunable) == 2 and all(isinstance(one, int | float) for one in tunable)
    return f"{tunable[0]} to {tunable[1]}" if numbers else ", ".join(map(str, tunable))


def _trainer(entry: Entry, region: str) -> str:
    given = dict(entry.example.begin)
    channels = "".join(
        f'    InputData(channel_name={literal(one["name"])}, data_source="s3://your-bucket/{one["name"]}/", '
        f"content_type={literal(one['types'][0])}),\n"
        for one in entry.channels
        if one["required"]
    )
    return (
        "from sagemaker.train import ModelTrainer\nfrom sagemaker.core.training.configs import Compute, InputData\n\n"
        f"trainer = ModelTrainer(\n    training_image={literal(entry.image.uri(region))},\n    role=role,\n"
        f"    hyperparameters={literal(given, 1)},\n"
        '    compute=Compute(instance_type="ml.m5.large", instance_count=1),\n)\n'
        f"trainer.train(input_data_config=[\n{channels}])\n"
    )


def _jumpstart(entry: Entry) -> str:
    return (
        "from sagemaker.core.jumpstart.configs import JumpStartConfig\n"
        "from sagemaker.core.training.configs import InputData\nfrom sagemaker.train import ModelTrainer\n\n"
        f"trainer = ModelTrainer.from_jumpstart_config(JumpStartConfig(model_id={literal(entry.name)}), role=role)\n"
        'trainer.train(input_data_config=[\n    InputData(channel_name="training", data_source="s3://your-bucket/training/"),\n])\n'
    )
