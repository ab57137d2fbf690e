"""Artifacts that lie in a folder of this machine, for the stores that name one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from areas.experiments.importing.source import CannotRead, File


class Disk:
    """``base`` is the folder that the store lies in, ``served`` the one that a tracking server served ``mlflow-artifacts:`` from,
    usually ``mlartifacts``. What a store names outside of them is not read: whoever wrote it may have meant any file of this
    machine."""

    def __init__(self, base: Path, served: Path | None):
        self.base, self.served = base, served

    def files(self, folder: str) -> Iterator[File]:
        root = self._path(folder)
        for where, folders, names in os.walk(root):
            folders.sort()
            for name in sorted(names):
                path = Path(where, name)
                if path.is_file() and not path.is_symlink():  # a link may lead out of the store
                    yield File(path.relative_to(root).as_posix(), path.stat().st_size)

    @contextmanager
    def open(self, folder: str, file: File) -> Iterator[Path]:
        yield self._path(folder) / file.path

    def _path(self, folder: str) -> Path:
        parts = urlsplit(folder)
        if parts.scheme in ("", "file"):
            path = Path(unquote(parts.path) if parts.scheme else folder)
            path = path if path.is_absolute() else self.base / path
        elif parts.scheme == "mlflow-artifacts" and self.served:
            path = self.served / parts.path.lstrip("/")
        elif parts.scheme == "mlflow-artifacts":
            raise CannotRead(f"{folder}: name the folder that the server keeps artifacts in with --artifacts")
        else:
            raise CannotRead(f"{folder} is not on this machine")
        path = path.resolve()
        if not any(path.is_relative_to(home.resolve()) for home in (self.base, self.served) if home):
            raise CannotRead(
                f"{folder} lies outside of {self.base}: name a folder above it with --artifacts to allow it"
            )
        if not path.is_dir():
            raise CannotRead(f"{folder}: there is no folder {path}")
        return path
