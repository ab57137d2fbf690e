"""How points come out of the tables as curves: of a thousand series in as many statements as of one."""

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np

from catalog.measures import MetricSeries
from catalog.metric_packing import NO_STEP, Columns, from_lists, join, unpack
from catalog.metric_rows import END, fetch
from catalog.metrics import Curve
from catalog.thinning import choose

AT_ONCE = 5000  # series, or blocks, of one statement
Range = tuple[float, float] | None
NOTHING = from_lists([], [], [])


def curves(
    series: list[MetricSeries], keep: int, since: dict[int, int], by: str, steps: Range, times: Range
) -> dict[int, Curve]:
    """See ``catalog.metrics.read``."""
    found = {}
    for some in _portions(series):
        parts, ends = _read([one.id for one in some], since, steps, times)
        for one in some:
            seq = one.count if steps or times else max(ends.get(one.id, 0), since.get(one.id, 0))
            points = join(parts[one.id]) if one.id in parts else NOTHING
            found[one.id] = _curve(_within(points, steps, times), seq, keep, by)
    return found


def arrived(series: list[MetricSeries], since: dict[int, int], limit: int) -> dict[int, Columns]:
    """See ``catalog.metrics.arrived``."""
    whole, left, cut = [], limit, None
    for one in series:
        new = one.count - since.get(one.id, 0)
        if new > left:
            cut = one
            break
        whole.append(one)
        left -= new
    parts, _ = _read([one.id for one in whole], since, None, None)
    found = {one.id: join(parts[one.id])[: one.count - since.get(one.id, 0)] for one in whole if one.id in parts}
    if cut and left:
        start = since.get(cut.id, 0)
        parts, _ = _joined(fetch([(cut.id, start, start + left)]), since)
        found[cut.id] = join(parts.get(cut.id, [NOTHING]))[:left]
    return found


def _portions(things: Iterable) -> Iterator[list]:
    things = iter(things)
    while some := list(islice(things, AT_ONCE)):
        yield some


def _read(
    ids: list[int], since: dict[int, int], steps: Range, times: Range
) -> tuple[dict[int, list[Columns]], dict[int, int]]:
    """(series → its parts, series → seq after the last). Blocks that hold nothing of what is asked aren't fetched."""
    wanted = [(number, since.get(number, 0), END) for number in ids]
    return _joined(fetch(wanted, _whole(steps) if steps else None, times), since)


def _joined(blocks: list[tuple], since: dict[int, int]) -> tuple[dict[int, list[Columns]], dict[int, int]]:
    parts: dict[int, list[Columns]] = {}
    ends: dict[int, int] = {}
    for series, first, _, data in blocks:
        points = unpack(data)
        ends[series] = first + len(points)
        start = since.get(series, 0) - first
        parts.setdefault(series, []).append(points[start:] if start > 0 else points)
    return parts, ends


def _whole(steps: tuple[float, float]) -> tuple[int, int]:
    """The steps between two numbers, as int64."""
    low, high = np.clip(np.array([np.ceil(steps[0]), np.floor(steps[1])]), -(2.0**63) + 2048, 2.0**63 - 2048)
    return int(low), int(high)


def _within(points: Columns, steps: Range, times: Range) -> Columns:
    inside = None
    if steps:
        low, high = _whole(steps)
        inside = (points.step >= low) & (points.step <= high)
    if times:
        during = (points.time >= times[0]) & (points.time <= times[1])
        inside = during if inside is None else inside & during
    return points if inside is None or inside.all() else points[inside]


def _curve(points: Columns, seq: int, keep: int, by: str) -> Curve:
    first, second = (points.time, points.step) if by == "time" else (points.step, points.time)
    if not _rises(first, second):
        points = points[np.lexsort((second, first))]
    thinned = bool(keep) and len(points) > keep
    if thinned:
        x = points.time if by == "time" or points.step[-1] == NO_STEP else _drawn(points.step)
        points = points[choose(x, points.value, keep)]
    step = points.step.astype(np.float64)
    step[points.step == NO_STEP] = np.nan
    return Curve(step, points.time, points.value, seq, thinned)


def _rises(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether points are in order already."""
    if bool((first[1:] > first[:-1]).all()):
        return True
    same = first[1:] == first[:-1]
    return bool(((first[1:] > first[:-1]) | (same & (second[1:] >= second[:-1]))).all())


def _drawn(step: np.ndarray) -> np.ndarray:
    """Steps as numbers to draw at: what has none stands before the others."""
    known = int(np.searchsorted(step, NO_STEP, side="right"))
    x = step.astype(np.float64)
    x[:known] = x[known]
    return x
