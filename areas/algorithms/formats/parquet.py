"""Parquet tables of numbers, columns by position."""

import io
from pathlib import Path

from areas.algorithms.container import UserError


def read(source: Path | bytes, name: str):
    """A Parquet file or its bytes as a float32 array (rows, columns), NaN for null; UserError if it isn't numeric."""
    import pyarrow as pa
    import pyarrow.parquet

    from areas.algorithms.formats.delimited import to_matrix

    try:
        table = pa.parquet.read_table(io.BytesIO(source) if isinstance(source, bytes) else source)
    except (pa.ArrowInvalid, OSError):
        raise UserError(f"{name[0].upper()}{name[1:]} is not 'PARQUET' format.") from None
    for number, field in enumerate(table.schema):
        kind = field.type
        if pa.types.is_boolean(kind) or pa.types.is_decimal(kind):
            table = table.set_column(number, field.name, table.column(number).cast(pa.float64()))
        elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            raise UserError(f"Column '{field.name}' of {name} holds {kind}, not numbers.")
    return to_matrix(table)
