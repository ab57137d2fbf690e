"""A training job's channels as Tables of float32."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from areas.algorithms.container import Container, UserError
from areas.algorithms.formats.table import Table, data_files, stack
from areas.algorithms.frame import types
from areas.algorithms.frame.algorithm import Channel

PIPE_WAIT = 60  # seconds for the channel's FIFO to appear


def load(box: Container, channel: Channel, reader: Callable | None = None, *, may_be_empty: bool = False) -> Table:
    """All rows of a channel: ``features`` dense or CSR, ``labels`` or None. UserError if there are none, or if they can't
    be read, or if a number is missing. ``reader`` reads a file in the algorithm's own way (``Algorithm.read``);
    ``may_be_empty`` where other hosts may have the rows."""
    import numpy as np

    settings = box.channels[channel.name]
    kind, parameters = types.content_type(settings.get("ContentType"), channel.default)
    labeled = int(parameters.get("label_size") or channel.label_size) > 0
    tables = []
    for name, content in contents(box, channel.name):
        table = reader(content, name) if reader else _read(content, name, kind, labeled, channel.labels == "required")
        if table.rows:
            tables.append(table)
    if not tables and may_be_empty:
        return Table(np.empty((0, 0), np.float32))
    if not tables:
        raise UserError(f"No data in channel '{channel.name}' ({box.channel(channel.name)})")
    table = stack(tables)
    if table.columns == 0:
        raise UserError(
            f"The data of channel '{channel.name}' has one column only, which is the label; features must follow, or "
            f"its ContentType must say label_size=0"
        )
    _check_finite(table, channel.name)
    return table


def contents(box: Container, channel: str) -> Iterator[tuple[str, Path | bytes]]:
    """(name for complaints, file or bytes) of everything in a channel: its files, or the first epoch of its pipe."""
    if box.channels[channel].get("TrainingInputMode") == "Pipe":
        yield f"channel '{channel}'", drain(box.channel(f"{channel}_0"))
    else:
        for path in data_files(box.channel(channel)):
            yield f"file '{path.name}'", path


def drain(fifo: Path) -> bytes:
    """All bytes of one epoch's pipe. UserError if it doesn't appear within a minute."""
    deadline = time.monotonic() + PIPE_WAIT
    while not fifo.exists():
        if time.monotonic() > deadline:
            raise UserError(f"No data in pipe {fifo}")
        time.sleep(0.01)
    return fifo.read_bytes()


def check_width(table: Table, columns: int, channel: str) -> Table:
    """The table with ``columns`` features: a sparse one is widened. UserError if it has others."""
    if table.sparse and table.columns < columns:
        return table.widened(columns)
    if table.columns != columns:
        raise UserError(
            f"The data of channel '{channel}' has {table.columns} features, but feature_dim is {columns}: "
            f"mismatch of the number of features"
        )
    return table


def _read(content: Path | bytes, name: str, kind: str, labeled: bool, required: bool) -> Table:
    if kind == "csv":
        from areas.algorithms.formats import delimited

        matrix = delimited.read_bytes(content, name) if isinstance(content, bytes) else delimited.read_file(content)
        if not labeled or not matrix.shape[0]:
            return Table(matrix)
        return Table(matrix[:, 1:], matrix[:, 0].copy())
    from areas.algorithms.formats import recordio

    data = content if isinstance(content, bytes) else content.read_bytes()
    return recordio.read_bytes(data, name, labeled=required)


def _check_finite(table: Table, channel: str) -> None:
    """Algorithms can't learn from gaps: name the first."""
    import numpy as np

    values = table.features.data if table.sparse else table.features
    if not np.isfinite(values.sum(dtype=np.float64)):
        wrong = ~np.isfinite(values)
        at = int(wrong.any(axis=-1).argmax()) if not table.sparse else 0
        where = "" if table.sparse else f" in row {at + 1}"
        raise UserError(f"The data of channel '{channel}' has a missing or infinite value{where}")
    if table.labels is not None and not np.isfinite(table.labels).all():
        row = int((~np.isfinite(table.labels)).argmax()) + 1
        raise UserError(f"The data of channel '{channel}' has a missing or infinite label in row {row}")
