"""System metrics as they lie in S3, read while they are written.

``system/incremental/<YYYYMMDDHH>/<epoch of the minute>.algo-1.json``, a JSON object a line:
{"Type": "cpu", "Name": "cpu0", "Dimension": "CPUUtilization", "Value": 4.76, "NodeId": "algo-1", "Timestamp": 1591160699.457}
"""

import json
from array import array
from collections import defaultdict
from pathlib import Path

CPU, GPU, GPU_MEMORY, MEMORY, WAIT = (
    "CPUUtilization", "GPUUtilization", "GPUMemoryUtilization", "MemoryUsedPercent", "I/OWaitPercentage",
)  # fmt: skip


class Samples:
    """All samples so far: ``of(dimension)`` is {(node, name): (times, values)}."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.offsets: dict[Path, int] = {}
        self.series: dict[str, dict[tuple[str, str], tuple[array, array]]] = defaultdict(dict)
        self.count = 0

    def refresh(self) -> None:
        for path in sorted(self.folder.glob("system/incremental/*/*.json")):
            at = self.offsets.get(path, 0)
            if path.stat().st_size <= at:
                continue
            with open(path, "rb") as file:
                file.seek(at)
                block = file.read()
            whole = block[: block.rfind(b"\n") + 1]
            self.offsets[path] = at + len(whole)
            for line in whole.splitlines():
                self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            one = json.loads(line)
            key, moment, value = (one["NodeId"], one["Name"]), float(one["Timestamp"]), float(one["Value"])
            times, values = self.series[one["Dimension"]].setdefault(key, (array("d"), array("d")))
        except (ValueError, KeyError, TypeError):
            return  # a file that somebody else put there
        times.append(moment)
        values.append(value)
        self.count += 1

    def of(self, dimension: str) -> dict:
        import numpy as np

        return {
            key: (np.frombuffer(times, "d"), np.frombuffer(values, "d"))
            for key, (times, values) in self.series.get(dimension, {}).items()
        }

    def mean(self, dimension: str):
        """The values of a dimension at each moment, averaged over cores or devices and nodes; an empty array if none."""
        import numpy as np

        found = [values for _, values in self.of(dimension).values()]
        length = min((len(values) for values in found), default=0)
        return np.mean([values[:length] for values in found], axis=0) if length else np.empty(0)
