"""Time series from JSON Lines and Parquet, and their layout for training."""

import gzip
import json
from dataclasses import dataclass, field
from pathlib import Path

from areas.algorithms.container import Container, UserError
from areas.algorithms.deepar import calendar
from areas.algorithms.formats.table import data_files

KINDS = ("json", "json.gz", "parquet", "auto")


@dataclass
class Series:
    """One time series. ``target`` (points,) float32 with NaN for missing; ``dynamic`` (features, points or more)."""

    start: object  # datetime64[m]
    target: object
    cat: list[int] = field(default_factory=list)
    dynamic: object = None


def load(box: Container, channel: str) -> list[Series]:
    """All series of a channel; UserError naming file and line of what can't be read, or if there are none."""
    content = (box.channels[channel].get("ContentType") or "auto").lower().removeprefix("application/")
    if content in ("jsonlines", "x-parquet"):
        content = {"jsonlines": "json", "x-parquet": "parquet"}[content]
    if content not in KINDS:
        raise UserError(
            f"Content type {content!r} of channel '{channel}' is not supported: it is one of {', '.join(KINDS)}."
        )
    found: list[Series] = []
    for path in data_files(box.channel(channel)):
        kind = content if content != "auto" else _kind(path)
        found += _from_parquet(path) if kind == "parquet" else _from_json(path)
    if not found:
        raise UserError(f"No time series in channel '{channel}'.")
    return found


def parse(record: object, where: str) -> Series:
    """One record or instance: {"start", "target", "cat"?, "dynamic_feat"?}; UserError in one sentence with ``where``."""
    import numpy as np

    if not isinstance(record, dict):
        raise UserError(f"{where} is not an object with start and target.")
    for name in ("start", "target"):
        if record.get(name) is None:
            raise UserError(f"{where} has no '{name}'.")
    try:
        start = calendar.parse_start(record["start"])
    except ValueError:
        raise UserError(
            f"The start {str(record['start'])[:40]!r} of {where} is not YYYY-MM-DD HH:MM:SS without a time zone."
        ) from None
    target = _numbers(record["target"], f"target of {where}", missing=True)
    if np.isinf(target).any():
        raise UserError(f"The target of {where} holds an infinite value.")
    cat = record.get("cat")
    cat = [] if cat is None else list(cat) if isinstance(cat, list | tuple | np.ndarray) else [cat]
    if any(
        isinstance(value, bool) or int(value) != value or value < 0 for value in cat if _is_number(value)
    ) or not all(map(_is_number, cat)):
        raise UserError(f"The cat of {where} is not a list of whole numbers from 0 on.")
    dynamic = record.get("dynamic_feat")
    if dynamic is not None and len(dynamic):
        rows = [_numbers(row, f"dynamic_feat of {where}", missing=False) for row in dynamic]
        if len({len(row) for row in rows}) > 1:
            raise UserError(f"The arrays in dynamic_feat of {where} differ in length.")
        dynamic = np.stack(rows)
    else:
        dynamic = None
    return Series(start, target, [int(value) for value in cat], dynamic)


def check_together(series: list[Series], channel: str) -> None:
    """UserError if the series differ in how many categories or dynamic features they have, or a length is wrong."""
    first = series[0]
    width = 0 if first.dynamic is None else len(first.dynamic)
    for number, one in enumerate(series, 1):
        if len(one.cat) != len(first.cat):
            raise UserError(
                f"Series {number} of channel '{channel}' has {len(one.cat)} values in cat, but the first has "
                f"{len(first.cat)}."
            )
        if (0 if one.dynamic is None else len(one.dynamic)) != width:
            raise UserError(
                f"Series {number} of channel '{channel}' has not {width} dynamic features, as the first has."
            )
        if one.dynamic is not None and one.dynamic.shape[1] < len(one.target):
            raise UserError(
                f"A dynamic feature of series {number} of channel '{channel}' has {one.dynamic.shape[1]} values, but the "
                f"target has {len(one.target)}."
            )


def _kind(path: Path) -> str:
    for ending in (".json.gz", ".jsonl.gz"):
        if path.name.endswith(ending):
            return "json"
    if path.suffix in (".json", ".jsonl"):
        return "json"
    if path.suffix == ".parquet":
        return "parquet"
    raise UserError(
        f"File '{path.name}' ends in none of .json, .json.gz and .parquet: set the channel's content type to json or "
        "parquet."
    )


def _from_json(path: Path) -> list[Series]:
    found = []
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError):
            raise UserError(f"File '{path.name}' is not a whole gzip file.") from None
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError:
            raise UserError(f"Line {number} of file '{path.name}' is not JSON.") from None
        found.append(parse(record, f"line {number} of file '{path.name}'"))
    return found


def _from_parquet(path: Path) -> list[Series]:
    import pyarrow as pa
    import pyarrow.parquet

    try:
        rows = pa.parquet.read_table(path).to_pylist()
    except (pa.ArrowInvalid, OSError):
        raise UserError(f"File '{path.name}' is not Parquet.") from None
    return [parse(row, f"row {number} of file '{path.name}'") for number, row in enumerate(rows, 1)]


def _is_number(value) -> bool:
    import numpy as np

    return isinstance(value, int | float | np.number)


def _numbers(values, what: str, *, missing: bool):
    import numpy as np

    try:
        if not isinstance(values, list | tuple | np.ndarray):
            raise ValueError(values)
        found = np.array([float("nan") if value is None or value == "NaN" else value for value in values], np.float32)
    except (TypeError, ValueError):
        raise UserError(f"The {what} is not a list of numbers.") from None
    if not missing and not np.isfinite(found).all():
        raise UserError(f"The {what} has missing values, which dynamic features must not have.")
    return found
