"""Records as the engine writes them: create, find, change, remove. Every write is one transaction and leaves a whole document."""

import time
from collections.abc import Callable, Iterable
from copy import deepcopy
from datetime import UTC, datetime
from functools import lru_cache

from django.conf import settings
from django.db import IntegrityError, transaction

from areas.spec import Resource
from catalog import bin
from catalog.models import Connection, Record, Tag
from engine import changes
from engine.errors import AwsError

MAX_TAGS = 50


def when(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def connection_for(account: str, region: str) -> Connection:
    """The embedded Connection of an account and region, made on first use."""
    return Connection(**_connection_row(account, region))


@lru_cache(maxsize=256)
def _connection_row(account: str, region: str) -> dict:
    connection, _ = Connection.objects.get_or_create(
        backend=Connection.EMBEDDED,
        account=account,
        region=region,
        defaults={
            "name": f"embedded-{account}-{region}",
            "endpoint_url": settings.ENGINE_URL,
            "execution_role_arn": f"arn:aws:iam::{account}:role/AtelierExecutionRole",
        },
    )
    return {field.attname: getattr(connection, field.attname) for field in Connection._meta.fields}


def create(
    context, resource: Resource, name: str, document: dict, *, status: str = "", parent: str = "",
    tags: Iterable[dict] = (),
) -> Record:  # fmt: skip
    """Insert a record; the resource's own duplicate error if the name is taken.

    Adds name (not of what is numbered within its parent), ARN, times and status to the document. Call it inside the
    transaction that also inserts what belongs to it.
    """
    arn = resource.arn(context.account, context.region, name)
    named = {} if resource.parent_field in document else {resource.name_field: name}
    document = {**named, resource.arn_field: arn, **document}
    document.setdefault(resource.created_field, context.now)
    if resource.modified_field:
        document.setdefault(resource.modified_field, context.now)
    if resource.status_field:
        document[resource.status_field] = status
    try:
        with transaction.atomic():
            record = Record.objects.create(
                connection_id=context.connection.id, kind=resource.noun, name=name, arn=arn, parent=parent,
                status=status, created=when(context.now), modified=when(context.now), owner=context.owner,
                document=document,
            )  # fmt: skip
            if tags := list(tags):
                put_tags(record.id, tags)
    except IntegrityError:
        raise duplicate(resource, name, arn) from None
    changes.tell(record, None)
    return record


def remove(record: Record) -> None:
    """Delete a record with its tags and metrics. Every deletion goes this way, so that who listens to changes hears of it."""
    with transaction.atomic():
        number = record.id
        record.delete()
        record.id = number
        changes.tell(record, record.document, is_removal=True)


def discard(record: Record) -> None:
    """Put an experiment, trial or trial component into the bin (``catalog.bin``), where it waits for 30 days."""
    with transaction.atomic():
        bin.put(Record.objects.get(id=record.id))
        changes.tell(record, record.document, is_removal=True)


def put_tags(record_id: int, tags: Iterable[dict]) -> None:
    """Add tags to a record, or change their values. ValidationException for reserved or doubled keys, and beyond 50."""
    tags = list(tags)
    keys = [tag["Key"] for tag in tags]
    refuse_reserved(keys)
    if len(set(keys)) != len(keys):
        doubled = sorted({key for key in keys if keys.count(key) > 1})
        raise AwsError("ValidationException", f"Duplicate tag keys found. Duplicated keys: {doubled}")
    with transaction.atomic():
        Tag.objects.bulk_create(
            [Tag(record_id=record_id, key=tag["Key"], value=tag["Value"]) for tag in tags],
            update_conflicts=True, unique_fields=["record", "key"], update_fields=["value"],
        )  # fmt: skip
        if Tag.objects.filter(record_id=record_id).count() > MAX_TAGS:
            raise AwsError("ValidationException", f"A resource can have at most {MAX_TAGS} tags.")


def refuse_reserved(keys: Iterable[str]) -> None:
    """ValidationException if a tag key begins with AWS's own prefix."""
    if reserved := sorted(key for key in keys if key.lower().startswith("aws:")):
        raise AwsError("ValidationException", f"Tag keys that begin with aws: are reserved: {', '.join(reserved)}.")


def find(context, resource: Resource, name: str) -> Record | None:
    return Record.objects.filter(connection_id=context.connection.id, kind=resource.noun, name=name).first()


def get(context, resource: Resource, name: str) -> Record:
    """The record, or the resource's own not-found error."""
    record = find(context, resource, name)
    if record is None:
        raise missing(resource, name, resource.arn(context.account, context.region, name))
    return record


def look_up(context, resource: Resource, given: str) -> Record:
    """The record of this name or ARN in the context's account and region, or the resource's own not-found error."""
    if not given.startswith("arn:"):
        return get(context, resource, given)
    record = Record.objects.filter(connection_id=context.connection.id, kind=resource.noun, arn=given).first()
    if record is None:
        raise missing(resource, given.partition("/")[2], given)
    return record


def missing(resource: Resource, name: str, arn: str) -> AwsError:
    code, text = resource.missing
    return AwsError(code, text.format(name=name, arn=arn, noun=resource.noun))


def duplicate(resource: Resource, name: str, arn: str) -> AwsError:
    code, text = resource.duplicate
    return AwsError(code, text.format(name=name, arn=arn, noun=resource.noun))


def change(
    record_id: int, edit: Callable[[dict], None], resource: Resource, *, now: float | None = None
) -> Record | None:
    """Edit a record's document under a row lock and save it with its status and time.

    ``edit`` changes the document in place; raise in it to leave the record as it was. None if the record is gone.
    """
    with transaction.atomic():
        record = Record.objects.select_for_update().filter(id=record_id).first()
        if record is None:
            return None
        before = deepcopy(record.document)
        edit(record.document)
        now = now or time.time()
        if resource.modified_field:
            record.document[resource.modified_field] = now
        if resource.status_field:
            record.status = record.document.get(resource.status_field, record.status)
        record.modified = when(now)
        record.save(update_fields=["document", "status", "modified"])
        changes.tell(record, before)
    return record
