"""What the image algorithms' trainings share: a start from another job's model, the steps of the learning rate, early stopping."""

import math
import tarfile
from pathlib import Path

from areas.algorithms.container import Container, UserError
from areas.algorithms.neural import library
from areas.algorithms.neural.optimizers import Optimizer


def optimizer(given: dict, weights) -> Optimizer:
    """The optimizer that the hyperparameters name."""
    plain = given["optimizer"] in ("sgd", "nag", "rmsprop")
    return Optimizer(
        given["optimizer"], weights, given["learning_rate"], decay=given["weight_decay"] if plain else 0.0,
        momentum=given.get("gamma2", 0.0) if given["optimizer"] == "rmsprop" else given["momentum"],
        betas=(given.get("beta_1", 0.9), given.get("beta_2", 0.999)), eps=given.get("eps", 1e-8),
        gamma=given.get("gamma") or given.get("gamma1", 0.9),
    )  # fmt: skip


def epochs_of(text: str) -> tuple[int, ...]:
    """``"10, 20"`` → (10, 20); ValueError if those aren't whole numbers."""
    return tuple(int(word) for word in text.split(",") if word.strip())


def rate(given: dict, epoch: float) -> float:
    """The learning rate in an epoch (counted from 0): lower after each of ``lr_scheduler_step``, or along a curve."""
    kind = given.get("lr_scheduler", "step")
    share = epoch / given["epochs"]
    if kind == "poly":
        return given["learning_rate"] * (1 - share) ** 0.9
    if kind == "cosine":
        return given["learning_rate"] * (1 + math.cos(math.pi * share)) / 2
    passed = sum(epoch >= step for step in epochs_of(given["lr_scheduler_step"] or ""))
    return given["learning_rate"] * given["lr_scheduler_factor"] ** passed


def begin_with(box: Container, network, config: dict, same: tuple[str, ...]) -> bool:
    """Fill the network from the channel ``model``, if the job has one; UserError where it is of another architecture."""
    if "model" not in box.channels:
        return False
    folder = box.channel("model")
    archive = folder / "model.tar.gz"
    if archive.is_file():
        folder = _extracted(archive, box.base / "pretrained")
    theirs = library.read_config(folder, config["algorithm"])
    for name in same:
        if theirs.get(name) != config[name]:
            raise UserError(
                f"The model of channel 'model' has {name} {theirs.get(name)}, but this job has {config[name]}"
            )
    library.load_weights(folder, network)
    return True


def check_pretrained(given: dict, channels: dict) -> None:
    """UserError where weights are asked for that are nowhere."""
    if given["use_pretrained_model"] and "model" not in channels:
        raise UserError(
            "use_pretrained_model needs ImageNet's weights, which this engine doesn't have: set it to 0, or give a model "
            "that was trained here as the channel 'model'"
        )


class Patience(library.Best):
    """Early stopping as the image algorithms have it: by the share of the best score that is gained."""

    def __init__(self, given: dict):
        super().__init__(maximize=True, tolerance=given["early_stopping_tolerance"] if given["early_stopping"] else 0.0)
        self.given = given

    def over(self, epoch: int) -> bool:
        given = self.given
        done = epoch + 1
        return (
            given["early_stopping"]
            and done >= given["early_stopping_min_epochs"]
            and (self.since >= given["early_stopping_patience"])
        )


def _extracted(archive: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise UserError(f"The model of channel 'model' can't be unpacked: {error}") from None
    return folder
