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
                str(meta["experiment_id"]), str(meta["name"]), meta.get("lifecycle_stage") == "deleted",
                meta.get("creation_time"), _texts(folder / "tags"),
            )  # fmt: skip

    def _of(self, experiment: Experiment) -> Path:
        return (self.root / _TRASH if experiment.is_deleted else self.root) / experiment.id

    def runs(self, experiment: Experiment) -> Iterator[Run]:
        home = self._of(experiment)
        for folder in sorted(home.iterdir()):
            meta = _read(folder / _META) if (folder / _META).is_file() else {}
            run_id = meta.get("run_id") or meta.get("run_uuid")
            if not run_id:
                continue
            tags, inputs = _texts(folder / "tags"), _metas(folder / "inputs")
            datasets = [
                one for given in inputs if given.get("source_type") == "DATASET" and (one := _dataset(home, given))
            ]
            made = [(one["destination_id"], int(one.get("step") or 0)) for one in _metas(folder / "outputs")]
            yield Run(
                str(run_id), meta.get("run_name") or tags.get("mlflow.runName", ""), meta.get("user_id") or "",
                STATUSES.get(meta.get("status"), "RUNNING"), meta.get("start_time"), meta.get("end_time"),
                meta.get("lifecycle_stage") == "deleted", meta.get("artifact_uri") or str(folder / "artifacts"),
                _texts(folder / "params"), tags, dict.fromkeys(_keys(folder / "metrics")), tuple(datasets),
                tuple(one["source_id"] for one in inputs if one.get("source_type") == "MODEL_INPUT"), tuple(made),
            )  # fmt: skip

    def history(self, run: Run, key: str) -> Points:
        for folder in self._experiment_folders():
            path = folder / run.id / "metrics" / key
            if path.is_file():
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
        found = yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 (a safe loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CannotRead(f"{path} can't be read: {error}") from None
    return found if isinstance(found, dict) else {}


def _metas(folder: Path) -> list[dict]:
    return [_read(path) for path in sorted(folder.glob(f"*/{_META}"))]


def _keys(folder: Path) -> list[str]:
    """The files below a folder: a key with slashes lies in folders of its own."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _texts(folder: Path) -> dict[str, str]:
    return {key: (folder / key).read_text(encoding="utf-8", errors="replace") for key in _keys(folder)}


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
    path = home / "datasets" / str(given.get("source_id")) / _META
    if not path.is_file():
        return None
    meta = _read(path)
    words = [str(meta.get(name) or "") for name in ("name", "digest", "source_type", "source", "schema", "profile")]
    return Dataset(*words, tags={str(key): str(value) for key, value in (given.get("tags") or {}).items()})
