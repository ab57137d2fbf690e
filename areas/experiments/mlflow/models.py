"""Logged models, as MLflow 3's clients make them: created, filled with files, made ready, tagged, found again."""

import uuid
from datetime import UTC, datetime

from django.utils import timezone

from areas.experiments.mlflow import found, wire
from areas.experiments.mlflow.asked import Asked, wire_number
from areas.experiments.mlflow.changes import told
from areas.experiments.mlflow.errors import invalid, missing
from areas.experiments.mlflow.experiments import read_tags
from areas.experiments.mlflow.params import read_params
from areas.experiments.mlflow.runs import KEY
from areas.experiments.mlflow.tables import FAILED, PENDING, READY, LoggedModel, ModelMetric
from areas.experiments.resource import TRIAL_COMPONENT
from catalog.models import Record

STATUSES = (PENDING, READY, FAILED)  # 1, 2, 3 of the protocol buffer
NAME = 500
_FORBIDDEN = "/:.%\"'"
TAG_VALUE = 8000


def create(asked: Asked) -> dict:
    """https://mlflow.org/docs/latest/api_reference/rest-api.html#create-loggedmodel"""
    experiment = found.experiment_of(asked, asked.text("experiment_id"), "update")
    if found.is_deleted(experiment):
        raise found.in_bin("experiment", str(experiment.id))
    source = asked.text("source_run_id", "", limit=256)
    if source:
        found.run_of(asked, source, "update", is_active=True)
    else:
        found.require(asked, "create", TRIAL_COMPONENT.noun, "")
    model_id = f"m-{uuid.uuid4().hex}"
    name = asked.text("name", "", limit=NAME) or f"model-{model_id[2:10]}"
    if any(sign in name for sign in _FORBIDDEN):
        raise invalid(f"Invalid model name ({name!r}) provided. Model name must be a non-empty string and cannot contain the "
                      f"following characters: {list(_FORBIDDEN)}")  # fmt: skip
    now = timezone.now()
    row = LoggedModel.objects.create(
        model_id=model_id, connection=asked.connection, experiment=experiment, name=name, source_run=source, created=now,
        model_type=asked.text("model_type", "", limit=NAME), params=read_params(asked.items("params")), updated=now,
        tags=read_tags(asked.items("tags"), KEY, TAG_VALUE), owner=asked.context.owner,
    )  # fmt: skip
    told(asked, "CreateLoggedModel", experiment, after={"Model": row.model_id, "Name": name, "Run": source})
    return {"model": wire_models([row])[0]}


def get(asked: Asked) -> dict:
    return {"model": wire_models([model_of(asked, with_deleted=asked.given.get("allow_deleted") == "true")])[0]}


def finalize(asked: Asked) -> dict:
    """Say what became of its files."""
    given = asked.given.get("status")
    status = STATUSES[given - 1] if isinstance(given, int) and 1 <= given <= len(STATUSES) else given
    if status not in STATUSES:
        raise invalid(
            f"Invalid value {given!r} for parameter 'status' supplied: it must be one of {', '.join(STATUSES)}."
        )
    row = model_of(asked, "update")
    row.status = status
    _keep(asked, row, {"Status": status})
    return {"model": wire_models([row])[0]}


def delete(asked: Asked) -> dict:
    row = model_of(asked, "update")
    row.deleted = timezone.now()
    _keep(asked, row, {"Deleted": True})
    return {}


def set_tags(asked: Asked) -> dict:
    row = model_of(asked, "update")
    given = read_tags(asked.items("tags"), KEY, TAG_VALUE)
    row.tags = {**row.tags, **given}
    _keep(asked, row, {"Tags": given})
    return {}


def delete_tag(asked: Asked) -> dict:
    row = model_of(asked, "update")
    key = asked.labels["key"]
    if key not in row.tags:
        raise missing(f"No tag with key {key!r} found for model with ID {row.model_id!r}.")
    row.tags = {name: value for name, value in row.tags.items() if name != key}
    _keep(asked, row, {"DeletedTag": key})
    return {}


def log_params(asked: Asked) -> dict:
    row = model_of(asked, "update")
    given = read_params(asked.items("params"))
    for key, value in given.items():
        if row.params.get(key, value) != value:
            raise invalid(f"Changing param values is not allowed. Param with key='{key}' of model {row.model_id} has the value "
                          f"'{row.params[key]}'.")  # fmt: skip
    row.params = {**row.params, **given}
    _keep(asked, row, {"Params": given})
    return {}


def _keep(asked: Asked, row: LoggedModel, after: dict) -> None:
    row.updated = timezone.now()
    row.save()
    told(asked, "UpdateLoggedModel", row.experiment, after={"Model": row.model_id, **after})


def model_of(asked: Asked, verb: str = "view", *, with_deleted: bool = False) -> LoggedModel:
    """The logged model that the path names, for somebody who may do ``verb`` to its run: to its experiment where it has none."""
    return model_named(asked, asked.labels["model_id"], verb, with_deleted=with_deleted)


def model_named(asked: Asked, model_id: str, verb: str = "view", *, with_deleted: bool = False) -> LoggedModel:
    rows = LoggedModel.objects.filter(connection=asked.connection, model_id=model_id).select_related("experiment")
    row = rows.first()
    if row is None or (row.deleted and not with_deleted) or not may(asked, row, "view"):
        raise missing(f"Logged model with ID '{model_id}' not found.")
    if verb != "view" and not may(asked, row, verb):
        raise found.denied(asked, verb, TRIAL_COMPONENT.noun, row.source_run)
    return row


def may(asked: Asked, row: LoggedModel, verb: str) -> bool:
    """Whether the caller may do it to a logged model: to its run, or to its experiment where it has none."""
    if row.source_run:
        kinds = (TRIAL_COMPONENT.noun, f"Deleted{TRIAL_COMPONENT.noun}")
        runs = Record.objects.filter(connection_id=asked.connection.id, kind__in=kinds, name=row.source_run)
        if run := runs.first():
            return found.may(asked, verb, run)
    return found.may(asked, verb, row.experiment)


def wire_models(rows: list[LoggedModel]) -> list[dict]:
    """Logged models whole, in two statements."""
    measured: dict[int, list[dict]] = {}
    names = {row.id: row.model_id for row in rows}
    for one in ModelMetric.objects.filter(model__in=[row.id for row in rows]).order_by("key", "run", "id"):
        metric = {
            "key": one.key, "value": wire_number(one.value), "timestamp": one.time, "step": one.step,
            "model_id": names[one.model_id], "run_id": one.run,
        }  # fmt: skip
        metric |= {"dataset_name": one.dataset, "dataset_digest": one.digest} if one.dataset else {}
        measured.setdefault(one.model_id, []).append(metric)
    return [_wire(row, measured.get(row.id, [])) for row in rows]


def _wire(row: LoggedModel, measured: list[dict]) -> dict:
    info = {
        "model_id": row.model_id, "experiment_id": str(row.experiment_id), "name": row.name, "model_type": row.model_type,
        "creation_timestamp_ms": _milliseconds(row.created), "last_updated_timestamp_ms": _milliseconds(row.updated),
        "artifact_uri": f"mlflow-artifacts:/{row.experiment_id}/models/{row.model_id}/artifacts", "status": row.status,
        "source_run_id": row.source_run, "tags": wire.pairs(row.tags),
    }  # fmt: skip
    return {"info": info, "data": {"params": wire.pairs(row.params), "metrics": measured}}


def _milliseconds(moment: datetime) -> int:
    return round(moment.astimezone(UTC).timestamp() * 1000)
