"""MLflow's experiments: create, get, rename, delete, restore, and their tags. ``searching`` finds them."""

import re

from django.db import transaction
from django.db.models import Q

from areas.experiments.mlflow import found, tags, wire
from areas.experiments.mlflow.asked import Asked, too_long
from areas.experiments.mlflow.changes import told
from areas.experiments.mlflow.errors import MlflowError, invalid, missing
from areas.experiments.resource import EXPERIMENT
from catalog import bin
from catalog.bin import PREFIX
from catalog.models import Record
from engine import edits, store

NAME = 500  # characters of a name
TAG_KEY, TAG_VALUE = 250, 20_000
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")
_LONGEST = 120  # of a name in AWS


def create(asked: Asked) -> dict:
    """https://mlflow.org/docs/latest/api_reference/rest-api.html#create-experiment"""
    name = asked.text("name", limit=NAME)
    place = asked.text("artifact_location", "")
    if place:
        raise invalid(
            f"Atelier keeps artifacts in its own S3; create the experiment without artifact_location {place!r}."
        )
    given = read_tags(asked.items("tags"))
    return {"experiment_id": str(make(asked, name, given).id)}


def make(asked: Asked, name: str, given: dict[str, str] | None = None) -> Record:
    """A new experiment of that name. RESOURCE_ALREADY_EXISTS where there is one, in the bin too; PERMISSION_DENIED."""
    given = dict(given or {})
    if there := by_name(asked, name):
        where = " It is deleted: restore it, or give this one another name." if found.is_deleted(there) else ""
        raise MlflowError("RESOURCE_ALREADY_EXISTS", f"Experiment '{name}' already exists.{where}")
    title = free_name(asked, name)
    found.require(asked, "create", EXPERIMENT.noun, title, given)
    document = {"DisplayName": name, **edits.stamped(asked.context, {})}
    if note := given.pop(tags.NOTE, ""):
        document["Description"] = note
    with transaction.atomic():
        record = store.create(asked.context, EXPERIMENT, title, document)
        tags.write(record, given)
        told(asked, "CreateExperiment", record, after={"DisplayName": name})
    return record


def free_name(asked: Asked, name: str) -> str:
    """A name that AWS would take: of "team/Churn (new)" it is team-Churn-new, with a number where that is taken."""
    plain = _NOT_IN_NAMES.sub("-", name).strip("-")[:_LONGEST].strip("-") or "experiment"
    begin = plain[: _LONGEST - 8].strip("-")
    rows = Record.objects.filter(connection_id=asked.connection.id, kind=EXPERIMENT.noun)
    taken = set(rows.filter(name__startswith=begin).values_list("name", flat=True))
    if plain not in taken:
        return plain
    return next(candidate for number in range(2, len(taken) + 3) if (candidate := f"{begin}-{number}") not in taken)


def by_name(asked: Asked, name: str) -> Record | None:
    """The experiment that people call so: by its display name first, then by its name; one in the bin last."""
    kinds = (EXPERIMENT.noun, PREFIX + EXPERIMENT.noun)
    rows = Record.objects.filter(connection_id=asked.connection.id, kind__in=kinds)
    rows = rows.filter(Q(document__DisplayName=name) | Q(name=name))

    def rank(one: Record) -> tuple:
        return found.is_deleted(one), one.name != name, wire.experiment_name(one) != name, one.id

    return min(rows, key=rank, default=None)


def default(asked: Asked) -> Record:
    """The experiment of runs that name none, made when it is first needed."""
    there = by_name(asked, found.DEFAULT_NAME)
    return there if there and not found.is_deleted(there) else make(asked, found.DEFAULT_NAME)


def get(asked: Asked) -> dict:
    record = found.experiment_of(asked, asked.text("experiment_id"))
    return {"experiment": wire.experiments([record])[0]}


def get_by_name(asked: Asked) -> dict:
    name = asked.text("experiment_name")
    record = by_name(asked, name)
    if record is None or not found.may(asked, "view", record):
        raise missing(f"Could not find experiment with name '{name}'")
    return {"experiment": wire.experiments([record])[0]}


def update(asked: Asked) -> dict:
    """Rename it. Its name in AWS stays, so that what refers to it goes on."""
    record = active(asked, "update")
    name = asked.text("new_name", limit=NAME)
    there = by_name(asked, name)
    if there and there.id != record.id:
        raise MlflowError("RESOURCE_ALREADY_EXISTS", f"Experiment '{name}' already exists.")
    before = wire.experiment_name(record)
    store.change(record.id, lambda document: document.update(DisplayName=name), EXPERIMENT)
    told(asked, "UpdateExperiment", record, before={"DisplayName": before}, after={"DisplayName": name})
    return {}


def active(asked: Asked, verb: str) -> Record:
    """The experiment that is asked for; INVALID_PARAMETER_VALUE where it is in the bin."""
    record = found.experiment_of(asked, asked.text("experiment_id"), verb)
    if found.is_deleted(record):
        raise found.in_bin("experiment", str(record.id))
    return record


def delete(asked: Asked) -> dict:
    """Put it into the bin with its runs."""
    record = found.experiment_of(asked, asked.text("experiment_id"), "delete")
    if found.is_deleted(record):
        raise missing(f"No Experiment with id={record.id} exists that is not deleted already")
    if noun := bin.kept_from(record, asked.access):
        raise found.denied(asked, "delete", noun, f"in {record.name}")
    trials, runs = bin.put_experiment(record)
    asked.caller.writable.clear()
    told(asked, "DeleteExperiment", record, detail={"trials": trials, "runs": runs})
    return {}


def restore(asked: Asked) -> dict:
    record = found.experiment_of(asked, asked.text("experiment_id"), "delete")
    if not found.is_deleted(record):
        raise missing(f"Experiment with id={record.id} is not deleted")
    try:
        bin.restore(record)
    except bin.CannotRestore as error:
        raise MlflowError("RESOURCE_ALREADY_EXISTS", str(error)) from None
    return {}


def set_tag(asked: Asked) -> dict:
    record = active(asked, "update")
    given = read_tags([asked.given])
    if tags.NOTE in given:
        note = given.pop(tags.NOTE)
        store.change(record.id, lambda document: document.update(Description=note), EXPERIMENT)
    tags.write(record, given)
    told(asked, "AddTags", record, after=given or {"Description": note})
    return {}


def delete_tag(asked: Asked) -> dict:
    record = active(asked, "update")
    key = asked.text("key")
    if key == tags.NOTE:
        store.change(record.id, lambda document: document.pop("Description", None), EXPERIMENT)
    elif not tags.remove(record, key):
        raise missing(f"No tag with key: {key} in experiment with id {record.id}")
    told(asked, "DeleteTags", record, detail={"key": key})
    return {}


def read_tags(given: list[dict], key_limit: int = TAG_KEY, value_limit: int = TAG_VALUE) -> dict[str, str]:
    """Tags as clients send them; INVALID_PARAMETER_VALUE for what is none."""
    answer = {}
    for one in given:
        key, value = one.get("key"), one.get("value", "")
        if not isinstance(key, str) or not key or "\0" in key:
            raise invalid("Missing value for required parameter 'key' of a tag.")
        value = "" if value is None else value if isinstance(value, str) else str(value)
        if len(key) > key_limit:
            raise too_long("Tag key", key_limit, key)
        if len(value) > value_limit:
            raise too_long(f"Tag {key}'s value", value_limit, value)
        answer[key] = value.replace("\0", "")
    return answer
