"""Records beside their inferences, a page at a time: read from S3 by byte ranges, so that the millionth row costs no more."""

import csv
import json
from dataclasses import dataclass, field

from areas import objects
from areas.calls import CallFailed, call
from areas.transform.container.processing import CSV, JSON, LINES, kind_of
from areas.transform.job import Job

ROWS = 50
BLOCK = 256 * 1024  # bytes of each object that a page reads
COLUMNS, CELL = 60, 300
SAMPLE = 100  # outputs that the choice offers
TEXT = (CSV, JSON, LINES)


@dataclass
class Page:
    """Rows from number ``first`` (from 1) on. ``columns`` head each row's cells, the last ``inferred`` of them the model's."""

    first: int = 1
    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    inferred: int = 1
    following: str = ""  # the address' word for the next page; "" at the end
    note: str = ""
    problem: str = ""


def outputs_of(job: Job) -> tuple[list[str], str]:
    """The names of the first outputs below S3OutputPath, and why there are none to read if S3 refuses."""
    folder = objects.listing(job.connection, f"{job.output.rstrip('/')}/", deep=True, most=SAMPLE)
    if folder.failed:
        return [], f"{folder.failed.code}: {folder.failed.message}"
    return [file.name for file in folder.files if file.name.endswith(".out")], ""


def read_page(job: Job, name: str, at: str, schema: dict) -> Page:
    """The page of the output ``name`` that ``at`` says: ``<byte of the input>-<byte of the output>-<row>``, "" for the first."""
    start, written, first = _place(at)
    page = Page(first)
    processing = job.processing
    joined = processing.get("JoinSource") == "Input"
    try:
        answers, more = _lines(job.connection, f"{job.output.rstrip('/')}/{name}", written)
        records, behind = ([], []) if joined else _records(job, name, start)
    except CallFailed as failed:
        page.problem = f"{failed.code}: {failed.message}"
        return page
    accept = kind_of(job.document.get("TransformOutput", {}).get("Accept", "")) or CSV
    content = kind_of(job.document.get("TransformInput", {}).get("ContentType", "")) or CSV
    if not joined and not records:
        page.note = "The input can't be shown beside it: it is compressed, binary, or gone."
    count = min(len(answers), ROWS)
    if records and len(records) < count and not behind:
        page.note = "There are fewer records than inferences: a record may have several lines."
        records = []
    count = min(count, len(records)) if records else count
    given = [_cells(line, accept) for line in answers[:count]]
    asked = [_cells(line, content) for line in records[:count]]
    page.rows = [[*left, *right] for left, right in zip(asked, given, strict=True)] if asked else given
    page.inferred = 1 if joined else max((len(row) for row in given), default=1)
    page.columns = _columns(job, page, schema, joined=joined)
    if page.inferred > 1:  # a list of chances, as Python writes it
        page.rows = [
            [*row[: -page.inferred], *(cell.strip(" []") for cell in row[-page.inferred :])] for row in page.rows
        ]
    if count < len(answers) or more:
        read = sum(len(line) for line in records[:count])
        page.following = f"{start + read}-{written + sum(map(len, answers[:count]))}-{first + count}"
    return page


def _place(at: str) -> tuple[int, int, int]:
    parts = at.split("-")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) < 16 for part in parts):
        return 0, 0, 1
    return int(parts[0]), int(parts[1]), max(int(parts[2]), 1)


def _records(job: Job, name: str, start: int) -> tuple[list[bytes], bool]:
    """The input's lines from a byte on, and whether there are more; none where it has no lines that can be read there."""
    source = job.document.get("TransformInput", {})
    if source.get("CompressionType", "None") != "None" or kind_of(source.get("ContentType", CSV)) not in TEXT:
        return [], False
    for uri in _inputs(job, name.removesuffix(".out")):
        try:
            return _lines(job.connection, uri, start)
        except CallFailed as failed:
            if failed.code not in objects.MISSING:
                raise
    return [], False


def _inputs(job: Job, path: str) -> list[str]:
    """Where the object that an output is of may lie."""
    uri = job.source.get("S3Uri", "")
    folder = uri.rpartition("/")[0] + "/"
    if job.source.get("S3DataType") == "ManifestFile":
        try:
            folder = json.loads(objects.read(job.connection, uri)[0])[0]["prefix"]
        except (CallFailed, ValueError, LookupError, TypeError):
            return []
        return [f"{folder}{path}"] if isinstance(folder, str) else []
    return [f"{folder}{path}"] if uri.endswith("/") else [f"{folder}{path}", f"{uri}/{path}"]


def _lines(connection, uri: str, start: int) -> tuple[list[bytes], bool]:
    """The whole lines of a block, line ends included, and whether there is more. Blank lines are no records, and go along
    with the line before."""
    bucket, key = objects.split(uri)
    try:
        answer = call(
            connection, "GetObject", service="s3", Bucket=bucket, Key=key, Range=f"bytes={start}-{start + BLOCK - 1}"
        )
    except CallFailed as failed:
        if failed.code == "InvalidRange":
            return [], False
        raise
    with answer["Body"] as body:
        data = body.read()
    size = int(answer.get("ContentRange", "").rpartition("/")[2] or len(data))
    is_end = start + len(data) >= size
    lines: list[bytes] = []
    for line in data.splitlines(keepends=True):
        if lines and not line.strip():
            lines[-1] += line
        else:
            lines.append(line)
    if not is_end and len(lines) > 1 and not data.endswith(b"\n"):
        lines.pop()  # the block ends within it
    return [line for line in lines if line.strip()], not is_end


def _cells(line: bytes, kind: str) -> list[str]:
    text = line.decode("utf-8", "replace").strip()
    if kind == CSV and not text.startswith(("{", "[")):
        try:
            cells = next(csv.reader([text]), [])
        except csv.Error:
            cells = [text]
    else:
        cells = [text]
    return [cell if len(cell) <= CELL else f"{cell[: CELL - 1]}…" for cell in cells[:COLUMNS]]


def _columns(job: Job, page: Page, schema: dict, *, joined: bool) -> list[str]:
    """Names where the schema tells them, else numbers as filters count them; the last are the inference's."""
    width = max((len(row) for row in page.rows), default=0)
    names = [schema["label"]["name"], *(one["name"] for one in schema["features"])] if _is_schema(schema) else []
    if joined and job.processing.get("OutputFilter", "$") != "$":
        return [f"${[number]}" for number in range(width)]
    known = width - page.inferred if not joined else len(names) or width - 1
    page.inferred = max(width - known, 0)
    heads = names if len(names) == known else [f"${[number]}" for number in range(known)]
    last = ["inference"] if page.inferred == 1 else [f"inference {number}" for number in range(page.inferred)]
    return [*heads, *last]


def _is_schema(schema: dict) -> bool:
    label, features = schema.get("label"), schema.get("features")
    return isinstance(label, dict) and "name" in label and isinstance(features, list)
