"""The first part of a file, as a page can show it: text, a table of its first rows, an image. Nothing of a file is ever markup."""

import csv
import io
import json
from contextlib import suppress
from dataclasses import dataclass, field

from areas import objects
from areas.calls import CallFailed

ROWS, COLUMNS, CELL = 100, 60, 300
TEXT = 200_000  # characters
LARGEST_GROUP = 256_000_000  # bytes of a Parquet file's first row group
TABLES = ("csv", "tsv", "jsonl", "parquet")


@dataclass
class Preview:
    """``kind`` as ``objects.kind_of`` says; ``columns`` and ``rows`` where it is a table; ``note`` what of it isn't shown."""

    uri: str
    size: int = 0
    kind: str = "binary"
    text: str = ""
    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    note: str = ""
    problem: str = ""

    @property
    def name(self) -> str:
        return self.uri.rpartition("/")[2]

    @property
    def is_image(self) -> bool:
        return self.kind in objects.IMAGES


def preview(connection, uri: str) -> Preview:
    """What can be shown of an object; a refusal of S3's or a broken file is its ``problem``."""
    try:
        head, size = objects.read(connection, uri)
    except CallFailed as failed:
        return Preview(uri, problem=f"{failed.code}: {failed.message}")
    shown = Preview(uri, size, objects.kind_of(uri.rpartition("/")[2], head))
    if shown.kind == "parquet":
        _show_parquet(shown, connection)
        return shown
    if shown.kind == "binary" or (shown.is_image and shown.kind != "svg"):
        return shown
    text, is_whole = objects.text_of(head) or "", size <= len(head)
    if shown.kind in ("csv", "tsv"):
        _show_csv(shown, text, is_whole)
    elif shown.kind == "jsonl":
        _show_lines(shown, text, is_whole)
    elif shown.kind == "json" and is_whole:
        _show_json(shown, text)
    if not shown.rows:
        shown.text = shown.text or text[:TEXT]
        if not is_whole or len(text) > TEXT:
            shown.note = "Only the beginning is shown; download it to see all."
    return shown


def _show_csv(shown: Preview, text: str, is_whole: bool) -> None:
    if not is_whole:
        text = text[: text.rfind("\n") + 1]
    try:
        reader = csv.reader(io.StringIO(text), delimiter="\t" if shown.kind == "tsv" else _delimiter(text))
        lines = [line for _, line in zip(range(ROWS + 2), reader, strict=False)]
    except csv.Error as error:
        shown.problem = f"It can't be read as a table: {error}."
        return
    if lines:
        _fill(shown, lines[0], lines[1:], is_whole)


def _delimiter(text: str) -> str:
    """Of those that people use, the one that is most often in the first line."""
    first = text.partition("\n")[0]
    return max(",;\t|", key=first.count)


def _show_lines(shown: Preview, text: str, is_whole: bool) -> None:
    lines = text.splitlines() if is_whole else text.splitlines()[:-1]
    try:
        found = [json.loads(line) for line in lines[: ROWS + 1] if line.strip()]
    except (ValueError, RecursionError):
        return
    if found and all(isinstance(one, dict) for one in found):
        columns = list(dict.fromkeys(key for one in found for key in one))
        _fill(shown, columns, [[one.get(key) for key in columns] for one in found], is_whole)


def _show_json(shown: Preview, text: str) -> None:
    try:
        document = json.loads(text)
    except ValueError as error:
        shown.problem = f"It is no JSON: {error}."
        return
    except RecursionError:
        return  # its text is shown as it is
    if _is_split(document):
        _fill(shown, document["columns"], document["data"], len(document["data"]) <= ROWS)
    else:
        with suppress(UnicodeEncodeError, RecursionError):  # half a surrogate pair stays as it is written
            written = json.dumps(document, indent=2, ensure_ascii=False)[:TEXT]
            written.encode()
            shown.text = written


def _is_split(document) -> bool:
    """Whether it is a table as pandas' orientation "split" writes them, which MLflow's clients log too."""
    if not isinstance(document, dict) or not document.keys() <= {"columns", "data", "index"}:
        return False
    columns, rows = document.get("columns"), document.get("data")
    return isinstance(columns, list) and isinstance(rows, list) and all(isinstance(row, list) for row in rows)


def _show_parquet(shown: Preview, connection) -> None:
    import pyarrow
    import pyarrow.parquet as pq

    try:
        source = io.BufferedReader(objects.Ranged(connection, shown.uri, shown.size), objects.BLOCK)
        with pq.ParquetFile(source) as file:
            about, columns = file.metadata, file.schema_arrow.names[:COLUMNS]
            if about.num_row_groups and about.row_group(0).total_byte_size > LARGEST_GROUP:
                shown.problem = "Its first row group is too large to be read here; download it."
                return
            batch = next(file.iter_batches(batch_size=ROWS, columns=columns), None)
            rows = [list(row.values()) for row in batch.to_pylist()] if batch else []
            _fill(shown, columns, rows, about.num_rows <= ROWS)
            shown.note = f"{about.num_rows:,} rows and {len(file.schema_arrow.names):,} columns in all."
    except CallFailed as failed:
        shown.problem = f"{failed.code}: {failed.message}"
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        shown.problem = f"It can't be read as Parquet: {(str(error) or type(error).__name__).splitlines()[0]}"


def _fill(shown: Preview, columns: list, rows: list[list], is_whole: bool) -> None:
    shown.columns = [_cell(one) for one in columns[:COLUMNS]]
    shown.rows = [[_cell(one) for one in row[:COLUMNS]] for row in rows[:ROWS]]
    cut = [f"the first {ROWS} rows"] if len(rows) > ROWS or not is_whole else []
    cut += [f"{COLUMNS} of {len(columns):,} columns"] if len(columns) > COLUMNS else []
    shown.note = f"Shown: {' and '.join(cut)}." if cut else ""


def _cell(value) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        text = json.dumps(value, ensure_ascii=False, default=str)
        text = text.encode(errors="replace").decode()
    elif isinstance(value, bytes):
        text = f"{len(value):,} bytes"
    else:
        text = str(value).encode(errors="replace").decode()
    return text if len(text) <= CELL else f"{text[: CELL - 1]}…"
