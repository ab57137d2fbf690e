"""Pages of a list that go on from a row, not from a number: as fast on the thousandth page as on the first."""

from datetime import datetime

from django.core import signing
from django.db.models import F, Q, QuerySet

SALT = "cursor"


class BadCursor(ValueError):
    """A cursor that isn't of this list and sort order."""


def read_page(
    rows: QuerySet, *, sort: str, limit: int, cursor: str = "", nullable: bool = False
) -> tuple[list, str | None]:
    """(at most ``limit`` rows, cursor of the next page or None). ``rows`` are models, or values with ``id`` and the
    field; ``sort`` is the field, with a minus for descending; rows without a value stand last if it is ``nullable``.

    Raises BadCursor.
    """
    descending, field = sort.startswith("-"), sort.lstrip("-")
    if cursor:
        rows = rows.filter(_beyond(field, descending, *_read(cursor, sort), nullable))
    if nullable:
        first = F(field).desc(nulls_last=True) if descending else F(field).asc(nulls_last=True)
    else:
        first = sort
    found = list(rows.order_by(first, "-id" if descending else "id")[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    return found, _write(found[-1], sort, field) if more else None


def _beyond(field: str, descending: bool, value, last: int, nullable: bool) -> Q:
    beyond = "lt" if descending else "gt"
    if value is None:
        return Q(**{f"{field}__isnull": True, f"id__{beyond}": last})
    found = Q(**{f"{field}__{beyond}": value}) | Q(**{field: value, f"id__{beyond}": last})
    return found | Q(**{f"{field}__isnull": True}) if nullable else found


def _write(row, sort: str, field: str) -> str:
    value, last = (row[field], row["id"]) if isinstance(row, dict) else (getattr(row, field), row.pk)
    shown = value.isoformat() if isinstance(value, datetime) else value
    return signing.Signer(salt=SALT).sign_object([sort, shown, last])  # no time in it: a page that is the same looks so


def _read(cursor: str, sort: str) -> tuple:
    """Signed, so that nothing else than what ``_write`` wrote comes to the database."""
    try:
        used, value, last = signing.Signer(salt=SALT).unsign_object(cursor)
    except signing.BadSignature:
        used = None
    if used != sort:
        raise BadCursor("The cursor is not of this list and sort order; start again without it.")
    return value, last
