"""Tables as files, streamed: CSV that no spreadsheet runs, and Parquet with typed columns."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

BATCH = 2000  # rows of a row group


@dataclass(frozen=True)
class Heading:
    """A column of a file. ``kind`` is text, number, or time (a datetime; UTC, microseconds)."""

    name: str
    kind: str = "text"


class Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(headings: Sequence[Heading], rows: Iterable[Sequence]) -> Iterator[str]:
    """A line of names, then one a row. Numbers are written so that they are read back exactly, times as ISO 8601."""
    writer = csv.writer(Echo())
    yield writer.writerow([safe_cell(heading.name) for heading in headings])
    for row in rows:
        yield writer.writerow([_written(value) for value in row])


def parquet_chunks(headings: Sequence[Heading], rows: Iterable[Sequence]) -> Iterator[bytes]:
    """A Parquet file in pieces, ``BATCH`` rows a group. A value that isn't of its column's kind is left out; names that repeat are
    numbered, for readers refuse them otherwise."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"text": pa.string(), "number": pa.float64(), "time": pa.timestamp("us", tz="UTC")}
    schema = pa.schema(
        [(name, types[one.kind]) for name, one in zip(_distinct(headings), headings, strict=True)]
    )  # fmt: skip
    pieces = _Pieces()
    with pq.ParquetWriter(pa.PythonFile(pieces, mode="w"), schema, compression="zstd") as writer:
        for batch in _batches(rows):
            columns = [
                pa.array([_typed(row[at], one.kind) for row in batch], type=types[one.kind])
                for at, one in enumerate(headings)
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            yield pieces.taken()
    yield pieces.taken()


FORMATS = {"csv": ("text/csv; charset=utf-8", csv_lines), "parquet": ("application/vnd.apache.parquet", parquet_chunks)}


class _Pieces:
    """What the Parquet writer writes to: a file that is only ever added to."""

    def __init__(self):
        self.parts, self.at, self.closed = [], 0, False

    def write(self, data) -> int:
        data = bytes(data)
        self.parts.append(data)
        self.at += len(data)
        return len(data)

    def tell(self) -> int:
        return self.at

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    def taken(self) -> bytes:
        found, self.parts = b"".join(self.parts), []
        return found


def safe_cell(text: str) -> str:
    """Text that no spreadsheet runs as a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _written(value) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return safe_cell(_text(value))


def _text(value) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _typed(value, kind: str):
    if value is None or value == "":
        return None
    if kind == "number":
        try:
            return float(value)
        except (TypeError, ValueError):
            return None
    if kind == "time":
        return value if isinstance(value, datetime) else None
    return _written(value) if isinstance(value, float | datetime) else _text(value)


def _distinct(headings: Sequence[Heading]) -> list[str]:
    seen: dict[str, int] = {}
    names = []
    for heading in headings:
        seen[heading.name] = seen.get(heading.name, 0) + 1
        names.append(heading.name if seen[heading.name] == 1 else f"{heading.name} {seen[heading.name]}")
    return names


def _batches(rows: Iterable[Sequence]) -> Iterator[list[Sequence]]:
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
