"""How points come out of the tables as curves: of a thousand series in as many statements as of one."""

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np

from catalog.measures import MetricBlock, MetricPoint, MetricSeries
from catalog.metric_packing import BLOCK, NO_STEP, Columns, from_lists, from_rows, join, unpack
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
        parts, ends = _read(some, since, steps, times)
        for one in some:
            points = parts.get(one.id, NOTHING)
            seq = one.count if steps or times else max(ends.get(one.id, 0), since.get(one.id, 0))
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
    parts, _ = _read(whole, since, None, None) if whole else ({}, {})
    found = {one.id: parts[one.id][: one.count - since.get(one.id, 0)] for one in whole if one.id in parts}
    if cut and left:
        found[cut.id] = _span(cut.id, since.get(cut.id, 0), left)
    return found


def _span(series: int, start: int, limit: int) -> Columns:
    rows = MetricPoint.objects.filter(series=series, seq__gte=start, seq__lt=start + limit).order_by("seq")
    rows = list(rows.values_list("seq", "step", "time", "value"))
    parts, end = [], start
    blocks = MetricBlock.objects.filter(series=series, first__gt=start - BLOCK, first__lt=start + limit).order_by(
        "first"
    )
    for first, count, data in blocks.values_list("first", "count", "data"):
        if first + count > start:
            parts.append(unpack(data)[max(start - first, 0) :])
            end = first + count
    return join([*parts, from_rows([row for row in rows if row[0] >= end])])[:limit]


def _portions(things: Iterable) -> Iterator[list]:
    things = iter(things)
    while some := list(islice(things, AT_ONCE)):
        yield some


def _read(series: list[MetricSeries], since: dict[int, int], steps: Range, times: Range) -> tuple[dict, dict]:
    """(series → its points in the order of arrival, series → seq of the point after the last). What becomes a block meanwhile
    is in the rows that are read first, and again in the blocks.
    """
    ids = [one.id for one in series]
    rows = _rows(ids, since, steps, times)
    parts, ends = _blocks(ids, since, steps, times)
    for number, (seq, points) in rows.items():
        there = ends.get(number, 0)
        fresh = int(np.searchsorted(seq, max(there, since.get(number, 0))))
        if fresh < len(seq):
            parts.setdefault(number, []).append(points[fresh:])
            ends[number] = int(seq[-1]) + 1
    return {number: join(found) for number, found in parts.items()}, ends


def _rows(ids: list[int], since: dict[int, int], steps: Range, times: Range) -> dict[int, tuple[np.ndarray, Columns]]:
    found = MetricPoint.objects.filter(series__in=ids)
    if len(ids) == 1:
        found = found.filter(seq__gte=since.get(ids[0], 0))
    if steps:
        found = found.filter(step__range=_whole(steps))
    if times:
        found = found.filter(time__range=times)
    rows = list(found.order_by("series", "seq").values_list("series_id", "seq", "step", "time", "value"))
    if not rows:
        return {}
    series, seq, step, time, value = zip(*rows, strict=True)
    every, seq = from_lists(step, time, value), np.array(seq)
    numbers, starts = np.unique(np.array(series), return_index=True)
    ends = [*starts[1:].tolist(), len(rows)]
    return {
        number: (seq[start:end], every[start:end])
        for number, start, end in zip(numbers.tolist(), starts.tolist(), ends, strict=True)
    }


def _blocks(
    ids: list[int], since: dict[int, int], steps: Range, times: Range
) -> tuple[dict[int, list[Columns]], dict[int, int]]:
    """(series → its parts, series → seq after its last block). Blocks that hold nothing of what is asked aren't fetched."""
    found = MetricBlock.objects.filter(series__in=ids)
    if steps:
        low, high = _whole(steps)
        found = found.filter(low_step__lte=high, high_step__gte=low)
    if times:
        found = found.filter(low_time__lte=times[1], high_time__gte=times[0])
    if not any(since.values()):
        wanted = [found]
    else:
        known = found.values_list("id", "series_id", "first", "count")
        numbers = [number for number, series, first, count in known if first + count > since.get(series, 0)]
        wanted = [MetricBlock.objects.filter(id__in=some) for some in _portions(numbers)]
    parts: dict[int, list[Columns]] = {}
    ends: dict[int, int] = {}
    for blocks in wanted:
        for series, first, data in blocks.order_by("series", "first").values_list("series_id", "first", "data"):
            points = unpack(data)
            ends[series] = first + len(points)
            parts.setdefault(series, []).append(points[max(since.get(series, 0) - first, 0) :])
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
