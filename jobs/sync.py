"""Write what an AWS connection says into the catalog: List pages of what changed, and a Describe of only that."""

import time
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from areas import calls
from areas.spec import Resource
from catalog.models import Connection, Record
from jobs.models import Mark

RATE, BURST = 4.0, 40.0  # calls a second and at once, per connection: well below AWS's own limits
OVERLAP = timedelta(seconds=30)  # lists are eventually consistent, and clocks differ
LOOK_BACK = timedelta(days=90)  # of a connection seen for the first time


def sync(connection: Connection, resource: Resource) -> int:
    """Bring the catalog's records of one noun up to date; returns how many changed. Stops early when the connection's
    token bucket is empty: the rest comes at the next tick. Raises CallFailed."""
    mark, _ = Mark.objects.get_or_create(connection=connection, kind=resource.noun)
    started, since = timezone.now(), (mark.until or timezone.now() - LOOK_BACK) - OVERLAP
    dated = calls.accepts(connection, f"List{resource.plural}", "LastModifiedTimeAfter")
    request, changed = ({"LastModifiedTimeAfter": since} if dated else {}), 0
    while True:
        if not _take(connection):
            return changed
        page = calls.call(connection, f"List{resource.plural}", MaxResults=100, **request)
        summaries = next(value for value in page.values() if isinstance(value, list))
        for name in _changed(connection, resource, summaries):
            if not _take(connection):
                return changed
            _write(connection, resource, name)
            changed += 1
        if "NextToken" not in page:
            break
        request["NextToken"] = page["NextToken"]
    Mark.objects.filter(id=mark.id).update(until=started)
    return changed


def _changed(connection: Connection, resource: Resource, summaries: list[dict]) -> list[str]:
    """The names in a List page whose status or time of change is not what the catalog has."""
    names = [summary[resource.name_field] for summary in summaries]
    known = {
        name: (modified, status)
        for name, modified, status in Record.objects.filter(
            connection=connection, kind=resource.noun, name__in=names
        ).values_list("name", "modified", "status")
    }
    return [
        name
        for name, summary in zip(names, summaries, strict=True)
        if known.get(name) != (_modified(resource, summary), summary.get(resource.status_field, ""))
    ]


def _modified(resource: Resource, document: dict) -> datetime:
    return document.get(resource.modified_field) or document[resource.created_field]


def _write(connection: Connection, resource: Resource, name: str) -> None:
    try:
        document = calls.call(connection, f"Describe{resource.noun}", **{resource.name_field: name})
    except calls.CallFailed as error:
        if error.code in ("ValidationException", "ResourceNotFound"):
            return  # deleted since it was listed
        raise
    with transaction.atomic():
        Record.objects.update_or_create(
            connection=connection, kind=resource.noun, name=name,
            defaults={
                "arn": document[resource.arn_field],
                "status": document.get(resource.status_field, ""),
                "created": document[resource.created_field],
                "modified": _modified(resource, document),
                "document": wire_form(document),
            },
        )  # fmt: skip


def wire_form(value):
    """boto3's answer as the catalog keeps it: datetimes become epoch seconds."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).timestamp()
    if isinstance(value, dict):
        return {key: wire_form(item) for key, item in value.items()}
    if isinstance(value, list):
        return [wire_form(item) for item in value]
    return value


def _take(connection: Connection) -> bool:
    """Take a token from the connection's bucket, which all workers share; False when it is empty."""
    with transaction.atomic():
        Mark.objects.get_or_create(
            connection=connection, kind="", defaults={"tokens": BURST, "refilled": timezone.now()}
        )
        bucket = Mark.objects.select_for_update().get(connection=connection, kind="")
        now = time.time()
        tokens = min(BURST, bucket.tokens + RATE * max(0.0, now - bucket.refilled.timestamp()))
        bucket.tokens, bucket.refilled = tokens - (1 if tokens >= 1 else 0), datetime.fromtimestamp(now, UTC)
        bucket.save(update_fields=["tokens", "refilled"])
    return tokens >= 1
