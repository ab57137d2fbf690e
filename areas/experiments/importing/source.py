"""What every kind of MLflow store is read as. Times are milliseconds since 1970; values may be NaN or infinite."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class CannotRead(Exception):
    """Why a store, or a part of it, can't be read; for people."""


@dataclass(frozen=True)
class Experiment:
    id: str
    name: str
    is_deleted: bool
    created: int | None
    tags: dict[str, str]


@dataclass(frozen=True)
class Dataset:
    """As ``mlflow.log_input`` described it; ``tags`` are its role: mlflow.data.context."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str
    profile: str
    tags: dict[str, str]


@dataclass(frozen=True)
class Run:
    id: str
    name: str
    user: str
    status: str  # MLflow's word
    started: int | None
    ended: int | None
    is_deleted: bool
    artifacts: str  # URI of its folder
    params: dict[str, str]
    tags: dict[str, str]
    metrics: dict[str, int | None]  # key → number of points, None where the store doesn't tell without reading them
    datasets: tuple[Dataset, ...] = ()
    models_read: tuple[str, ...] = ()
    models_made: tuple[tuple[str, int], ...] = ()  # (model id, step)


@dataclass(frozen=True)
class Model:
    """A logged model of MLflow 3. ``metrics`` are (run, key, dataset, digest, value, time, step)."""

    id: str
    name: str
    type: str
    run: str
    status: str
    created: int
    updated: int
    artifacts: str
    params: dict[str, str]
    tags: dict[str, str]
    metrics: tuple[tuple, ...] = ()


@dataclass(frozen=True)
class File:
    path: str  # below the folder of artifacts
    size: int


Points = Iterator[tuple[float, int, int]]  # (value, time, step)


class Source(Protocol):
    """A store. Nothing is read before it is asked for, and never more of a history than a page."""

    told: list[str]  # what can't be taken over, found while reading

    def experiments(self) -> Iterable[Experiment]: ...
    def runs(self, experiment: Experiment) -> Iterable[Run]: ...
    def models(self, experiment: Experiment) -> Iterable[Model]: ...
    def history(self, run: Run, key: str) -> Points: ...
    def files(self, folder: str) -> Iterable[File]:
        """The files of a folder of artifacts; CannotRead where it can't be reached."""
        ...

    def open(self, folder: str, file: File) -> AbstractContextManager[Path]:
        """The file on this disk, for as long as the block lasts."""
        ...


def open_source(text: str, artifacts: Path | None = None) -> Source:
    """The store that a word of the command line means. CannotRead if it is none."""
    if text.startswith(("http://", "https://")):
        from areas.experiments.importing.server import Server

        return Server(text)
    if text.startswith("sqlite:") or text.endswith((".db", ".sqlite", ".sqlite3")):
        from areas.experiments.importing.database import Database

        path = text.removeprefix("sqlite:///") if text.startswith("sqlite:") else text
        return Database(Path(path), artifacts)
    from areas.experiments.importing.folder import Folder

    return Folder(Path(text.removeprefix("file://")), artifacts)


STATUSES = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}
MODEL_STATUSES = {1: "LOGGED_MODEL_PENDING", 2: "LOGGED_MODEL_READY", 3: "LOGGED_MODEL_UPLOAD_FAILED"}


@dataclass
class Taken:
    """What an import took, and what it couldn't."""

    experiments: int = 0
    runs: int = 0
    runs_there: int = 0
    points: int = 0
    files: int = 0
    bytes: int = 0
    models: int = 0
    lost: list[str] = field(default_factory=list)
