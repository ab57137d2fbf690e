"""CSV as SageMaker's algorithms read it: no header, numbers only, label first."""

import csv
import io
import os
from pathlib import Path

from areas.algorithms.container import UserError, cpu_count

BLOCK = 4 * 1024 * 1024  # bytes parsed by one thread at a time
BATCH_BLOCK = 256 * 1024  # where one thread has a request to itself: what stays in its cache is parsed a quarter faster
DELIMITERS = ",\t;| "
NULLS = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None")


def read_file(path: Path):
    """A CSV file (``.gz`` too) as a float32 array (rows, columns), NaN where a field is empty.

    Raises UserError with file, line and column of the first field that is not a number.
    """
    import pyarrow as pa

    with pa.input_stream(str(path)) as stream:
        head = stream.read(65536)
    return _parsed(str(path), f"file '{path.name}'", head)


def read_bytes(data: bytes, name: str = "the request"):
    """CSV in memory, as ``read_file``."""
    return _parsed(data, name, data[:65536])


def sniff(line: str) -> str:
    """The delimiter of a line: the one of comma, tab, semicolon, bar and space that it has most of."""
    return max(DELIMITERS, key=line.count)


def _parsed(source: str | bytes, name: str, head: bytes):
    import pyarrow as pa
    import pyarrow.csv

    pa.set_cpu_count(cpu_count())
    lines = (line.strip("\r\ufeff") for line in head.decode("utf-8", "replace").split("\n"))
    first = next((line for line in lines if line.strip()), "")
    if b"\0" in head:
        raise UserError(
            f"{name[0].upper()}{name[1:]} is not CSV in UTF-8: it holds zero bytes, as UTF-16 and binary files do."
        )
    if not first:
        import numpy as np

        return np.empty((0, 0), np.float32)
    delimiter = sniff(first)
    columns = [f"f{number}" for number in range(_width(first, delimiter))]
    # Batch transform has a request under way for each CPU already.
    alone = isinstance(source, bytes) and bool(os.environ.get("SAGEMAKER_BATCH"))
    block = max(BATCH_BLOCK, 4 * len(first)) if alone else BLOCK
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(source) if isinstance(source, bytes) else source,
            read_options=pa.csv.ReadOptions(column_names=columns, block_size=block, use_threads=not alone),
            parse_options=pa.csv.ParseOptions(delimiter=delimiter),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.float32()), null_values=list(NULLS)
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        try:
            reason = _explained(source, delimiter, len(columns)) or str(error)
        except csv.Error as other:
            reason = f"is not CSV: {other}."
        raise UserError(f"{name[0].upper()}{name[1:]} {reason}") from None
    return to_matrix(table)


def to_matrix(table):
    """A pyarrow table of numbers as a float32 array (rows, columns), NaN for null."""
    import numpy as np

    matrix = np.empty((table.num_rows, table.num_columns), np.float32)
    for number, column in enumerate(table.columns):
        start = 0
        for chunk in column.chunks:
            matrix[start : start + len(chunk), number] = chunk.to_numpy(zero_copy_only=False)
            start += len(chunk)
    return matrix


def _width(line: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=delimiter)))
    except csv.Error:
        return line.count(delimiter) + 1


def _explained(source: str | bytes, delimiter: str, width: int) -> str:
    """Why a file can't be read, found by reading it slowly; only after the fast way failed."""
    import pyarrow as pa

    with pa.input_stream(source if isinstance(source, str) else pa.py_buffer(source)) as stream:
        lines = io.TextIOWrapper(stream, "utf-8-sig", "replace", newline="")
        for row in (reader := csv.reader(lines, delimiter=delimiter)):
            if not row:
                continue
            wrong = next((number for number, field in enumerate(row) if not _is_number(field)), None)
            if wrong is not None and reader.line_num == 1 and _is_header(row):
                return (
                    f"starts with a header ('{delimiter.join(row)[:80]}'): CSV must hold numbers only and no header, "
                    "with the label in the first column when training."
                )
            if wrong is not None:
                return f"is not all numbers: line {reader.line_num}, column {wrong + 1} is '{row[wrong][:50]}'."
            if len(row) != width:
                return f"has {len(row)} columns instead of {width} in line {reader.line_num}."
    return ""


def _is_header(row: list[str]) -> bool:
    return not any(field.strip() and _is_number(field) for field in row)


def _is_number(field: str) -> bool:
    if field.strip() in NULLS:
        return True
    try:
        float(field)
    except ValueError:
        return False
    return True
