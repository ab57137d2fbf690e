"""Versions of AWS accounts that a sync finds: their requests are opened and settled, and what went around the desk is flagged."""

from catalog.models import Record
from registry import outside


def changed(record: Record, before: dict | None) -> None:
    outside.seen(record, before)
