"""A job's tensors, read: ``trial.tensor_names()``, ``trial.tensor("train-rmse").values()``. NumPy and the standard library.

The reader's words are those of smdebug's trials. It reads the tree that ``areas.debugger.hook.writer`` describes, while it
is being written: a step is there once its index is, and its arrays are read when they are asked for.
"""

import json
import math
import re
import zipfile
from collections import OrderedDict
from pathlib import Path

GLOBAL = "global"
KEPT = 16  # files of arrays that are held open in memory


class TensorUnavailable(LookupError):
    """The tensor was not saved at that step."""


class Trial:
    """All steps that a job has saved so far. ``refresh`` looks for new ones.

    Args:
        folder: the tree (``…/debug-output``).
        metrics: a file of JSON lines {"name", "value", "step", "time", "is_loss"}; may be missing.
        are_tensors: whether those count as tensors too, or only tell when steps were.
    """

    def __init__(self, folder: Path, metrics: Path | None = None, *, are_tensors: bool = True):
        self.folder, self.metrics, self.are_tensors = Path(folder), metrics, are_tensors
        self.moments: dict[int, float] = {}  # step → when a metric of it was printed
        self.known: set[str] = set()
        self.index: dict[int, list[dict]] = {}  # step → its indexes
        self.where: dict[str, dict[int, tuple[str, dict]]] = {}  # tensor → step → (mode, row)
        self.homes: dict[str, set[str]] = {}  # collection → tensors
        self.times: dict[int, float] = {}
        self.mode_steps: dict[str, dict[int, int]] = {}
        self.offset, self.lines_step = 0, -1
        self.cache: OrderedDict[int, dict] = OrderedDict()
        self.ended = False

    def refresh(self) -> list[int]:
        """Take in what is new; the steps that are whole now and were not before, in order."""
        fresh = set()
        for path in sorted(self.folder.glob("index/*/*.json")):
            if path.name not in self.known and (index := _load(path)) and self._is_whole(index):
                self.known.add(path.name)
                fresh.add(index["step"])
                self._take(index)
        fresh |= self._take_lines()
        self.ended = self.ended or (self.folder / "training_job_end.ts").exists()
        return sorted(fresh)

    def close(self) -> list[int]:
        """Nothing comes any more: the steps that were waiting for a later one."""
        last, self.lines_step = self.lines_step, -1
        return [last] if last >= 0 and last in self.index else []

    def _is_whole(self, index: dict) -> bool:
        return not any(row["array"] for row in index["tensors"]) or self._events(index["step"]).exists()

    def _events(self, step: int) -> Path:
        return self.folder / "events" / f"{step:012d}" / f"{step:012d}_worker_0.npz"

    def _take(self, index: dict) -> None:
        step, mode = index["step"], index["mode"]
        self.index.setdefault(step, []).append(index)
        self.times.setdefault(step, index["time"])
        self.mode_steps.setdefault(mode, {})[step] = index["mode_step"]
        for row in index["tensors"]:
            self.where.setdefault(row["name"], {})[step] = (mode, row)
            for home in row["collections"]:
                self.homes.setdefault(home, set()).add(row["name"])

    def _take_lines(self) -> set[int]:
        """Metrics of the log as tensors. A step of theirs is whole when a later one has begun."""
        if self.metrics is None or not self.metrics.exists():
            return set()
        with open(self.metrics, "rb") as file:
            file.seek(self.offset)
            block = file.read()
        whole = block[: block.rfind(b"\n") + 1]
        self.offset += len(whole)
        fresh = set()
        for line in whole.splitlines():
            point = json.loads(line)
            step = int(point["step"] or 0)
            self.moments.setdefault(step, point["time"])
            if not self.are_tensors:
                continue
            row = {
                "name": point["name"], "array": "", "value": point["value"], "shape": [], "dtype": "float64",
                "reductions": {}, "collections": ["metrics", *(["losses"] if point["is_loss"] else [])],
            }  # fmt: skip
            known = self.where.setdefault(point["name"], {})
            known[step] = (GLOBAL, row)
            self.times.setdefault(step, point["time"])
            self.index.setdefault(step, [])
            for home in row["collections"]:
                self.homes.setdefault(home, set()).add(point["name"])
            if step > self.lines_step:
                fresh.add(self.lines_step)
                self.lines_step = step
            elif step < self.lines_step:
                fresh.add(step)  # one that counts slower than others: an epoch's among batches'
        return fresh - {-1}

    def mark_shown(self, step: int) -> None:
        """Whoever looks at the step from now on sees only what comes to it later."""
        for known in self.where.values():
            if step in known:
                known[step][1]["shown"] = True

    def steps(self, mode: str = GLOBAL) -> list[int]:
        """The steps that anything was saved at, of all modes or of one."""
        if mode == GLOBAL:
            return sorted(self.index)
        return sorted(step for step, indexes in self.index.items() if any(one["mode"] == mode for one in indexes))

    def modes(self) -> list[str]:
        return sorted({one["mode"] for indexes in self.index.values() for one in indexes})

    def collections(self) -> dict[str, set[str]]:
        """The tensors of each collection."""
        return self.homes

    def tensor_names(
        self, *, regex: str | None = None, collection: str | None = None, step: int | None = None
    ) -> list[str]:
        """The names of tensors, all or those that match, are in the collection, were saved at the step."""
        return [
            name
            for name in sorted(self.where)
            if (regex is None or re.search(regex, name))
            and (collection is None or name in self.homes.get(collection, ()))
            and (step is None or step in self.where[name])
        ]

    def has(self, name: str) -> bool:
        return name in self.where

    def tensor(self, name: str) -> "Tensor":
        """The tensor; TensorUnavailable if nothing of that name was saved."""
        if name not in self.where:
            raise TensorUnavailable(f"No tensor {name} was saved.")
        return Tensor(self, name)

    def read(self, step: int, row: dict):
        """A tensor's array (or number) at a step."""
        import numpy as np

        if "value" in row:
            return np.float64(row["value"])
        if not row["array"]:
            raise TensorUnavailable(f"Of the tensor {row['name']}, step {step} has reductions only.")
        if step not in self.cache:
            with np.load(self._events(step), allow_pickle=False) as arrays:
                self.cache[step] = {key: arrays[key] for key in arrays.files}
            while len(self.cache) > KEPT:
                self.cache.popitem(last=False)
        self.cache.move_to_end(step)
        return self.cache[step][row["array"]]


class Tensor:
    def __init__(self, trial: Trial, name: str):
        self.trial, self.name, self.found = trial, name, trial.where[name]

    def steps(self, mode: str = GLOBAL) -> list[int]:
        return sorted(step for step, (of, _) in self.found.items() if mode in (GLOBAL, of))

    def value(self, step: int):
        """The array at a step, a number for one that has no axes. TensorUnavailable if it was not saved there."""
        if step not in self.found:
            raise TensorUnavailable(f"The tensor {self.name} was not saved at step {step}.")
        return self.trial.read(step, self.found[step][1])

    def values(self, mode: str = GLOBAL) -> dict:
        return {step: self.value(step) for step in self.steps(mode)}

    def mode(self, step: int) -> str:
        return self.found[step][0]

    def reduction_value(self, step: int, reduction: str, *, absolute: bool = False) -> float:
        """A reduction, as it was saved or of the tensor that was."""
        from areas.debugger.hook.writer import reduce

        word = f"abs_{reduction}" if absolute else reduction
        row = self.found[step][1]
        if word in row["reductions"]:
            return row["reductions"][word]
        return reduce(self.value(step), {word}).get(word, math.nan)


def _load(path: Path) -> dict | None:
    """An index, or None while it is no JSON yet or isn't one."""
    try:
        found = json.loads(path.read_text())
    except (ValueError, OSError):
        return None
    return (
        found if isinstance(found, dict) and {"step", "mode", "mode_step", "time", "tensors"} <= found.keys() else None
    )


BROKEN = (OSError, ValueError, KeyError, zipfile.BadZipFile)  # what reading arrays of a hostile tree may raise
