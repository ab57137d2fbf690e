"""Keyset paging: a page costs the same wherever it lies, and rows that come or go meanwhile shift none."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet
from django.db.models.fields import Field

from engine.verbs import sql
from engine.verbs.sql import Phrase


@dataclass(frozen=True)
class Order:
    """Sort keys as SQL that is never NULL; the last must tell any two rows apart."""

    keys: tuple[Phrase, ...]
    descending: bool


def columns(*names: str) -> tuple[Phrase, ...]:
    """Columns of the record as sort keys."""
    return tuple((f'"catalog_record"."{name}"', ()) for name in names)


def page(rows: QuerySet, order: Order, select: tuple, size: int, after: list | None) -> tuple[list[tuple], list | None]:
    """(``select`` of at most ``size`` rows after the position ``after``, the position of the last if there are more).

    ``select`` are arguments of ``values_list``; each row has the record's id before them.
    """
    if after is not None:
        rows = rows.filter(_beyond(order, after))
    ordered = [sql.value(key, Field()) for key in order.keys]
    rows = rows.order_by(*[key.desc() if order.descending else key.asc() for key in ordered])
    found = list(rows.values_list("id", *select)[: size + 1])
    if len(found) <= size:
        return found, None
    found.pop()
    position = rows.model.objects.filter(id=found[-1][0]).values_list(*ordered)[0]
    return found, [_as_stored(value) for value in position]


def _as_stored(value):
    """Times as the database has them: compared with a column beneath the ORM, their text must be of its form."""
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _beyond(order: Order, after: list):
    keys = ", ".join(text for text, _ in order.keys)
    holes = ", ".join(["%s"] * len(order.keys))
    params = [param for _, params in order.keys for param in params]
    return sql.condition((f"({keys}) {'<' if order.descending else '>'} ({holes})", (*params, *after)))
