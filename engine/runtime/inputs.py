"""Laying down what a container finds below /opt/ml before it starts, and feeding the FIFOs of Pipe mode while it runs."""

import errno
import gzip
import os
import random
import shutil
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path

from engine.runtime import files

BLOCK = 1 << 20
RECORDIO_MAGIC = 0xCED7230A


def lay_down(items: list[dict], ml: Path, stopped) -> None:
    """Put every input where it belongs; ValueError in one sentence if one can't be. Ends early once ``stopped()``."""
    for item in items:
        if stopped():
            return
        target = files.below(ml, item["to"])
        try:
            _PLACE[item["kind"]](item, target)
        except OSError as error:
            name = item.get("label") or item["to"]
            if str(error.filename) == item.get("source"):
                raise ValueError(f"{name} was deleted or replaced while it was read.") from None
            raise ValueError(f"{name} can't be put at /opt/ml/{item['to']}: {error.strerror}.") from None


def _place_text(item: dict, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(item["text"])


def _place_bind(item: dict, target: Path) -> None:
    """Only the place; the sandbox binds the file on it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch()


def _place_adopt(item: dict, target: Path) -> None:
    """A folder of a job before, moved; an empty one if there is none any more."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        os.rename(item["source"], target)
        return
    target.mkdir(exist_ok=True)


_PLACE = {
    "copy": lambda item, target: files.copy_file(item["source"], target),
    "adopt": _place_adopt,
    "extract": lambda item, target: files.extract(item["source"], target),
    "bind": _place_bind,
    "text": _place_text,
    "folder": lambda item, target: target.mkdir(parents=True, exist_ok=True),
    "fifo": lambda item, target: target.parent.mkdir(parents=True, exist_ok=True),
}


def copy_bound(items: list[dict], ml: Path) -> None:
    """Where there are no private mounts: copies, write-protected, in the place of binds."""
    for item in items:
        if item["kind"] == "bind":
            target = files.below(ml, item["to"])
            files.copy_file(item["source"], target)
            target.chmod(0o400)


def feed_pipes(items: list[dict], ml: Path) -> list[threading.Thread]:
    """Start feeding every FIFO. The first ones exist on return."""
    threads = []
    for item in items:
        if item["kind"] == "fifo":
            feeder = Feeder(item, files.below(ml, item["to"]))
            feeder.make(0)
            threads.append(threading.Thread(target=feeder.run, daemon=True))
    for thread in threads:
        thread.start()
    return threads


class Feeder:
    """One channel in Pipe mode: epoch after epoch the same objects, each epoch through a FIFO of its own."""

    def __init__(self, item: dict, base: Path):
        self.item, self.base = item, base

    def path(self, epoch: int) -> str:
        return f"{self.base}_{epoch}"

    def make(self, epoch: int) -> None:
        os.mkfifo(self.path(epoch), 0o600)

    def run(self) -> None:
        epoch = 0
        while True:
            writer = self._open(self.path(epoch))
            with suppress(BrokenPipeError), os.fdopen(writer, "wb", buffering=0) as pipe:
                for name in self._order(epoch):
                    self._write(pipe, name)
            epoch += 1
            with suppress(FileExistsError):
                self.make(epoch)

    def _order(self, epoch: int) -> list:
        files, each = self.item["files"], self.item.get("each", 1)
        groups = [files[at : at + each] for at in range(0, len(files), each)]
        if self.item.get("seed") is not None:
            random.Random(self.item["seed"] + epoch).shuffle(groups)  # noqa: S311
        return [one for group in groups for one in group]

    def _open(self, path: str) -> int:
        """Wait for the reader; the FIFO is made by us and opened without following links."""
        while True:
            try:
                handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                time.sleep(0.01)
                continue
            os.set_blocking(handle, True)
            return handle

    def _write(self, pipe, name: str | dict) -> None:
        if isinstance(name, dict):
            self._write_bytes(pipe, name["text"].encode())
            return
        opener = gzip.open if self.item.get("gzip") else open
        if self.item.get("recordio"):
            with opener(name, "rb") as file:
                self._write_bytes(pipe, file.read())
            return
        with opener(name, "rb") as file:
            shutil.copyfileobj(file, _Whole(pipe), BLOCK)

    def _write_bytes(self, pipe, payload: bytes) -> None:
        if not self.item.get("recordio"):
            _write_all(pipe, payload)
            return
        _write_all(pipe, struct.pack("<II", RECORDIO_MAGIC, len(payload)))
        _write_all(pipe, payload)
        _write_all(pipe, b"\0" * (-len(payload) % 4))


class _Whole:
    """A raw file whose write is never short."""

    def __init__(self, pipe):
        self.pipe = pipe

    def write(self, data: bytes) -> None:
        _write_all(self.pipe, data)


def _write_all(pipe, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[pipe.write(view) :]
