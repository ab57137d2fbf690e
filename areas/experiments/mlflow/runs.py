"""MLflow's runs: create, get, update, delete, restore. A run is a trial component of the experiment's default trial."""

import time
import uuid

from areas.experiments.engine.members import join
from areas.experiments.engine.trials import make_trial
from areas.experiments.mlflow import experiments, found, tags, wire
from areas.experiments.mlflow.asked import Asked
from areas.experiments.mlflow.changes import told
from areas.experiments.mlflow.errors import MlflowError, invalid, missing
from areas.experiments.resource import TRIAL, TRIAL_COMPONENT
from catalog import bin
from catalog.models import Record
from engine import edits, store

NAME, KEY, TAG_VALUE = 250, 250, 8000
_TRIAL = "Default-Run-Group-"  # as the SageMaker SDK calls it
_LONGEST = 120
_ADJECTIVES = ("amber", "bold", "calm", "clever", "eager", "fair", "gentle", "kind", "lucid", "merry", "nimble", "quiet",
               "rare", "sharp", "sunny", "swift", "tidy", "vivid", "warm", "wise")  # fmt: skip
_NOUNS = ("auk", "bee", "cod", "crane", "deer", "dove", "eel", "elk", "finch", "fox", "gnu", "hare", "ibex", "jay", "kite",
          "lark", "lynx", "mole", "newt", "otter", "owl", "perch", "quail", "rook", "seal", "stork", "swan", "tern",
          "vole", "wren")  # fmt: skip


def create(asked: Asked) -> dict:
    """https://mlflow.org/docs/latest/api_reference/rest-api.html#create-run"""
    experiment = found.experiment_of(asked, asked.text("experiment_id", found.DEFAULT_ID), "update")
    if found.is_deleted(experiment):
        raise found.in_bin("experiment", str(experiment.id))
    given = experiments.read_tags(asked.items("tags"), KEY, TAG_VALUE)
    run_id = uuid.uuid4().hex
    name = asked.text("run_name", "", limit=NAME, what="Run name")
    if name and given.get(tags.RUN_NAME, name) != name:
        raise invalid(
            f"Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='{name}', "
            f"mlflow.runName='{given[tags.RUN_NAME]}')."
        )
    name = name or given.get(tags.RUN_NAME) or _invented(run_id)
    if user := asked.text("user_id", ""):
        given.setdefault(tags.USER, user)
    found.require(asked, "create", TRIAL_COMPONENT.noun, run_id, given)
    record = make(asked, experiment, run_id, name, given, started=asked.whole("start_time"))
    told(asked, "CreateTrialComponent", record, after={"DisplayName": name}, detail={"experiment": experiment.name})
    return {"run": wire.runs([record])[0]}


def make(
    asked: Asked, experiment: Record, run_id: str, name: str, given: dict[str, str], *, started: int | None
) -> Record:
    """A new run in an experiment; ``started`` is in milliseconds."""
    document = {
        "DisplayName": name, "Status": {"PrimaryStatus": "InProgress", "Message": "Logged by an MLflow client."},
        "StartTime": asked.context.now if started is None else started / 1000, "Parameters": {},
        **edits.stamped(asked.context, {}, is_lineage=True),
    }  # fmt: skip
    record = store.create(asked.context, TRIAL_COMPONENT, run_id, document)
    join(record, trial_of(asked, experiment))
    others = {key: value for key, value in given.items() if key not in (tags.RUN_NAME, tags.NOTE)}
    tags.write(record, others)
    if tags.NOTE in given:
        tags.write_note(record, given[tags.NOTE])
    return record


def trial_of(asked: Asked, experiment: Record) -> Record:
    """The trial of runs that name none."""
    title = _TRIAL + experiment.name[: _LONGEST - len(_TRIAL) - 2]
    there = store.find(asked.context, TRIAL, title)
    if there and there.parent == experiment.name:
        return there
    if there:
        title = f"{title[: _LONGEST - 12]}-{experiment.id}"
        there = store.find(asked.context, TRIAL, title)
    return there or make_trial(asked.context, title, {"ExperimentName": experiment.name})


def _invented(run_id: str) -> str:
    """A name for a run that nobody named, as MLflow gives one: "swift-heron-417"."""
    number = int(run_id[:12], 16)
    rest, noun = divmod(number, len(_NOUNS))
    return f"{_ADJECTIVES[rest % len(_ADJECTIVES)]}-{_NOUNS[noun]}-{rest % 997}"


def get(asked: Asked) -> dict:
    return {"run": wire.runs([found.run_of(asked, asked.run_id())])[0]}


def update(asked: Asked) -> dict:
    """Status, end time and name."""
    record = found.run_of(asked, asked.run_id(), "update", is_active=True)
    status = asked.given.get("status")
    word = wire.status_named(status)
    if status is not None and not word:
        raise invalid(f"Invalid value {status!r} for parameter 'status' supplied: it must be one of "
                      f"{', '.join(wire.STATUS)}.")  # fmt: skip
    ended, name = asked.whole("end_time"), asked.text("run_name", "", limit=NAME, what="Run name")

    def edit(document: dict) -> None:
        if word:
            document["Status"] = {"PrimaryStatus": wire.STATUS[word], "Message": "Logged by an MLflow client."}
            if word in ("RUNNING", "SCHEDULED"):
                document.pop("EndTime", None)
        if ended is not None:
            document["EndTime"] = ended / 1000
        elif word in ("FINISHED", "FAILED", "KILLED"):
            document.setdefault("EndTime", time.time())
        if name:
            document["DisplayName"] = name

    before = {"Status": record.document.get("Status"), "DisplayName": record.document.get("DisplayName")}
    record = store.change(record.id, edit, TRIAL_COMPONENT)
    after = {"Status": record.document.get("Status"), "DisplayName": record.document.get("DisplayName")}
    told(asked, "UpdateTrialComponent", record, before=before, after=after)
    tagged = tags.read([record])[record.id]
    return {"run_info": wire.run_info(record, found.experiment_ids([record]).get(record.id, 0), tagged)}


def delete(asked: Asked) -> dict:
    """Put it into the bin."""
    record = found.run_of(asked, asked.run_id(), "delete")
    if found.is_deleted(record):
        return {}
    store.discard(record)
    asked.caller.writable.pop(asked.run_id(), None)
    told(asked, "DeleteTrialComponent", record)
    return {}


def restore(asked: Asked) -> dict:
    record = found.run_of(asked, asked.run_id(), "delete")
    if not found.is_deleted(record):
        return {}
    if _is_in_deleted_experiment(record):
        raise missing(f"The experiment of run {asked.run_id()} is deleted: restore that first.")
    try:
        bin.restore(record)
    except bin.CannotRestore as error:
        raise MlflowError("RESOURCE_ALREADY_EXISTS", str(error)) from None
    return {}


def _is_in_deleted_experiment(record: Record) -> bool:
    number = found.experiment_ids([record]).get(record.id, 0)
    experiment = Record.objects.filter(id=number).first()
    return experiment is not None and found.is_deleted(experiment)
