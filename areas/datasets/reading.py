"""Reading what people upload: which format it is, what is wrong with it, and its rows as Parquet with exact types.

Types are decided by all values of a column, not by a sample, and a value is never changed to fit: numbers with leading
zeros stay text. In CSV and TSV, ``MISSING`` are the words that mean "no value" when they stand unquoted.
"""

import codecs
import csv
import gzip
import json
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from areas.datasets.duck import quote, session, text
from areas.datasets.errors import DatasetError

CSV, TSV, JSONL, PARQUET = "csv", "tsv", "jsonl", "parquet"
FORMATS = {CSV: "CSV", TSV: "TSV", JSONL: "JSON Lines", PARQUET: "Parquet"}
CONTENT_TYPES = {
    CSV: "text/csv", TSV: "text/tab-separated-values", JSONL: "application/jsonlines", PARQUET: "application/x-parquet",
}  # fmt: skip
MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None")
HEAD = 1024 * 1024
COLUMNS_MAX = 5000

_SUFFIXES = {
    ".csv": CSV,
    ".tsv": TSV,
    ".tab": TSV,
    ".jsonl": JSONL,
    ".ndjson": JSONL,
    ".json": JSONL,
    ".parquet": PARQUET,
}
_SUFFIXES |= {".pq": PARQUET, ".txt": CSV}
_BINARY = ((b"PK\x03\x04", "a ZIP or Excel file"), (b"%PDF", "a PDF"), (b"\x89PNG", "a PNG image"),
           (b"\xff\xd8\xff", "a JPEG image"), (b"\xd0\xcf\x11\xe0", "an old Excel file"))  # fmt: skip
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")


@dataclass(frozen=True)
class Format:
    """What a file is. ``names`` and ``delimiter`` for CSV and TSV only; ``header`` whether its first line is names."""

    kind: str
    gzipped: bool = False
    delimiter: str = ""
    names: tuple[str, ...] = ()
    header: bool = True

    @property
    def extension(self) -> str:
        return self.kind + (".gz" if self.gzipped else "")


def recognise(path: Path, filename: str) -> Format:
    """Tell a file's format by its bytes, helped by its name.

    Raises DatasetError in one sentence when it is empty, binary, in another encoding, or not a table.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise DatasetError(f"{filename} is empty.", field="file")
    if head[:4] == b"PAR1":
        return Format(PARQUET)
    gzipped = head[:2] == b"\x1f\x8b"
    if gzipped:
        head = _gunzip_head(path, filename)
    head, cut = (head[: head.rfind(b"\n") + 1 or None], True) if len(head) == HEAD else (head, False)
    _check_text(head, filename, cut)
    decoded = head.decode("utf-8-sig", errors="replace")
    if not decoded.strip():
        raise DatasetError(f"{filename} is empty.", field="file")
    suffix = Path(filename.lower().removesuffix(".gz")).suffix
    kind = _SUFFIXES.get(suffix)
    if kind == PARQUET:
        raise DatasetError(f"{filename} is not a Parquet file: it doesn't start with PAR1.", field="file")
    first = decoded.lstrip()[:1]
    if kind == JSONL or (kind is None and first == "{"):
        if first == "[":
            raise DatasetError(f"{filename} is one JSON array; JSON Lines has one object on each line.", field="file")
        if first != "{":
            raise DatasetError(f"{filename}, line 1, is not a JSON object.", field="file")
        return Format(JSONL, gzipped)
    return _recognise_delimited(decoded, filename, kind, gzipped)


def _recognise_delimited(decoded: str, filename: str, kind: str | None, gzipped: bool) -> Format:
    line = next(line for line in decoded.splitlines() if line.strip())
    bare = re.sub(r'"[^"]*"', "", line)
    delimiter = "\t" if kind == TSV else max(",\t;|", key=bare.count)
    if kind is None:
        kind = TSV if delimiter == "\t" else CSV
    if not bare.count(delimiter):
        delimiter = "\t" if kind == TSV else ","
    cells = next(csv.reader(decoded.splitlines(keepends=True), delimiter=delimiter))
    if not any(cell.strip() for cell in cells):
        raise DatasetError(f"{filename}, line 1, is blank; it should name the columns.", field="file")
    if len(cells) > COLUMNS_MAX:
        raise DatasetError(f"{filename} has {len(cells):,} columns; {COLUMNS_MAX:,} is the most.", field="file")
    header = not all(_NUMBER.fullmatch(cell) for cell in cells if cell.strip())
    names = tuple(cell.strip() or f"column_{i}" for i, cell in enumerate(cells, 1)) if header else tuple(
        f"column_{i}" for i in range(1, len(cells) + 1)
    )  # fmt: skip
    _check_names(names, filename)
    return Format(kind, gzipped, delimiter, names, header)


def _check_names(names, filename: str) -> None:
    seen = {}
    for position, name in enumerate(names, 1):
        if name.lower() in seen:
            raise DatasetError(
                f"{filename}: columns {seen[name.lower()]} and {position} are both called {name!r}.", field="file"
            )
        seen[name.lower()] = position


def _gunzip_head(path: Path, filename: str) -> bytes:
    try:
        with gzip.open(path) as file:
            return file.read(HEAD)
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{filename} can't be unzipped: {error}.", field="file") from None


def _check_text(head: bytes, filename: str, cut: bool) -> None:
    for magic, what in _BINARY:
        if head.startswith(magic):
            raise DatasetError(f"{filename} is {what}; upload CSV, TSV, JSON Lines or Parquet.", field="file")
    if head[:2] in _UTF16:
        raise DatasetError(f"{filename} is in UTF-16; save it as UTF-8.", field="file")
    nul = head.find(b"\0")
    if nul >= 0:
        line = head.count(b"\n", 0, nul) + 1
        raise DatasetError(f"{filename} is not text: line {line} holds a zero byte.", field="file")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=not cut)
    except UnicodeDecodeError as error:
        line = head.count(b"\n", 0, error.start) + 1
        raise DatasetError(
            f"{filename}, line {line}, is not UTF-8 (byte 0x{head[error.start]:02X}); save the file as UTF-8.",
            field="file",
        ) from None


def convert(sources: list[tuple[Path, str]], target: Path) -> Format:
    """Write the rows of one or several files (path, file name) of one format as the Parquet file ``target``.

    Raises DatasetError that names line or column of what can't be read. ``target`` appears whole or not at all.
    """
    formats = [recognise(path, filename) for path, filename in sources]
    _check_alike(formats, [filename for _, filename in sources])
    partial, staged = target.with_suffix(".partial"), target.with_suffix(".staged")
    try:
        with session(*[path for path, _ in sources], partial, staged) as connection:
            if formats[0].kind in (CSV, TSV):
                _stage_delimited(connection, sources, formats, staged)
                _cast(connection, staged, partial)
            else:
                _copy_typed(connection, sources, formats[0], partial)
            (count,) = connection.execute(f"SELECT count(*) FROM read_parquet({text(partial)})").fetchone()
        if not count:
            raise DatasetError(f"{sources[0][1]} has a header but no rows.", field="file")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
        staged.unlink(missing_ok=True)
    return formats[0]


def _check_alike(formats: list[Format], filenames: list[str]) -> None:
    for found, filename in zip(formats[1:], filenames[1:], strict=True):
        if found.kind != formats[0].kind:
            raise DatasetError(
                f"{filename} is {FORMATS[found.kind]}, but {filenames[0]} is {FORMATS[formats[0].kind]}."
            )
        if found.names != formats[0].names:
            raise DatasetError(f"{filename} has other columns than {filenames[0]}.")


def _stage_delimited(connection, sources, formats, staged: Path) -> None:
    found = formats[0]
    columns = ", ".join(f"{text(name)}: 'VARCHAR'" for name in found.names)
    parts = [
        f"SELECT * FROM read_csv({text(path)}, auto_detect = false, columns = {{{columns}}}, "
        f"delim = {text(one.delimiter)}, header = {str(one.header).lower()}, quote = '\"', escape = '\"', "
        f"strict_mode = true, null_padding = false, compression = '{'gzip' if one.gzipped else 'none'}', "
        f"allow_quoted_nulls = false, nullstr = [{', '.join(text(word) for word in MISSING)}])"
        for (path, _), one in zip(sources, formats, strict=True)
    ]
    _run(connection, f"COPY ({' UNION ALL '.join(parts)}) TO {text(staged)} (FORMAT parquet)", sources, found)


_INTEGER = r"^\s*[+-]?(0|[1-9][0-9]{0,17})\s*$"
_FLOAT = r"(?i)^\s*[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?\s*$|^[+-]?inf(inity)?$"
_LONG = r"^\s*[+-]?[0-9]{18,}\s*$"
_TYPES = (
    ("BOOLEAN", "lower(@) IN ('true', 'false')"),
    ("BIGINT", f"regexp_matches(@, '{_INTEGER}')"),
    # Whole numbers that a float would round stay text.
    ("DOUBLE", f"regexp_matches(@, '{_FLOAT}') AND NOT regexp_matches(@, '{_LONG}')"),
    ("DATE", r"regexp_matches(@, '^\d{4}-\d{2}-\d{2}$') AND TRY_CAST(@ AS DATE) IS NOT NULL"),
    ("TIMESTAMP", r"regexp_matches(@, '^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$') "
                  "AND TRY_CAST(@ AS TIMESTAMP) IS NOT NULL"),
    ("TIMESTAMP WITH TIME ZONE", r"regexp_matches(@, '^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*(Z|[+-]\d{2}(:?\d{2})?)$') "
                                 "AND TRY_CAST(@ AS TIMESTAMPTZ) IS NOT NULL"),
)  # fmt: skip


def _cast(connection, staged: Path, target: Path) -> None:
    """Give every staged text column the narrowest type that all its values have."""
    source = f"read_parquet({text(staged)})"
    names = [row[0] for row in connection.execute(f"SELECT * FROM {source} LIMIT 0").description]
    tests = ", ".join(f"bool_and({rule})" for _, rule in _TYPES).replace("@", "cell")
    # One set of expressions for all columns: planning one for each takes a minute at 3,000 columns.
    answers = connection.execute(
        f"SELECT name, {tests} FROM (UNPIVOT {source} ON {', '.join(map(quote, names))} INTO NAME name VALUE cell) "
        "GROUP BY name"
    )
    fits = {name: found for name, *found in answers.fetchall()}  # a column without a value isn't there
    casts = []
    for name in names:
        kinds = (kind for (kind, _), fit in zip(_TYPES, fits.get(name, ()), strict=False) if fit)
        casts.append(f"CAST({quote(name)} AS {next(kinds, 'VARCHAR')}) AS {quote(name)}")
    connection.execute(f"COPY (SELECT {', '.join(casts)} FROM {source}) TO {text(target)} (FORMAT parquet)")


def _copy_typed(connection, sources, found: Format, target: Path) -> None:
    paths = ", ".join(text(path) for path, _ in sources)
    if found.kind == JSONL:
        compression = "gzip" if found.gzipped else "uncompressed"
        source = (
            f"read_json([{paths}], format = 'newline_delimited', records = true, union_by_name = true, "
            f"sample_size = -1, compression = '{compression}')"
        )
    else:
        source = f"read_parquet([{paths}])"
    _run(connection, f"CREATE VIEW source AS SELECT * FROM {source}", sources, found)
    columns = connection.execute("SELECT * FROM source LIMIT 0").description
    _check_names([column[0] for column in columns], sources[0][1])
    # Nested values become JSON text: one cell, one value, in every export.
    cells = ", ".join(
        f"CAST(to_json({quote(name)}) AS VARCHAR) AS {quote(name)}" if _is_nested(str(kind)) else quote(name)
        for name, kind, *_ in columns
    )
    _run(connection, f"COPY (SELECT {cells} FROM source) TO {text(target)} (FORMAT parquet)", sources, found)


def _is_nested(kind: str) -> bool:
    return kind.startswith(("STRUCT", "MAP", "UNION", "JSON", "VARIANT")) or kind.endswith("]")


def _run(connection, sql: str, sources, found: Format) -> None:
    import duckdb

    try:
        connection.execute(sql)
    except duckdb.Error as error:
        raise DatasetError(explain(str(error), sources, found), field="file") from None


def explain(words: str, sources: list[tuple[Path, str]], found: Format) -> str:
    """DuckDB's error in one sentence of ours, with the line and what stood there."""
    filename = next((name for path, name in sources if str(path) in words), sources[0][1])
    line = re.search(r"on Line: (\d+)", words)
    where = f"{filename}, line {line[1]}," if line else filename
    if counts := re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", words):
        found_count, expected = int(counts[2]), int(counts[1])
        return f"{where} has {found_count} value{'s' * (found_count != 1)}, but line 1 has {expected}."
    if "not utf-8" in words:
        return f"{where} is not UTF-8; save the file as UTF-8."
    if "unterminated quote" in words:
        return f"{where} opens a quote that isn't closed properly."
    if "aximum line size" in words:
        return f"{where} is longer than 2 MB."
    if found.kind == JSONL and (bad := _bad_json_line(next(path for path, name in sources if name == filename), found)):
        return f"{filename}, line {bad}"
    first = re.sub(r"^\w+( \w+)* Error: ", "", words.strip().splitlines()[0])
    for path, name in sources:
        first = first.replace(str(path), name)
    return f"{where} can't be read as {FORMATS[found.kind]}: {first.rstrip('.')}."


def _bad_json_line(path: Path, found: Format) -> str:
    """``3, is not JSON: …``: the first line that is no object. DuckDB's own count is off when a line ends early."""
    with gzip.open(path) if found.gzipped else path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                if not isinstance(json.loads(line), dict):
                    return f"{number}, is not a JSON object."
            except ValueError as error:
                return f"{number}, is not JSON: {getattr(error, 'msg', error)}."
    return ""
