"""Rows as RecordIO-protobuf and as libsvm: what SageMaker's own algorithms read beside CSV and Parquet.

A RecordIO record is the magic number, its length, the payload, and zeros up to a multiple of four bytes; the payload is
an ``aialgs.data.Record`` whose maps ``features`` and ``label`` hold float32 values under the key ``values``.
"""

import math
import struct
from pathlib import Path

MAGIC = 0xCED7230A
_FEATURES, _LABEL = 1, 2
_BATCH = 10_000  # rows


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(body)) + body


def _entry(number: int, values: list[float]) -> bytes:
    tensor = _field(1, struct.pack(f"<{len(values)}f", *values))
    return _field(number, _field(1, b"values") + _field(2, _field(2, tensor)))


def recordio(label: float, features: list[float | None]) -> bytes:
    """One record; missing values are NaN."""
    payload = _entry(_FEATURES, [math.nan if one is None else one for one in features]) + _entry(_LABEL, [label])
    return struct.pack("<II", MAGIC, len(payload)) + payload + bytes(-len(payload) % 4)


def libsvm(label: float, features: list[float | None]) -> bytes:
    """One line. Indices count from 0, as XGBoost counts the columns of a CSV row; missing values are left out."""
    cells = [f"{index}:{value:.9g}" for index, value in enumerate(features) if value is not None]
    return (" ".join([f"{label:.9g}", *cells]) + "\n").encode()


WRITERS = {"recordio-protobuf": recordio, "libsvm": libsvm}


def convert(source: Path, target: Path, form: str) -> None:
    """Write the rows of a Parquet file of numbers, label first, in a form of WRITERS."""
    import pyarrow.parquet

    write = WRITERS[form]
    with pyarrow.parquet.ParquetFile(source) as table, target.open("wb") as file:
        for batch in table.iter_batches(_BATCH):
            columns = [[None if one is None else float(one) for one in column.to_pylist()] for column in batch.columns]
            file.write(b"".join(write(label, row) for label, *row in zip(*columns, strict=True)))
