"""Rows as the formats' bytes, written by other means than the code under test."""

import numpy as np


def as_csv(rows, delimiter: str = ",") -> bytes:
    lines = (delimiter.join("" if np.isnan(value) else repr(float(value)) for value in row) for row in rows)
    return ("\n".join(lines) + "\n").encode()


def as_libsvm(rows) -> bytes:
    lines = (
        " ".join(
            [repr(float(row[0])), *(f"{at}:{float(value)!r}" for at, value in enumerate(row[1:]) if value == value)]
        )
        for row in rows
    )
    return ("\n".join(lines) + "\n").encode()


def as_parquet(rows) -> bytes:
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    columns = {f"c{at}": pa.array(column, mask=np.isnan(column)) for at, column in enumerate(rows.T)}
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()
