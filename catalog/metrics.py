"""Metrics: added to, summed up, read again. The only code that touches the tables of ``catalog.measures``."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from django.db.models import Q

from catalog.measures import MetricBlock, MetricPoint, MetricSeries
from catalog.models import Record
from catalog.runs import RunRow

SEAL = 8192  # points that wait as rows at most
KEEP = 2000  # points of a series that a chart draws
NO_STEP = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Point:
    """One measured value. ``time`` is epoch seconds; ``value`` may be NaN or infinite; ``step`` is None where nobody counted."""

    name: str
    value: float
    time: float
    step: int | None = None


@dataclass(frozen=True)
class Curve:
    """Points of a series in the order of (step, time): arrays of one length; a step that nobody gave is NaN."""

    step: np.ndarray  # float64
    time: np.ndarray  # float64, epoch seconds
    value: np.ndarray  # float64, NaN and infinities among them
    seq: int  # how many points the series had when this was read: ask for what comes after with ``since``
    thinned: bool


class Gone(LookupError):
    """There is no record of this number (any more)."""


def append_all(items: Iterable[tuple[int, list[Point]]]) -> None:
    """``append`` for several records (by id), in one transaction. Raises Gone if a record isn't there."""
    with transaction.atomic():
        for number, points in items:
            record = Record.objects.filter(id=number).first()
            if record is None:
                raise Gone(f"There is no record {number}.")
            append(record, points)


def append(record: Record, points: Iterable[Point]) -> None:
    """Add points to a record's series, making series that aren't there. Once the surrounding transaction is committed they are
    kept; exact repetitions (same name, step, time and value: a client that tried again) are kept once.
    """
    by_name: dict[str, list[Point]] = {}
    for point in points:
        by_name.setdefault(point.name, []).append(point)
    if not by_name:
        return
    with transaction.atomic():
        for series in _locked(record, sorted(by_name)):
            new = by_name[series.name]
            _count(series, new)
            start = series.count
            series.count += len(new)
            MetricPoint.objects.bulk_create(
                MetricPoint(series=series, seq=start + i, step=one.step, time=one.time,
                            value=None if math.isnan(one.value) else one.value)
                for i, one in enumerate(new)
            )  # fmt: skip
            if series.count - series.sealed >= SEAL:
                _seal(series)
            series.save()


def _locked(record: Record, names: list[str]) -> list[MetricSeries]:
    """The record's series of these names, made where missing, locked in one order."""
    there = MetricSeries.objects.select_for_update().filter(record=record, name__in=names).order_by("name")
    found = list(there)
    if len(found) < len(names):
        run, experiment = _shown_under(record)
        known = {one.name for one in found}
        MetricSeries.objects.bulk_create(
            [
                MetricSeries(record=record, run_id=run, experiment=experiment, name=name)
                for name in names
                if name not in known
            ],
            ignore_conflicts=True,
        )
        found = list(there.all())
    return found


def _shown_under(record: Record) -> tuple[int | None, int]:
    """(run, experiment) of a record's series."""
    row = RunRow.objects.filter(Q(record_id=record.id) | Q(source=record.id)).first()
    return (row.record_id, row.experiment) if row else (None, 0)


def _count(series: MetricSeries, points: list[Point]) -> None:
    """Add points to what lists show of a series."""
    for point in points:
        place = (-math.inf if point.step is None else point.step, point.time)
        before = (-math.inf if series.last_step is None else series.last_step, series.last_time)
        value = None if math.isnan(point.value) else point.value
        if (series.count == 0 and series.last_time == 0) or place >= before:
            series.last, series.last_step, series.last_time = value, point.step, point.time
        if value is None:
            continue
        if series.low is None or value < series.low:
            series.low, series.low_step = value, point.step
        if series.high is None or value > series.high:
            series.high, series.high_step = value, point.step
        if math.isfinite(value):
            series.finite += 1
            delta = value - series.mean
            series.mean += delta / series.finite
            series.spread += delta * (value - series.mean)


def _seal(series: MetricSeries) -> None:
    """Turn the rows of a series into a block."""
    rows = list(MetricPoint.objects.filter(series=series).order_by("seq").values_list("seq", "step", "time", "value"))
    step, time, value = _arrays(rows)
    steps = step[step != NO_STEP]
    MetricBlock.objects.create(
        series=series, first=rows[0][0], count=len(rows),
        low_step=int(steps.min()) if len(steps) else None, high_step=int(steps.max()) if len(steps) else None,
        low_time=float(time.min()), high_time=float(time.max()),
        data=step.astype("<i8").tobytes() + time.astype("<f8").tobytes() + value.astype("<f8").tobytes(),
    )  # fmt: skip
    MetricPoint.objects.filter(series=series).delete()
    series.sealed = series.count


def _arrays(rows: list[tuple]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    step = np.array([NO_STEP if one[1] is None else one[1] for one in rows], dtype=np.int64)
    time = np.array([one[2] for one in rows], dtype=np.float64)
    value = np.array([math.nan if one[3] is None else one[3] for one in rows], dtype=np.float64)
    return step, time, value


def read(series: Iterable[MetricSeries], *, keep: int = KEEP, since: dict[int, int] | None = None,
         steps: tuple[float, float] | None = None, times: tuple[float, float] | None = None) -> dict[int, Curve]:  # fmt: skip
    """Series id → its Curve. At most ``keep`` points each, chosen so that peaks stay (0: all); ``since`` (series id → seq) takes
    only points from there on; ``steps`` or ``times`` (both ends included) take what lies between, for full resolution on zoom.
    """
    return {one.id: _curve(one, keep, (since or {}).get(one.id, 0), steps, times) for one in series}


def _curve(series: MetricSeries, keep: int, since: int, steps, times) -> Curve:
    parts = []
    for block in MetricBlock.objects.filter(series=series).order_by("first"):
        if block.first + block.count > since:
            data, size = bytes(block.data), 8 * block.count
            part = (
                np.frombuffer(data[:size], "<i8"),
                np.frombuffer(data[size : 2 * size], "<f8"),
                np.frombuffer(data[2 * size :], "<f8"),
            )
            parts.append(tuple(column[max(since - block.first, 0) :] for column in part))
    tail = MetricPoint.objects.filter(series=series, seq__gte=since).order_by("seq")
    rows = list(tail.values_list("seq", "step", "time", "value"))
    parts.append(_arrays(rows))
    step, time, value = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    seq = since + len(step)
    order = np.lexsort((np.arange(len(step)), time, step))
    step, time, value = step[order], time[order], value[order]
    inside = np.ones(len(step), dtype=bool)
    if steps:
        inside &= (step >= steps[0]) & (step <= steps[1])
    if times:
        inside &= (time >= times[0]) & (time <= times[1])
    step, time, value = step[inside], time[inside], value[inside]
    shown = np.where(step == NO_STEP, np.nan, step.astype(np.float64))
    thinned = bool(keep) and len(step) > keep
    if thinned:
        chosen = np.unique(np.linspace(0, len(step) - 1, keep).astype(int))
        shown, time, value = shown[chosen], time[chosen], value[chosen]
    return Curve(shown, time, value, seq, thinned)


def series_of(records: Iterable[int], names: Iterable[str] | None = None) -> dict[tuple[int, str], MetricSeries]:
    """(id, name) → series, where the id is the record's own or its run's; of many records in one statement."""
    records = set(records)
    found = MetricSeries.objects.filter(Q(record__in=records) | Q(run__in=records))
    if names is not None:
        found = found.filter(name__in=list(names))
    answer = {}
    for one in found:
        for number in {one.record_id, one.run_id} & records:
            answer[number, one.name] = one
    return answer


def forget(record: int) -> None:
    """Drop all that a record has measured: a job that starts again from the beginning."""
    MetricSeries.objects.filter(record_id=record).delete()
