"""Metric points as live charts want them: whole series, thinned without losing their shape, then only what is new."""

import math
from datetime import UTC, datetime

from catalog import metrics
from catalog.measures import MetricSeries
from catalog.metric_packing import Columns, as_tuples
from catalog.paging import BadCursor

KEEP = 1500  # points of one series that a first load sends


def read_series(record_id: int, *, since: str = "", names: list[str] | None = None, keep: int = KEEP,
                between: tuple[float, float] | None = None) -> dict:  # fmt: skip
    """The points of a record after ``since`` (a cursor that an answer gave; "": all), by metric name.

    Returns ``{"series": {name: {"step": [int|None], "time": [epoch seconds], "value": [float|None|"Infinity"|"-Infinity"]}},
    "cursor": str, "thinned": bool}``: NaN is None. ``between`` takes only points between two times (epoch seconds), for full
    resolution on zoom. Raises BadCursor.
    """
    found = MetricSeries.objects.filter(record_id=record_id).order_by("name")
    if names:
        found = found.filter(name__in=names)
    seen, found = read_cursor(since), list(found)
    curves = metrics.read(
        [one for one in found if one.count > seen.get(one.id, 0)], keep=keep, since=seen, times=between
    )
    known = seen | {number: curve.seq for number, curve in curves.items()}
    return {
        "series": {
            one.name: as_json(curves[one.id]) for one in found if one.id in curves and len(curves[one.id].value)
        },
        "cursor": write_cursor(known),
        "thinned": any(curve.thinned for curve in curves.values()),
    }


def as_json(curve: metrics.Curve) -> dict[str, list]:
    """A curve in what JSON can say: an unknown step and NaN are None, the infinities words."""
    return {
        "step": [None if math.isnan(step) else int(step) for step in curve.step.tolist()],
        "time": curve.time.tolist(),
        "value": [json_number(value) for value in curve.value.tolist()],
    }


def as_rows(name: str, first: int, points: Columns) -> list[dict]:
    """Points of a series, from its ``first``-th on, one by one: ``{"name", "seq", "step", "time", "value"}``."""
    return [
        {"name": name, "seq": seq, "step": step, "time": datetime.fromtimestamp(time, UTC), "value": json_number(value)}
        for seq, (step, time, value) in enumerate(as_tuples(points), first)
    ]


def json_number(value: float | None) -> float | str | None:
    if value is None:
        return None
    if math.isfinite(value):
        return value
    return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def write_cursor(seen: dict[int, int]) -> str:
    """How far each series (by id) is known, as text: ``7:120.9:4``."""
    return ".".join(f"{number}:{seq}" for number, seq in sorted(seen.items()))


def read_cursor(text: str) -> dict[int, int]:
    """The inverse of ``write_cursor``; BadCursor if the text is none."""
    pairs = [part.split(":") for part in text.split(".")] if text else []
    if not all(len(pair) == 2 and all(one.isdecimal() and len(one) < 19 for one in pair) for pair in pairs):
        raise BadCursor
    return {int(number): int(seq) for number, seq in pairs}


def count_of(record_id: int) -> int:
    """How many points a record has: what an ETag is made of."""
    return sum(MetricSeries.objects.filter(record_id=record_id).values_list("count", flat=True))


def last_values(record_id: int) -> dict[str, dict]:
    """Of each metric its last, lowest and highest value: ``{name: {"last", "step", "time", "min", "max", "points"}}``;
    NaN is None. One query, whatever the number of points.
    """
    return {
        one.name: {
            "last": one.last, "step": one.last_step, "time": one.last_time, "min": one.low, "max": one.high,
            "points": one.count,
        }
        for one in MetricSeries.objects.filter(record_id=record_id).order_by("name")
    }  # fmt: skip
