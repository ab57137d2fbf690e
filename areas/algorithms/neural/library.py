"""PyTorch in a container: its threads and device, models as files, the best weights so far."""

import json
import os
import random
from pathlib import Path

from areas.algorithms.container import AlgorithmError, UserError, cpu_count

WEIGHTS = "model.pt"
CONFIG = "model.json"


def prepare(*, heavy: bool = False, training: bool = True, seed: int = 0) -> None:
    """Set PyTorch's threads, seeds and, for training, the device of new tensors: a GPU where PyTorch sees one.

    Args:
        heavy: whether one operation is work enough for all of the container's CPUs. The steps of a small recurrent network
            are not: with a second thread they wait for each other, ten times longer where other jobs want the CPUs too.
    """
    # Read as PyTorch is imported: threads that wait for work leave the CPU to other jobs.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import numpy as np
    import torch

    torch.set_num_threads(cpu_count() if heavy else 1)
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    if training and torch.cuda.is_available():
        torch.set_default_device("cuda")


def save(folder: Path, model, config: dict) -> None:
    """Write ``model.pt`` (the weights) and ``model.json`` (what the network is built from), each whole or not at all."""
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    state = {name: value.detach().cpu() for name, value in model.state_dict().items()}
    torch.save(state, folder / f".{WEIGHTS}")
    os.replace(folder / f".{WEIGHTS}", folder / WEIGHTS)
    (folder / f".{CONFIG}").write_text(json.dumps(config))
    os.replace(folder / f".{CONFIG}", folder / CONFIG)


def read_config(folder: Path, algorithm: str) -> dict:
    """``model.json`` of a saved model; UserError if the folder holds none of this algorithm's."""
    try:
        config = json.loads((folder / CONFIG).read_text())
    except (OSError, ValueError):
        raise UserError(
            f"The model artifact holds no {CONFIG} that can be read, so it isn't one of {algorithm}."
        ) from None
    if config.get("algorithm") != algorithm:
        raise UserError(f"The model artifact is one of {config.get('algorithm')}, not of {algorithm}.")
    return config


def load_weights(folder: Path, model) -> None:
    """Fill the network with saved weights, read as numbers only: a weights file can't run code. UserError if they don't fit."""
    import torch

    try:
        model.load_state_dict(torch.load(folder / WEIGHTS, map_location="cpu", weights_only=True))
    except Exception as error:
        line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UserError(f"The weights in {WEIGHTS} don't fit the model: {line}") from None


class Best:
    """The best weights so far, and how long ago they were: for early stopping.

    Args:
        maximize: whether a higher score is better.
        tolerance: by how much of the best a score must be better to count; ``absolute``: in the score's own unit.
    """

    def __init__(self, *, maximize: bool = False, tolerance: float = 0.0, absolute: bool = False):
        self.sign, self.tolerance, self.absolute = (-1.0 if maximize else 1.0), tolerance, absolute
        self.score, self.epoch, self.state, self.mark, self.since = None, -1, None, None, 0

    def offer(self, score: float, epoch: int, model) -> bool:
        """Take note of an epoch's score; keeps the weights where it is the best, and says whether it is.

        AlgorithmError if the first score is no number: then there is nothing to keep.
        """
        if score != score or score in (float("inf"), float("-inf")):
            if self.state is None:
                raise AlgorithmError("The loss is not a number: a smaller learning rate may help.")
            self.since += 1
            return False
        value = self.sign * score
        room = self.tolerance * (1.0 if self.absolute else abs(self.mark or 0.0))
        if self.mark is None or value < self.mark - room:
            self.mark, self.since = value, 0
        else:
            self.since += 1
        if self.score is None or value < self.sign * self.score:
            self.score, self.epoch = score, epoch
            self.state = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
            return True
        return False

    def restore(self, model) -> None:
        """Give the model its best weights, if there are any."""
        if self.state is not None:
            model.load_state_dict(self.state)
