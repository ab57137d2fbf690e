"""A folder ``mlruns``, as MLflow's file store writes it: a folder an experiment, in it one a run."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from areas.experiments.importing.disk import Disk
from areas.experiments.importing.source import (
    MODEL_STATUSES,
    STATUSES,
    CannotRead,
    Dataset,
    Experiment,
    Model,
    Points,
    Run,
)

_TRASH, _META = ".trash", "meta.yaml"
DEEPEST = 20  # lists in lists of a meta.yaml
LARGEST_META, LARGEST_TEXT = 20_000_000, 1_000_000  # characters of a meta.yaml (a dataset's profile is in it), of a tag
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Folder(Disk):
    def __init__(self, root: Path, served: Path | None = None):
        super().__init__(root.resolve().parent, served)
        if not root.is_dir():
            raise CannotRead(f"There is no folder {root}.")
        self.root, self.told = root, []
        if not any(self._experiment_folders()):
            raise CannotRead(f"{root} holds no experiments of MLflow's: no folder in it has a {_META}.")

    def _experiment_folders(self) -> Iterator[Path]:
        for parent in (self.root, self.root / _TRASH):
            if parent.is_dir():
                yield from (one for one in sorted(parent.iterdir()) if (one / _META).is_file())

    def experiments(self) -> Iterator[Experiment]:
        for folder in self._experiment_folders():
            meta = _read(folder / _META)
            if not meta.get("name"):
                continue  # the models of a registry are beside the experiments
            yield Experiment(
                _plain_name(meta.get("experiment_id", ""), folder), str(meta["name"]), meta.get("lifecycle_stage") == "deleted",
                _whole(meta.get("creation_time")), _texts(folder / "tags"),
            )  # fmt: skip

    def _of(self, experiment: Experiment) -> Path:
        return (self.root / _TRASH if experiment.is_deleted else self.root) / experiment.id

    def runs(self, experiment: Experiment) -> Iterator[Run]:
        home = self._of(experiment)
        for folder in sorted(home.iterdir()):
            try:
                if found := self._run(home, folder):
                    yield found
            except CannotRead as error:
                self.told.append(f"run {folder.name}: {error}")

    def _run(self, home: Path, folder: Path) -> Run | None:
        meta = _read(folder / _META) if (folder / _META).is_file() else {}
        run_id = meta.get("run_id") or meta.get("run_uuid")
        if not run_id:
            return None
        tags, inputs = _texts(folder / "tags"), _metas(folder / "inputs")
        datasets = [one for given in inputs if given.get("source_type") == "DATASET" and (one := _dataset(home, given))]
        made = [(str(one["destination_id"]), _whole(one.get("step")) or 0) for one in _metas(folder / "outputs")]
        return Run(
            _plain_name(run_id, folder), str(meta.get("run_name") or tags.get("mlflow.runName", "")),
            str(meta.get("user_id") or ""), STATUSES.get(meta.get("status"), "RUNNING"),
            _whole(meta.get("start_time")), _whole(meta.get("end_time")),
            meta.get("lifecycle_stage") == "deleted", str(meta.get("artifact_uri") or folder / "artifacts"),
            _texts(folder / "params"), tags, dict.fromkeys(_keys(folder / "metrics")), tuple(datasets),
            tuple(str(one["source_id"]) for one in inputs if one.get("source_type") == "MODEL_INPUT"), tuple(made),
        )  # fmt: skip

    def history(self, run: Run, key: str) -> Points:
        for folder in self._experiment_folders():
            path = folder / run.id / "metrics" / key
            if path.is_file() and not path.is_symlink():
                yield from (point[:3] for point in _points(path))
                return

    def models(self, experiment: Experiment) -> Iterator[Model]:
        for folder in sorted((self._of(experiment) / "models").glob("m-*")):
            meta = _read(folder / _META) if (folder / _META).is_file() else {}
            if not meta or meta.get("lifecycle_stage") == "deleted":
                continue
            measured = []
            for key in _keys(folder / "metrics"):
                for value, time, step, rest in _points(folder / "metrics" / key):
                    run, name, digest = [*rest, "", "", ""][:3]
                    measured.append((run, key, name, digest, value, time, step))
            yield Model(
                meta["model_id"], meta["name"], meta.get("model_type") or "", meta.get("source_run_id") or "",
                MODEL_STATUSES.get(meta.get("status"), MODEL_STATUSES[1]), meta["creation_timestamp"],
                meta["last_updated_timestamp"], meta.get("artifact_location") or str(folder / "artifacts"),
                _texts(folder / "params"), _texts(folder / "tags"), tuple(measured),
            )  # fmt: skip


def _read(path: Path) -> dict:
    try:
        text = _text(path, LARGEST_META)
        _check_depth(text)
        found = yaml.load(text, _LOADER)  # noqa: S506 (a safe loader)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise CannotRead(f"{path} can't be read: {error}") from None
    return {key: value for key, value in found.items() if _is_plain(value)} if isinstance(found, dict) else {}


def _check_depth(text: str) -> None:
    """ValueError for what is nested deeply: libyaml's loader would end the process."""
    depth = 0
    for event in yaml.parse(text, _LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise ValueError(f"it is nested more than {DEEPEST} deep")


def _is_plain(value) -> bool:
    """Whether a member is what MLflow writes: a word or a number, or a few words by name. A short text can name a structure whose
    text would fill the memory."""
    if isinstance(value, dict):
        return all(isinstance(one, str | int | float | None) for one in (*value, *value.values()))
    return isinstance(value, str | int | float | None)


def _text(path: Path, most: int) -> str:
    """The text of a file of the store; a link may lead out of it."""
    if path.is_symlink():
        raise CannotRead(f"{path} is a link, which is not followed.")
    with path.open(encoding="utf-8", errors="replace") as file:
        found = file.read(most + 1)
    if len(found) > most:
        raise CannotRead(f"{path} has more than {most:,} characters.")
    return found.replace("\0", "")


def _whole(given) -> int | None:
    return given if isinstance(given, int) and abs(given) < 2**53 else None


def _plain_name(given, where: Path) -> str:
    """An id that names a folder; CannotRead where it would lead elsewhere."""
    text = str(given)
    if not text or text in (".", "..") or "/" in text or "\\" in text or "\0" in text or len(text) > 250:
        raise CannotRead(f"{where} has an id that names no folder: {text[:100]!r}")
    return text


def _metas(folder: Path) -> list[dict]:
    return [_read(path) for path in sorted(folder.glob(f"*/{_META}"))]


def _keys(folder: Path) -> list[str]:
    """The files below a folder: a key with slashes lies in folders of its own."""
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()
    )


def _texts(folder: Path) -> dict[str, str]:
    return {key: _text(folder / key, LARGEST_TEXT) for key in _keys(folder)}


def _points(path: Path) -> Iterator[tuple[float, int, int, list[str]]]:
    """(value, time, step, what stands behind) of each line; the line that a killed client left half is left out."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            words = line.split()
            try:
                time, value = int(words[0]), float(words[1])
                step = int(words[2]) if len(words) > 2 else 0
            except (IndexError, ValueError):
                continue
            if line.endswith("\n"):
                yield value, time, step, words[3:]


def _dataset(home: Path, given: dict) -> Dataset | None:
    path = home / "datasets" / _plain_name(given.get("source_id"), home) / _META
    if not path.is_file():
        return None
    meta = _read(path)
    words = [str(meta.get(name) or "") for name in ("name", "digest", "source_type", "source", "schema", "profile")]
    return Dataset(*words, tags={str(key): str(value) for key, value in (given.get("tags") or {}).items()})
