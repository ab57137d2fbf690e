"""The tree of a job's tensors, as it is written: one file of arrays and one index a step, both whole or not there.

    events/000000000005/000000000005_worker_0.npz       the arrays, called t0, t1 …; no pickles
    index/000000000/000000000005_worker_0.json          {"step", "mode", "mode_step", "time", "tensors": [{"name", "array",
                                                        "shape", "dtype", "reductions": {…}, "collections": […]}]}
    collections/000000000/worker_0_collections.json     {"collections": {name: {"patterns", "tensors"}}}
    training_job_end.ts                                 when training was over

The folders are those of awslabs/sagemaker-debugger; arrays are NumPy's where that has TensorBoard events.
"""

import json
import os
import time
from pathlib import Path

from areas.debugger.hook.config import Collection

WORKER = "worker_0"
LARGEST = 64 << 20  # bytes of one tensor that are kept; a larger one keeps its reductions and shape only


class Writer:
    """Writes below ``folder``. ``save`` is called with everything there is at a step, and picks what is due."""

    def __init__(self, folder: Path, collections: dict[str, Collection]):
        self.folder, self.collections = folder, collections
        self.members: dict[str, set[str]] = {name: set() for name in collections}
        self.told = None

    def due(self, step: int, mode: str) -> set[str]:
        """The collections that save at a step of a mode."""
        return {name for name, one in self.collections.items() if one.when[mode].holds(step)}

    def wants(self, due: set[str], tensor: str) -> list[str]:
        return sorted(name for name in due if self.collections[name].has(tensor))

    def save(
        self, step: int, mode: str, mode_step: int, tensors: dict, due: set[str], placed: dict | None = None
    ) -> int:
        """Save what of ``tensors`` (arrays or numbers by name) belongs to a collection in ``due``; how many were.

        ``placed`` says of tensors which collection they are of, where their names don't: {name: collection}.
        """
        import numpy as np

        arrays, rows = {}, []
        for name, value in tensors.items():
            homes = self.wants(due, name)
            if (home := (placed or {}).get(name)) in due and home not in homes:
                homes.append(home)
            if not homes:
                continue
            array = np.asarray(value)
            if array.dtype == object:
                array = array.astype(str)
            for home in homes:
                self.members[home].add(name)
            wanted = {word for home in homes for word in self.collections[home].reductions}
            row = {
                "name": name, "array": "", "shape": list(array.shape), "dtype": str(array.dtype), "collections": homes,
                "reductions": reduce(array, wanted),
            }  # fmt: skip
            if any(self.collections[home].raw for home in homes) and array.nbytes <= LARGEST:
                row["array"] = f"t{len(arrays)}"
                arrays[row["array"]] = array
            rows.append(row)
        if rows:
            self._write(step, mode, mode_step, arrays, rows)
        return len(rows)

    def _write(self, step: int, mode: str, mode_step: int, arrays: dict, rows: list[dict]) -> None:
        import numpy as np

        named = f"{step:012d}_{WORKER}"
        events = self.folder / "events" / f"{step:012d}" / f"{named}.npz"
        events.parent.mkdir(parents=True, exist_ok=True)
        unfinished = events.with_name(f".{events.name}.part")
        with open(unfinished, "wb") as file:
            np.savez(file, **arrays)
        os.replace(unfinished, events)
        index = {"step": step, "mode": mode, "mode_step": mode_step, "time": time.time(), "tensors": rows}
        self._put(self.folder / "index" / f"{step // 1000:09d}" / f"{named}.json", index)
        self._tell_collections()

    def _tell_collections(self) -> None:
        told = {
            name: {"patterns": list(one.patterns), "tensors": sorted(self.members[name])}
            for name, one in self.collections.items()
        }
        if told != self.told:
            self.told = told
            self._put(self.folder / "collections" / "000000000" / f"{WORKER}_collections.json", {"collections": told})

    def end(self) -> None:
        """Say that training is over."""
        self._tell_collections()
        self._put(self.folder / "training_job_end.ts", {"time": time.time()})

    def _put(self, path: Path, value) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.part")
        unfinished.write_text(json.dumps(value))
        os.replace(unfinished, path)


def reduce(array, wanted: set[str]) -> dict[str, float]:
    """Named reductions of a tensor of numbers: ``mean``, ``abs_max``, ``l2`` …; {} for text."""
    import numpy as np

    if not wanted or array.dtype.kind not in "biuf" or not array.size:
        return {}
    functions = {
        "min": np.min, "max": np.max, "mean": np.mean, "median": np.median, "prod": np.prod, "sum": np.sum,
        "variance": np.var, "std": np.std, "l1": lambda x: np.abs(x).sum(), "l2": lambda x: np.sqrt((x * x).sum()),
    }  # fmt: skip
    numbers = array.astype(np.float64)
    return {
        word: float(functions[word.removeprefix("abs_")](np.abs(numbers) if word.startswith("abs_") else numbers))
        for word in sorted(wanted)
    }
