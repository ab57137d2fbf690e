"""Experiments full of runs, written straight into the tables: 50,000 in seconds, the same on SQLite and PostgreSQL.

    seed(connection, "churn", runs=10_000, metrics=50, parameters=20, points=10)

Run ``i`` is called ``<experiment>-<i>``; metrics are ``metric_0`` … and parameters ``param_0`` …; ``param_0`` is one of ten whole
numbers, ``param_1`` one of five words, the others are numbers. Tag ``team`` is one of three. The values are the same every time.
"""

import json
import random
from array import array
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import connection as database
from django.db import transaction

from catalog.models import (
    Connection,
    MetricBlock,
    MetricSeries,
    Record,
    RunParameter,
    RunRow,
    Tag,
    TrialMember,
)
from catalog.runs import as_number, folded

WORDS = ("adam", "sgd", "Lion", "rmsprop", "lamb")
TEAMS = ("risk", "fraud", "growth")
STATUSES = ("Completed",) * 8 + ("Failed", "Stopped")
CHUNK = 5000


def seed(
    connection: Connection, experiment: str, runs: int, metrics: int = 10, parameters: int = 10, points: int = 1
) -> Record:
    """Make an experiment with ``runs`` runs of ``metrics`` metrics with ``points`` points each; returns its Record."""
    chance = random.Random(f"{experiment} {runs}")
    with transaction.atomic():
        home, trial = _experiment(connection, experiment)
        number, series = _last_id(Record), _last_id(MetricSeries)
        for start in range(0, runs, CHUNK):
            rows = _Rows(connection, home, trial, chance, number + start, series + start * metrics)
            for i in range(start, min(start + CHUNK, runs)):
                rows.add(i, metrics, parameters, points)
            rows.write()
        _go_on_counting(Record, MetricSeries)
    with database.cursor() as cursor:
        cursor.execute("ANALYZE")
    return home


def _experiment(connection: Connection, name: str) -> tuple[Record, Record]:
    now, arn = datetime.now(UTC), f"arn:aws:sagemaker:{connection.region}:{connection.account}:"
    common = {"CreationTime": now.timestamp(), "LastModifiedTime": now.timestamp()}
    home = Record.objects.create(
        connection=connection, kind="Experiment", name=name, arn=f"{arn}experiment/{name}", created=now, modified=now,
        document={"ExperimentName": name, "ExperimentArn": f"{arn}experiment/{name}", **common},
    )  # fmt: skip
    trial_name = f"{name}-runs"
    trial = Record.objects.create(
        connection=connection, kind="Trial", name=trial_name, arn=f"{arn}experiment-trial/{trial_name}", parent=name,
        created=now, modified=now,
        document={
            "TrialName": trial_name, "TrialArn": f"{arn}experiment-trial/{trial_name}", "ExperimentName": name, **common,
        },
    )  # fmt: skip
    return home, trial


class _Rows:
    """The rows of one chunk of runs. Ids are counted here, because they are in other rows too."""

    def __init__(self, connection, home: Record, trial: Record, chance: random.Random, number: int, series: int):
        self.connection, self.home, self.trial, self.chance = connection, home, trial, chance
        self.number, self.series_number = number, series
        self.start = datetime(2026, 1, 1, tzinfo=UTC)
        self.records, self.runs, self.members, self.parameters = [], [], [], []
        self.series, self.blocks, self.tags = [], [], []

    def add(self, i: int, metrics: int, parameters: int, points: int) -> None:
        chance, number = self.chance, self.number + 1
        self.number = number
        name, created = f"{self.home.name}-{i:05d}", self.start + timedelta(seconds=30 * i)
        ended, status = created + timedelta(seconds=chance.randint(5, 5000)), chance.choice(STATUSES)
        arn = f"arn:aws:sagemaker:{self.connection.region}:{self.connection.account}:experiment-trial-component/{name}"
        values = {f"param_{j}": self._parameter(j) for j in range(parameters)}
        document = {
            "TrialComponentName": name, "TrialComponentArn": arn, "DisplayName": name,
            "Status": {"PrimaryStatus": status, "Message": ""}, "StartTime": created.timestamp(),
            "EndTime": ended.timestamp(), "CreationTime": created.timestamp(), "LastModifiedTime": ended.timestamp(),
            "Parameters": {
                key: {"NumberValue": value} if isinstance(value, float) else {"StringValue": value}
                for key, value in values.items()
            },
        }  # fmt: skip
        self.records.append(
            (
                number,
                self.connection.id,
                "TrialComponent",
                name,
                arn,
                "",
                status,
                created,
                ended,
                "alice",
                json.dumps(document),
            )
        )
        self.runs.append(
            (number, self.home.id, None, created, name, created, ended, (ended - created).total_seconds(), None, "")
        )
        self.members.append((self.trial.id, number, created, 0))
        self.tags.append((number, "team", chance.choice(TEAMS)))
        for key, value in values.items():
            text = repr(value) if isinstance(value, float) else value
            self.parameters.append((number, self.home.id, key, folded(text), text, as_number(text)))
        for j in range(metrics):
            self._add_series(number, f"metric_{j}", created, points)

    def _parameter(self, j: int) -> float | str:
        if j == 0:
            return str(self.chance.randrange(10))
        return self.chance.choice(WORDS) if j == 1 else round(self.chance.random() * 10**-j, 9 + j)

    def _add_series(self, number: int, name: str, created: datetime, points: int) -> None:
        self.series_number += 1
        base, began = self.chance.random(), created.timestamp()
        values = [base * (1 - 0.9**step) + self.chance.random() * 0.01 for step in range(1, points + 1)]
        low, high, mean = min(values), max(values), sum(values) / points
        self.series.append((
            self.series_number, number, number, self.home.id, name, points, values[-1], points - 1, began + points - 1,
            low, values.index(low), high, values.index(high), points, mean, sum((value - mean) ** 2 for value in values),
        ))  # fmt: skip
        steps, times = array("q", range(points)), array("d", [began + step for step in range(points)])
        data = b"".join(column.tobytes() for column in (steps, times, array("d", values)))
        self.blocks.append((self.series_number, 0, points, 0, points - 1, began, began + points - 1, data))

    def write(self) -> None:
        _insert(
            Record, "id connection_id kind name arn parent status created modified owner document", self.records
        )  # fmt: skip
        _insert(RunRow, "record_id experiment source created title started ended seconds archived note", self.runs)
        _insert(TrialMember, "trial_id component_id created guest_of", self.members)
        _insert(Tag, "record_id key value", self.tags)
        _insert(RunParameter, "run_id experiment key word text number", self.parameters)
        _insert(
            MetricSeries,
            "id record_id run_id experiment name count last last_step last_time low low_step high high_step finite mean "
            "spread",
            self.series,
        )
        _insert(MetricBlock, "series_id first count low_step high_step low_time high_time data", self.blocks)


def _insert(model, columns: str, rows: Iterable[tuple]) -> None:
    table, names = model._meta.db_table, ", ".join(f'"{column}"' for column in columns.split())
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join("?" * len(columns.split()))
        rows = (
            tuple(
                value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else value
                for value in row
            )
            for row in rows
        )
        cursor.connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)


def _last_id(model) -> int:
    return model.objects.order_by("-id").values_list("id", flat=True).first() or 0


def _go_on_counting(*models) -> None:
    """PostgreSQL's sequences know nothing of ids that were given."""
    if database.vendor == "postgresql":
        with database.cursor() as cursor:
            for model in models:
                table = model._meta.db_table
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM {table}))")
