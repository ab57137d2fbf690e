"""A SQLite file, as MLflow's SQL store writes it; opened so that nothing in it can change."""

import math
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from areas.experiments.importing.disk import Disk
from areas.experiments.importing.source import MODEL_STATUSES, CannotRead, Dataset, Experiment, Model, Points, Run

_RUNS = 200  # runs of which parameters, tags and inputs are read at once
_ABSENT = {
    "traces": "trace_info",
    "registered models": "registered_models",
    "evaluation datasets": "evaluation_datasets",
}


class Database(Disk):
    def __init__(self, path: Path, served: Path | None = None):
        super().__init__(path.resolve().parent, served)
        if not path.is_file():
            raise CannotRead(f"There is no file {path}.")
        self.connection = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)
        try:
            tables = {name for (name,) in self._rows("SELECT name FROM sqlite_master WHERE type = 'table'")}
        except sqlite3.DatabaseError as error:
            raise CannotRead(f"{path} is no SQLite database: {error}") from None
        if not {"experiments", "runs", "metrics", "params", "tags"} <= tables:
            raise CannotRead(f"{path} is no store of MLflow's: it lacks the tables of one.")
        self.tables = tables
        self.told = [
            f"{count} {what} are not taken over" for what, table in _ABSENT.items()
            if table in tables and (count := next(self._rows(f"SELECT count(*) FROM {table}"))[0])  # noqa: S608 (ours)
        ]  # fmt: skip

    def _rows(self, statement: str, values=()) -> Iterator[tuple]:
        return self.connection.execute(statement, values)

    def experiments(self) -> Iterator[Experiment]:
        columns = {row[1] for row in self._rows("PRAGMA table_info(experiments)")}
        created = "creation_time" if "creation_time" in columns else "NULL"
        tags: dict[int, dict[str, str]] = defaultdict(dict)
        if "experiment_tags" in self.tables:
            for number, key, value in self._rows("SELECT experiment_id, key, value FROM experiment_tags"):
                tags[number][key] = value or ""
        statement = f"SELECT experiment_id, name, lifecycle_stage, {created} FROM experiments ORDER BY experiment_id"  # noqa: S608
        for number, name, stage, made in list(self._rows(statement)):
            yield Experiment(str(number), name, stage == "deleted", made, tags[number])

    def runs(self, experiment: Experiment) -> Iterator[Run]:
        statement = (
            "SELECT run_uuid, name, user_id, status, start_time, end_time, lifecycle_stage, artifact_uri FROM runs "
            "WHERE experiment_id = ? AND run_uuid > ? ORDER BY run_uuid LIMIT ?"
        )
        after = ""
        while rows := list(self._rows(statement, (int(experiment.id), after, _RUNS))):
            after = rows[-1][0]
            yield from self._whole(rows)

    def _whole(self, rows: list[tuple]) -> Iterator[Run]:
        ids = [row[0] for row in rows]
        params, tags, counts = self._pairs("params", ids), self._pairs("tags", ids), self._counts(ids)
        datasets, read, made = self._inputs(ids)
        for run_id, name, user, status, started, ended, stage, artifacts in rows:
            yield Run(
                run_id, name or tags[run_id].get("mlflow.runName", ""), user or "", status or "RUNNING", started, ended,
                stage == "deleted", artifacts or "", params[run_id], tags[run_id], counts[run_id],
                tuple(datasets[run_id]), tuple(read[run_id]), tuple(made[run_id]),
            )  # fmt: skip

    def _of(self, statement: str, ids: list[str]) -> Iterator[tuple]:
        return self._rows(statement.format(", ".join("?" * len(ids))), ids)

    def _pairs(self, table: str, ids: list[str]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for run, key, value in self._of(f"SELECT run_uuid, key, value FROM {table} WHERE run_uuid IN ({{}})", ids):  # noqa: S608
            found[run][key] = value or ""
        return found

    def _counts(self, ids: list[str]) -> dict[str, dict[str, int | None]]:
        found: dict[str, dict[str, int | None]] = defaultdict(dict)
        statement = "SELECT run_uuid, key, count(*) FROM metrics WHERE run_uuid IN ({}) GROUP BY run_uuid, key"
        for run, key, count in self._of(statement, ids):
            found[run][key] = count
        return found

    def _inputs(self, ids: list[str]) -> tuple[dict, dict, dict]:
        """Datasets, models that were read and models that were made, each by run."""
        datasets, read, made = defaultdict(list), defaultdict(list), defaultdict(list)
        if not {"inputs", "datasets", "input_tags"} <= self.tables:
            return datasets, read, made
        rows = list(
            self._of(
                "SELECT i.destination_id, i.input_uuid, d.name, d.digest, d.dataset_source_type, d.dataset_source, "
                "d.dataset_schema, d.dataset_profile FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id "
                "WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN' AND i.destination_id IN ({})",
                ids,
            )
        )
        tags: dict[str, dict[str, str]] = defaultdict(dict)
        for start in range(0, len(rows), _RUNS):
            inputs = [row[1] for row in rows[start : start + _RUNS]]
            for number, key, value in self._of(
                "SELECT input_uuid, name, value FROM input_tags WHERE input_uuid IN ({})", inputs
            ):
                tags[number][key] = value
        for run, number, *words in rows:
            datasets[run].append(Dataset(*[word or "" for word in words], tags=tags[number]))
        if "step" in {row[1] for row in self._rows("PRAGMA table_info(inputs)")}:  # since MLflow 3
            for run, model, step in self._of(
                "SELECT source_id, destination_id, step FROM inputs WHERE destination_type = 'MODEL_OUTPUT' AND "
                "source_id IN ({})",
                ids,
            ):
                made[run].append((model, step))
            for model, run in self._of(
                "SELECT destination_id, source_id FROM inputs WHERE destination_type = 'MODEL_INPUT' AND source_id IN ({})",
                ids,
            ):
                read[run].append(model)
        return datasets, read, made

    def history(self, run: Run, key: str) -> Points:
        statement = "SELECT value, timestamp, step, is_nan FROM metrics WHERE run_uuid = ? AND key = ?"
        for value, time, step, is_nan in self._rows(statement, (run.id, key)):
            yield math.nan if is_nan else _unclamped(value), time, step

    def models(self, experiment: Experiment) -> Iterator[Model]:
        if "logged_models" not in self.tables:
            return
        rows = list(
            self._rows(
                "SELECT model_id, name, model_type, source_run_id, status, creation_timestamp_ms, last_updated_timestamp_ms, "
                "artifact_location FROM logged_models WHERE experiment_id = ? AND lifecycle_stage IS NOT 'deleted'",
                (int(experiment.id),),
            )
        )
        for model, name, kind, run, status, created, updated, artifacts in rows:
            params = dict(
                self._rows("SELECT param_key, param_value FROM logged_model_params WHERE model_id = ?", (model,))
            )
            tags = dict(self._rows("SELECT tag_key, tag_value FROM logged_model_tags WHERE model_id = ?", (model,)))
            metrics = [
                (run_id, key, dataset or "", digest or "", _unclamped(value), time, step)
                for run_id, key, dataset, digest, value, time, step in self._rows(
                    "SELECT run_id, metric_name, dataset_name, dataset_digest, metric_value, metric_timestamp_ms, metric_step "
                    "FROM logged_model_metrics WHERE model_id = ?",
                    (model,),
                )
            ]
            yield Model(
                model, name, kind or "", run or "", MODEL_STATUSES.get(status, MODEL_STATUSES[1]), created, updated,
                artifacts, params, tags, tuple(metrics),
            )  # fmt: skip


def _unclamped(value: float | None) -> float:
    """MLflow writes the greatest finite number for infinity."""
    if value is None:
        return math.nan
    return math.copysign(math.inf, value) if abs(value) == sys.float_info.max else value
