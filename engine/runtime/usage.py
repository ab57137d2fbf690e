"""What a container uses of the machine: CPU in percent of one CPU, memory in percent of its limit."""

import time
from contextlib import suppress

import psutil


class Usage:
    """Samples a tree of processes. Shared pages count for each process that has them."""

    def __init__(self, pid: int, memory: int):
        self.pid, self.limit = pid, memory or psutil.virtual_memory().total
        self.cpu, self.time = 0.0, time.monotonic()
        self.points: list[dict] = []
        self.samples, self.due = 0, 0.0

    def memory(self) -> int:
        """Bytes resident now; adds a sample of both measures to ``points`` when one is due."""
        cpu, resident = 0.0, 0
        for process in self._tree():
            with suppress(psutil.Error):
                times = process.cpu_times()
                cpu += times.user + times.system + times.children_user + times.children_system
                resident += process.memory_info().rss
        now = time.monotonic()
        if now >= self.due:
            percent = max(0.0, cpu - self.cpu) / max(now - self.time, 1e-3) * 100
            self.cpu, self.time = max(cpu, self.cpu), now
            self._add("CPUUtilization", percent)
            self._add("MemoryUtilization", resident / self.limit * 100)
            self.samples += 1
            # Every second for five minutes, then rarer: a day-long job needs no 86,400 points.
            self.due = now + (1 if self.samples < 300 else 10 if self.samples < 1000 else 60)
        return resident

    def take(self) -> list[dict]:
        points, self.points = self.points, []
        return points

    def _add(self, name: str, value: float) -> None:
        self.points.append({"name": name, "value": round(value, 2), "time": time.time(), "step": None})

    def _tree(self) -> list[psutil.Process]:
        try:
            root = psutil.Process(self.pid)
            return [root, *root.children(recursive=True)]
        except psutil.Error:
            return []
