"""System metrics while a container runs: a thread of the shim's that samples the machine.

It writes ``sync/profiler/system/incremental/<YYYYMMDDHH>/<epoch of the minute>.<host>.json``, a JSON object a line, as
SageMaker's profiler does: {"Type", "Name", "Dimension", "Value", "NodeId", "Timestamp"}. A file is whole when its minute is
over. CPU and I/O wait are those of each core of the machine, memory that of the machine, disk and network bytes a second of
all that runs on it. Imports no Django.
"""

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil

from engine.runtime import files

PROFILE = "profile.json"  # in the container's directory: {"interval": seconds, "enabled": bool}, instead of the spec's
LOOK = 1.0  # seconds between looks for it, at least


class Sampler(threading.Thread):
    """Samples until ``finish``. ``tell`` is called when a file is whole."""

    def __init__(self, directory: Path, profile: dict, host: str, tell: Callable[[], None]):
        super().__init__(daemon=True)
        self.directory, self.profile, self.host, self.tell = directory, profile, host, tell
        self.folder = directory / "sync" / "profiler" / "system" / "incremental"
        self.over = threading.Event()
        self.minute = 0
        self.before: dict | None = None
        self.written = False
        self.start()

    def run(self) -> None:
        due = time.monotonic()
        while not self.over.wait(max(0.0, min(LOOK, due - time.monotonic()))):
            self._look()
            now = time.monotonic()
            if not self.profile["enabled"]:
                due, self.before = now + LOOK, None
            elif now >= due:
                with suppress(OSError, psutil.Error):  # no sample is better than no job
                    self._sample()
                due = max(due + self.profile["interval"], now)
            due = min(due, now + max(self.profile["interval"], LOOK))

    def finish(self) -> None:
        """Stop, and hand over what there is."""
        self.over.set()
        self.join()
        if self.written:
            self.tell()

    def _look(self) -> None:
        with suppress(OSError, ValueError):
            if told := files.read_json(self.directory / PROFILE):
                self.profile = told

    def _sample(self) -> None:
        now, before = measure(), self.before
        self.before = now
        if before is None:
            return
        minute = int(now["time"] // 60 * 60)
        if minute != self.minute:
            if self.written:
                self.tell()
            self.minute, self.written = minute, False
        path = self.folder / datetime.fromtimestamp(minute, UTC).strftime("%Y%m%d%H") / f"{minute}.{self.host}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a") as file:
            file.write("".join(f"{json.dumps(line)}\n" for line in lines(before, now, self.host)))
        self.written = True


def measure() -> dict:
    """What is counted by the machine at this moment."""
    disk, network = psutil.disk_io_counters(), psutil.net_io_counters()
    return {
        "time": time.time(),
        "cores": [(sum(core[:8]), core.idle + getattr(core, "iowait", 0.0), getattr(core, "iowait", 0.0))
                  for core in psutil.cpu_times(percpu=True)],
        "memory": psutil.virtual_memory().percent,
        "bytes": {
            ("disk", "DiskReadThroughput"): disk.read_bytes if disk else 0,
            ("disk", "DiskWriteThroughput"): disk.write_bytes if disk else 0,
            ("network", "NetworkReceiveThroughput"): network.bytes_recv if network else 0,
            ("network", "NetworkTransmitThroughput"): network.bytes_sent if network else 0,
        },
    }  # fmt: skip


def lines(before: dict, now: dict, host: str) -> list[dict]:
    """The samples between two measurements."""
    seconds = max(now["time"] - before["time"], 1e-3)

    def line(kind: str, name: str, dimension: str, value: float) -> dict:
        return {"Type": kind, "Name": name, "Dimension": dimension, "Value": round(value, 2), "NodeId": host,
                "Timestamp": round(now["time"], 3)}  # fmt: skip

    found = []
    for number, (old, new) in enumerate(zip(before["cores"], now["cores"], strict=False)):
        total = new[0] - old[0]
        idle, waited = new[1] - old[1], new[2] - old[2]
        busy = 100 * (total - idle) / total if total > 0 else 0.0
        found.append(line("cpu", f"cpu{number}", "CPUUtilization", min(max(busy, 0.0), 100.0)))
        found.append(
            line("cpu", f"cpu{number}", "I/OWaitPercentage", 100 * max(waited, 0.0) / total if total > 0 else 0.0)
        )
    found.append(line("memory", "memory", "MemoryUsedPercent", now["memory"]))
    for (kind, dimension), value in now["bytes"].items():
        found.append(line(kind, kind, dimension, max(0, value - before["bytes"][kind, dimension]) / seconds))
    return found
