"""What the image algorithms' declarations share. Standard library only."""

from dataclasses import dataclass

from areas.algorithms.container import UserError
from areas.algorithms.frame.algorithm import FAMILY_B, Channel
from areas.algorithms.frame.hyperparameters import Hyperparameter, Text

FAMILY = {"account": FAMILY_B, "hosts": 1, "extra": "torch", "preloaded": False, "family": "pictures"}


@dataclass(frozen=True)
class Epochs(Text):
    """Epochs with commas between."""

    def _parse(self, text: str) -> str:
        if any(int(word) < 1 for word in text.split(",") if word.strip()):
            raise ValueError(text)
        return text

    def _expects(self) -> str:
        return "positive integers with commas between"


@dataclass(frozen=True)
class Shape(Hyperparameter):
    """``3,224,224``: channels, height, width."""

    def _parse(self, text: str) -> tuple[int, int, int]:
        channels, height, width = (int(word) for word in text.split(","))
        if channels not in (1, 3) or not (8 <= height <= 2048 and 8 <= width <= 2048):
            raise ValueError(text)
        return channels, height, width

    def _expects(self) -> str:
        return "num_channels,height,width: 1 or 3 channels, and 8 to 2048 pixels each"


def pictures(name: str, about: str, *, required: bool = True, formats=("imagerecord", "image"), **more) -> Channel:
    return Channel(name, about, required=required, formats=formats, default=formats[0], labels="none", **more)


def pretrained() -> Channel:
    return Channel(
        "model", "A model that was trained here, to begin with", formats=("model",), default="model", labels="none",
        modes=("File", "FastFile"),
    )  # fmt: skip


def check_pairs(channels: dict[str, dict], of: str, kinds: tuple[str, ...] = ("train", "validation")) -> None:
    """UserError where pictures lie as files but the channels that say what is in them (``train_lst``) are missing."""
    for name in kinds:
        settings = channels.get(name) or {}
        kind = (settings.get("ContentType") or "").partition(";")[0].strip()
        alone = kind.startswith("image/") or kind == "application/x-image"
        if alone and settings.get("TrainingInputMode") != "Pipe" and f"{name}_{of}" not in channels:
            raise UserError(f"'{name}_{of}' is a required property of the input channels where {name} is {kind}")
