"""The entries of a filter as CSV or JSON lines, streamed."""

import csv
from collections.abc import Iterable, Iterator

import orjson

from areas.audit.story import sentence
from catalog.models import AuditEntry

COLUMNS = ("number", "at", "user", "via", "source", "connection", "action", "target", "outcome", "before", "after",
           "detail", "hash")  # fmt: skip


def csv_lines(entries: Iterable[AuditEntry]) -> Iterator[str]:
    """A line an entry, with its sentence last. No cell begins as a formula does: a spreadsheet would run it."""
    writer = csv.writer(_Echo())
    yield writer.writerow([*COLUMNS, "sentence"])
    for entry in entries:
        yield writer.writerow([_cell(value) for value in (*as_dict(entry).values(), sentence(entry))])


def json_lines(entries: Iterable[AuditEntry]) -> Iterator[bytes]:
    """An object an entry, its texts exactly as they were hashed (``catalog.audit.digest``)."""
    for entry in entries:
        yield orjson.dumps(as_dict(entry), option=orjson.OPT_APPEND_NEWLINE)


def as_dict(entry: AuditEntry) -> dict:
    found = {column: getattr(entry, column) for column in COLUMNS}
    return found | {"at": entry.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def _cell(value) -> str:
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
