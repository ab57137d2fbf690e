"""Training channels as Tables, and Tables as XGBoost's matrices."""

import time
from pathlib import Path

from areas.algorithms.container import Container, UserError, cpu_count
from areas.algorithms.formats import delimited, libsvm, parquet, recordio
from areas.algorithms.formats.table import Table, data_files, split_columns, stack
from areas.algorithms.formats.types import content_type

PIPE_WAIT = 60  # seconds for the channel's FIFO to appear


def load(box: Container, channel: str, *, weighted: bool = False) -> Table:
    """All data of a channel. UserError if there is none, or if it can't be read."""
    settings = box.channels[channel]
    kind, _ = content_type(settings.get("ContentType"))
    word = "training" if channel == "train" else channel
    if settings.get("TrainingInputMode") == "Pipe":
        fifo = box.channel(f"{channel}_0")
        tables = [_from_bytes(_drained(fifo), kind, f"channel '{channel}'", weighted)]
    else:
        tables = [_from_file(path, kind, weighted) for path in data_files(box.channel(channel))]
    tables = [table for table in tables if table.rows]
    if not tables:
        raise UserError(f"No data in {word} channel path {box.channel(channel)}")
    table = stack(tables)
    if table.columns == 0:
        raise UserError(
            f"The data of channel '{channel}' has one column only: the label is in the first, and features must follow."
        )
    return table


def load_all(box: Container, *, weighted: bool = False) -> dict[str, Table]:
    """The channels ``train`` and, if the job has it, ``validation``, of the same width."""
    tables = {"train": load(box, "train", weighted=weighted)}
    if "validation" in box.channels:
        tables["validation"] = load(box, "validation")
        if weighted and tables["validation"].columns == tables["train"].columns + 1:
            every = tables["validation"]
            tables["validation"] = Table(every.features[:, 1:], every.labels, every.features[:, 0].copy())
    if len(tables) == 2:
        train, validation = tables["train"], tables["validation"]
        if train.sparse and validation.sparse:
            columns = max(train.columns, validation.columns)
            tables = {name: table.widened(columns) for name, table in tables.items()}
        elif train.columns != validation.columns:
            raise UserError(
                f"The validation channel has {validation.columns} features, but the train channel has {train.columns}."
            )
    return tables


def to_matrix(table: Table, threads: int = 0, objective: str = ""):
    """An ``xgboost.DMatrix`` of the table. Survival labels below zero mean censored after that time."""
    import numpy as np
    import xgboost

    matrix = xgboost.DMatrix(table.features, weight=table.weights, nthread=threads or cpu_count())
    if table.labels is not None:
        matrix.set_label(table.labels)
    if objective == "survival:aft" and table.labels is not None:
        times = np.abs(table.labels)
        matrix.set_float_info("label_lower_bound", times)
        matrix.set_float_info("label_upper_bound", np.where(table.labels < 0, np.inf, times).astype(np.float32))
    if table.groups is not None:
        matrix.set_info(qid=table.groups)
    elif objective.startswith("rank:"):
        matrix.set_info(qid=np.zeros(table.rows, np.uint32))
    return matrix


def _from_file(path: Path, kind: str, weighted: bool) -> Table:
    if kind == "csv":
        return _split(delimited.read_file(path), weighted)
    if kind == "parquet":
        return _split(parquet.read(path, f"file '{path.name}'"), False)
    return _from_bytes(path.read_bytes(), kind, f"file '{path.name}'", weighted)


def _from_bytes(data: bytes, kind: str, name: str, weighted: bool) -> Table:
    if kind == "csv":
        return _split(delimited.read_bytes(data, name), weighted)
    if kind == "libsvm":
        return libsvm.read_bytes(data, name)
    return recordio.read_bytes(data, name)


def _split(matrix, weighted: bool) -> Table:
    if weighted and matrix.shape[1] < 3:
        raise UserError("With csv_weights=1 the data needs a label, a weight and at least one feature.")
    return split_columns(matrix, weighted=weighted)


def _drained(fifo: Path) -> bytes:
    deadline = time.monotonic() + PIPE_WAIT
    while not fifo.exists():
        if time.monotonic() > deadline:
            raise UserError(f"No data in pipe {fifo}")
        time.sleep(0.01)
    return fifo.read_bytes()
