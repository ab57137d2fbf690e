"""Runs with known parameters and points, put into the tables as the wire would."""

import secrets
import time
from datetime import UTC, datetime

from catalog import metrics, runs
from catalog.metrics import Point
from catalog.models import Record, Tag
from catalog.runs import TrialMember

BEGIN = 1_780_000_000.0


def put(connection, kind: str, name: str, parent: str = "", **document) -> Record:
    now = datetime.now(UTC)
    return Record.objects.create(
        connection=connection, kind=kind, name=name, parent=parent, created=now, modified=now, document=document,
        arn=f"arn:aws:sagemaker:{connection.region}:{connection.account}:{kind.lower()}/{name}",
        status=(document.get("Status") or {}).get("PrimaryStatus", ""),
    )  # fmt: skip


def experiment(connection, name: str = "") -> tuple[Record, Record]:
    """An experiment and its one trial."""
    name = name or f"exp-{secrets.token_hex(4)}"
    made = put(connection, "Experiment", name, ExperimentName=name, DisplayName=name)
    return made, put(connection, "Trial", f"{name}-trial", parent=name, TrialName=f"{name}-trial", ExperimentName=name)


def run(connection, name: str = "", *, trial: Record | None = None, status: str = "Completed", label: str = "",
        parameters: dict | None = None, curves: dict[str, list[float]] | None = None, tags: dict | None = None,
        **document) -> Record:  # fmt: skip
    """A run; ``curves`` is metric → its values at steps 0, 1, 2 …, a second apart."""
    name = name or f"run-{secrets.token_hex(6)}"
    shown = {key: {"NumberValue": value} if isinstance(value, int | float) else {"StringValue": value}
             for key, value in (parameters or {}).items()}  # fmt: skip
    made = put(
        connection, "TrialComponent", name, TrialComponentName=name, DisplayName=label or name, Parameters=shown,
        Status={"PrimaryStatus": status}, StartTime=BEGIN, CreationTime=time.time(), **document,
    )  # fmt: skip
    if trial:
        TrialMember.objects.create(trial=trial, component=made)
    for key, value in (tags or {}).items():
        Tag.objects.create(record=made, key=key, value=value)
    runs.index([made])
    log(made, curves or {})
    return made


def log(record: Record, curves: dict[str, list[float]], first: int = 0) -> None:
    metrics.append(record, [
        Point(name, value, BEGIN + first + step, first + step)
        for name, values in curves.items() for step, value in enumerate(values)
    ])  # fmt: skip
