"""Writing many entities and associations at once: one statement to look, at most three to write, whatever their number."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps

from django.db import IntegrityError, transaction
from django.db.models import Q

from areas.lineage.engine.nodes import node_of
from areas.lineage.entities import RESOURCES, artifact_id
from areas.lineage.models import ACTION, ARTIFACT, CONTEXT, TRIAL_COMPONENT, Edge, Node
from catalog import runs
from catalog.models import Record
from engine.changes import Change, Listener
from engine.edits import lineage_group_arn

log = logging.getLogger(__name__)

CONTRIBUTED, PRODUCED, ASSOCIATED, DERIVED = "ContributedTo", "Produced", "AssociatedWith", "DerivedFrom"
DATASET, MODEL, IMAGE, CHECKPOINT = "DataSet", "Model", "Image", "Checkpoint"
_TRIES = 3


@dataclass(frozen=True)
class Thing:
    """An entity as it will be if it isn't there yet. ``name`` tells it apart from others of its kind."""

    kind: str
    name: str
    document: dict = field(hash=False, compare=False)

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.name


@dataclass(frozen=True)
class Arrow:
    source: Thing
    destination: Thing
    type: str


def artifact(uri: str, type: str, **more) -> Thing:
    source = {"SourceUri": uri}
    return Thing(ARTIFACT, artifact_id(source), {"ArtifactName": "", "Source": source, "ArtifactType": type, **more})


def action(name: str, type: str, arn: str, *, status: str, **more) -> Thing:
    source = {"SourceUri": arn, "SourceType": "ARN"}
    return Thing(ACTION, name, {"Source": source, "ActionType": type, "Status": status, **more})


def context(name: str, type: str, arn: str, **more) -> Thing:
    return Thing(CONTEXT, name, {"Source": {"SourceUri": arn, "SourceType": "ARN"}, "ContextType": type, **more})


def trial_component(name: str, source_type: str, arn: str, **more) -> Thing:
    source = {"SourceArn": arn, "SourceType": source_type}
    return Thing(TRIAL_COMPONENT, name, {"DisplayName": name, "Source": source, **more})


def harmless(listener: Listener) -> Listener:
    """What goes wrong while lineage is recorded undoes the recording and is logged: it never undoes the change itself."""

    @wraps(listener)
    def guarded(change: Change) -> None:
        try:
            with transaction.atomic():
                listener(change)
        except Exception:
            log.exception("The lineage of %s %s was not recorded", change.record.kind, change.record.name)

    return guarded


def write(record: Record, now: datetime, arrows: Iterable[Arrow], things: Iterable[Thing] = ()) -> dict[tuple, int]:
    """Make sure of the entities and associations that belong to a record; (kind, name) → id of each entity.

    Two writers that make the same entity at once: the second waits, finds it, and goes on with it.
    """
    arrows = list(arrows)
    needed = {thing.key: thing for thing in things}
    for arrow in arrows:
        needed |= {arrow.source.key: arrow.source, arrow.destination.key: arrow.destination}
    for attempt in range(_TRIES):
        found = _find(record.connection_id, needed)
        # In one order, so that no two writers wait for each other.
        new = [needed[key] for key in sorted(needed.keys() - found.keys())]
        try:
            with transaction.atomic():
                found |= _insert(record, now, new)
        except IntegrityError:
            if attempt + 1 == _TRIES:
                raise
        else:
            break
    edges = [
        Edge(source_id=found[arrow.source.key], destination_id=found[arrow.destination.key], type=arrow.type,
             created=now, created_by=record.owner)
        for arrow in arrows
    ]  # fmt: skip
    if edges:
        Edge.objects.bulk_create(edges, ignore_conflicts=True)
    return found


def _find(connection_id: int, needed: dict[tuple, Thing]) -> dict[tuple, int]:
    if not needed:
        return {}
    of_kind: dict[str, list[str]] = {}
    for kind, name in needed:
        of_kind.setdefault(kind, []).append(name)
    wanted = Q(pk__in=[])
    for kind, names in of_kind.items():
        wanted |= Q(connection_id=connection_id, kind=kind, name__in=names)
    return {
        (kind, name): number for number, kind, name in Record.objects.filter(wanted).values_list("id", "kind", "name")
    }


def _insert(record: Record, now: datetime, things: list[Thing]) -> dict[tuple, int]:
    if not things:
        return {}
    _, _, _, region, account, _ = record.arn.split(":", 5)
    records = Record.objects.bulk_create([_record(record, now, thing, account, region) for thing in things])
    Node.objects.bulk_create([node_of(one) for one in records])
    runs.index(records)
    return {(one.kind, one.name): one.id for one in records}


def _record(record: Record, now: datetime, thing: Thing, account: str, region: str) -> Record:
    resource, seconds = RESOURCES[thing.kind], now.timestamp()
    arn = resource.arn(account, region, thing.name)
    document = {
        resource.name_field: thing.name, resource.arn_field: arn, "CreationTime": seconds, "LastModifiedTime": seconds,
        "LineageGroupArn": lineage_group_arn(account, region), **_made_by(record.owner), **thing.document,
    }  # fmt: skip
    return Record(
        connection_id=record.connection_id, kind=thing.kind, name=thing.name, arn=arn, owner=record.owner, created=now,
        modified=now, document=document, status=document.get(resource.status_field, "") if resource.status_field else "",
    )  # fmt: skip


def _made_by(owner: str) -> dict:
    if not owner:
        return {}
    return {"CreatedBy": {"IamIdentity": {"Arn": owner}} if owner.startswith("arn:") else {"UserProfileName": owner}}


def rewrite(record_id: int, edit: Callable[[dict], None], now: datetime) -> None:
    """Change the document of an entity that is there. Two statements."""
    record = Record.objects.select_for_update().filter(id=record_id).first()
    if record is None:
        return
    edit(record.document)
    record.document["LastModifiedTime"] = now.timestamp()
    record.modified = now
    if status_field := RESOURCES[record.kind].status_field:
        record.status = record.document.get(status_field, record.status)
    record.save(update_fields=["document", "status", "modified"])
    runs.index([record])
