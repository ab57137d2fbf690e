"""Containers started by the launcher itself: ``box.run(argv, …)`` waits for the end, ``box.start`` does not."""

import itertools
import shutil
import time

import pytest
from django.conf import settings

from engine.logs.format import parse
from engine.runtime import launch

_numbers = itertools.count(1)


class Box:
    def __init__(self, folder):
        self.folder = folder
        self.processes = []

    def start(self, *argv: str, **spec) -> launch.Process:
        directory = self.folder / f"box-{next(_numbers)}"
        given = {"run": {"argv": list(argv)}, "log": str(self.folder / f"{directory.name}.log"), **spec}
        process = launch.start(given, directory)
        self.processes.append(process)
        return process

    def wait(self, process: launch.Process, seconds: float = 20) -> dict:
        deadline = time.monotonic() + seconds
        while process.alive():
            assert time.monotonic() < deadline, "the container goes on"
            time.sleep(0.01)
        return process.result()

    def run(self, *argv: str, **spec) -> tuple[dict, list[str]]:
        """The result and the log."""
        process = self.start(*argv, **spec)
        return self.wait(process), self.lines(process)

    def lines(self, process: launch.Process) -> list[str]:
        path = self.folder / f"{process.directory.name}.log"
        return [text for _, _, text in parse(path.read_bytes())] if path.exists() else []


@pytest.fixture
def box():
    folder = settings.STUDIO_HOME / "work"
    folder.mkdir(parents=True, exist_ok=True)
    settings.RUN_DIR.mkdir(parents=True, exist_ok=True)
    box = Box(folder)
    yield box
    for process in box.processes:
        process.kill()
        shutil.rmtree(process.directory, ignore_errors=True)
        (folder / f"{process.directory.name}.log").unlink(missing_ok=True)
