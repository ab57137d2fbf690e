"""A training job of a built-in algorithm, from its configuration to its exit code."""

import json
import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from areas.algorithms.container import AlgorithmError, Container, UserError, container
from areas.algorithms.formats.table import Table
from areas.algorithms.frame import data, hosts
from areas.algorithms.frame.algorithm import Algorithm
from areas.algorithms.frame.hyperparameters import without_effect
from areas.algorithms.frame.log import Log

CLIENT_ERROR = 2  # the exit code by which AWS's algorithms say that the job's maker has to change something
MODEL = "model_algo-1"


class Stop:
    """Whether SIGTERM came. Until training has begun there is nothing to keep, and it ends the process at once."""

    def __init__(self):
        self.asked = self.training = False
        signal.signal(signal.SIGTERM, self._come)

    def _come(self, number, frame):
        self.asked = True
        if not self.training:
            raise SystemExit(128 + number)


@dataclass
class Job:
    """What an algorithm's ``train`` gets: parsed hyperparameters, its data, where to report and to leave the model.

    A loop over epochs ends when ``stop.asked``; what it has by then is saved as usual.
    """

    algorithm: Algorithm
    box: Container
    given: dict[str, Any]
    log: Log
    stop: Stop

    def has(self, channel: str) -> bool:
        return channel in self.box.channels

    def load(self, channel: str, columns: int | None = None) -> Table:
        """All rows of a channel, those of the other hosts too. ``columns``: how many features it must have."""
        shared = hosts.are_shared(self.box, channel)
        table = data.load(self.box, self.algorithm.channel(channel), self.algorithm.read, may_be_empty=shared)
        if shared:
            table = hosts.gathered(self.box, channel, table)
        return data.check_width(table, columns, channel) if columns else table

    def save(self, meta: dict, **arrays) -> None:
        """Leave the model: see ``save_model``."""
        save_model(self.box.model, meta, **arrays)


def run(algorithm: Algorithm, train: Callable[[Job], None]) -> int:
    """Train in this container: exit code 0, or 2 (the user's doing) or 1 with the reason in the failure file."""
    box, stop = container(), Stop()
    try:
        hyperparameters = box.hyperparameters
        algorithm.check(hyperparameters, box.channels)
        algorithm.check_hosts(len(box.resources["hosts"]))
        log = Log(box.resources["current_host"])
        for name in without_effect(algorithm.parameters, hyperparameters):
            log.say(f"The hyperparameter {name} has no effect on this engine.")
        box.model.mkdir(parents=True, exist_ok=True)
        job = Job(algorithm, box, algorithm.parse(hyperparameters), log, stop)
        with hosts.helping(job):
            train(job)
    except hosts.Helped:
        return 0
    except UserError as error:
        box.fail(f"ClientError: {error}")
        return CLIENT_ERROR
    except AlgorithmError as error:
        return box.fail(str(error))
    except MemoryError:
        box.fail("ClientError: The instance has too little memory for this data and these hyperparameters")
        return CLIENT_ERROR
    except Exception as error:
        traceback.print_exc()
        return box.fail(f"{type(error).__name__}: {error}")
    return 0


def save_model(folder: Path, meta: dict, name: str = MODEL, **arrays) -> None:
    """Write numpy arrays and JSON's own types as one file, whole or not at all."""
    import numpy as np

    temporary = folder / f".{name}"
    with temporary.open("wb") as file:
        np.savez(file, meta=np.frombuffer(json.dumps(meta).encode(), np.uint8), **arrays)
    os.replace(temporary, folder / name)


def load_model(folder: Path, name: str = MODEL) -> tuple[dict, dict]:
    """(meta, arrays) of what ``save_model`` wrote. UserError if it isn't there or isn't that."""
    import zipfile

    import numpy as np

    path = folder / name
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        return json.loads(arrays.pop("meta").tobytes()), arrays
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"The model {path} can't be loaded: {error}") from None
