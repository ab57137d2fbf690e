"""Write what an AWS connection says into the catalog: List pages of what changed, and a Describe of only that."""

import time
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from areas import calls
from areas.index import modules
from areas.spec import Resource
from catalog.models import Connection, Record
from jobs.models import Mark

RATE, BURST = 4.0, 40.0  # calls a second and at once, per connection: well below AWS's own limits
OVERLAP = timedelta(seconds=30)  # lists are eventually consistent, and clocks differ
LOOK_BACK = timedelta(days=90)  # of a connection seen for the first time


def sync(connection: Connection, resource: Resource) -> int:
    """Bring the catalog's records of one noun up to date; returns how many changed. Stops early when the connection's
    token bucket is empty: the rest comes at the next tick. Raises CallFailed.

    Where the List operation can't be asked for what changed since, it is asked for everything: then what it doesn't list any
    more is removed. The areas' ``synced`` modules hear of every change but those of the first time.
    """
    mark, _ = Mark.objects.get_or_create(connection=connection, kind=resource.noun)
    started, since = timezone.now(), (mark.until or timezone.now() - LOOK_BACK) - OVERLAP
    dated = calls.accepts(connection, f"List{resource.plural}", "LastModifiedTimeAfter")
    request, changed = {**({"LastModifiedTimeAfter": since} if dated else {}), **resource.listing}, 0
    rows = Record.objects.filter(connection=connection, kind=resource.noun)
    gone = set() if dated else set(rows.values_list("name", flat=True))
    while True:
        if not take(connection):
            return changed
        page = calls.call(connection, f"List{resource.plural}", MaxResults=100, **request)
        summaries = next(value for value in page.values() if isinstance(value, list))
        gone.difference_update(_name(resource, summary) for summary in summaries)
        for summary in _changed(rows, resource, summaries):
            if not take(connection):
                return changed
            name = _name(resource, summary)
            asked = summary[resource.arn_field] if resource.parent_field else name
            _write(connection, resource, name, asked, is_known=mark.until is not None)
            changed += 1
        if "NextToken" not in page:
            break
        request["NextToken"] = page["NextToken"]
    if gone:
        changed += rows.filter(name__in=gone).count()
        rows.filter(name__in=gone).delete()
    Mark.objects.filter(id=mark.id).update(until=started)
    return changed


def _changed(rows: QuerySet[Record], resource: Resource, summaries: list[dict]) -> list[dict]:
    """The summaries of a List page that say something else than the catalog.

    Those without a time of change are compared member by member; what they don't show may differ unnoticed.
    """
    known = {record.name: record for record in rows.filter(name__in=[_name(resource, one) for one in summaries])}
    return [one for one in summaries if not _is_same(resource, one, known.get(_name(resource, one)))]


def _is_same(resource: Resource, summary: dict, record: Record | None) -> bool:
    if record is None:
        return False
    if resource.modified_field in summary:
        return (record.modified, record.status) == (
            _modified(resource, summary), summary.get(resource.status_field, ""),
        )  # fmt: skip
    return all(record.document.get(name) == value for name, value in wire_form(summary).items())


def _name(resource: Resource, summary: dict) -> str:
    """What the record is called: as the summary says, or as its ARN ends where it is numbered within another thing."""
    return resource.name_of(summary[resource.arn_field]) if resource.parent_field else summary[resource.name_field]


def _modified(resource: Resource, document: dict) -> datetime:
    return document.get(resource.modified_field) or document[resource.created_field]


def read_one(connection: Connection, resource: Resource, name: str, arn: str = "") -> None:
    """After a change of ours: bring one record up to date (the embedded engine has done so itself). ``arn`` is needed for
    what is numbered within another thing. Raises CallFailed."""
    if not connection.is_embedded:
        _write(connection, resource, name, arn if resource.parent_field else name, is_known=True)


def _write(connection: Connection, resource: Resource, name: str, asked: str, *, is_known: bool) -> None:
    try:
        document = calls.call(connection, f"Describe{resource.noun}", **{resource.name_field: asked})
    except calls.CallFailed as error:
        if error.code in ("ValidationException", "ResourceNotFound"):
            return  # deleted since it was listed
        raise
    by = document.get("CreatedBy", {})
    with transaction.atomic():
        before = Record.objects.filter(connection=connection, kind=resource.noun, name=name).first()
        record, _ = Record.objects.update_or_create(
            connection=connection, kind=resource.noun, name=name,
            defaults={
                "arn": document[resource.arn_field],
                "parent": document.get(resource.parent_field, ""),
                "status": document.get(resource.status_field, ""),
                "created": document[resource.created_field],
                "modified": _modified(resource, document),
                "owner": (by.get("UserProfileName") or by.get("IamIdentity", {}).get("Arn", ""))[:256],
                "document": wire_form(document),
            },
        )  # fmt: skip
        for module in modules("synced") if is_known else ():
            module.changed(record, before.document if before else None)


def wire_form(value):
    """boto3's answer as the catalog keeps it: datetimes become epoch seconds."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).timestamp()
    if isinstance(value, dict):
        return {key: wire_form(item) for key, item in value.items()}
    if isinstance(value, list):
        return [wire_form(item) for item in value]
    return value


def take(connection: Connection) -> bool:
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
