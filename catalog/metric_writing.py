"""How points get into the tables: all series of all records of a call in a handful of statements."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from django.db.models import Q

from catalog import metric_rows as rows
from catalog.measures import MetricSeries
from catalog.metric_packing import BLOCK, NO_STEP, Columns, from_lists, join, unpack
from catalog.metric_repetitions import without_repetitions
from catalog.metrics import Gone, Point
from catalog.models import Record
from catalog.runs import RunRow

# Where the points of a series pass a multiple of one of these, the blocks since the multiple before become one. So a block is
# rewritten a few times at most, and a series of a million points has less than a hundred blocks, and a few dozen small ones.
SIZES = (16_384, 1024, 32)
FEW = 8  # blocks that are worth being made one
SPREAD = 7919  # a prime: the metrics of a run don't all pass a multiple in the same call
LONGEST = 255  # characters of a metric's name

Key = tuple[int, str]  # (id of the record, name of the metric)


@dataclass(slots=True)
class Series:
    """A row of MetricSeries: its columns of the same names, in the order in which ``metric_rows`` reads them."""

    id: int
    record: int
    name: str
    count: int
    last: float | None
    last_step: int | None
    last_time: float
    low: float | None
    low_step: int | None
    high: float | None
    high_step: int | None
    finite: int
    mean: float
    spread: float

    def sums(self) -> tuple:
        """Its changeable columns, then its id."""
        return (
            self.count, self.last, self.last_step, self.last_time, self.low, self.low_step, self.high,
            self.high_step, self.finite, self.mean, self.spread, self.id,
        )  # fmt: skip


def write(items: Iterable[tuple[int, Iterable[Point]]]) -> None:
    """See ``catalog.metrics.append_all``."""
    new = _columns(items)
    if not new:
        return
    with transaction.atomic():
        series = _locked(sorted(new))
        pairs = without_repetitions([(series[key], new[key]) for key in sorted(new)])
        _add_blocks(pairs)
        for one, points in pairs:
            _sum_up(one, points)
            one.count += len(points)
        rows.update_series([one.sums() for one, _ in pairs])


def _columns(items: Iterable[tuple[int, Iterable[Point]]]) -> dict[Key, Columns]:
    """The points of a call by series, in the order of their arrival. Raises ValueError."""
    lists: dict[Key, tuple[list, list, list]] = {}
    for record, points in items:
        for point in points:
            found = lists.get((record, point.name))
            if found is None:
                found = lists[record, point.name] = ([], [], [])
                if not 0 < len(point.name) <= LONGEST or "\0" in point.name:
                    raise ValueError(
                        f"A metric's name has 1 to {LONGEST} characters and no NUL; {point.name[:40]!r} is none."
                    )
            found[0].append(point.step)
            found[1].append(point.time)
            found[2].append(point.value)
    columns = {}
    for key, found in lists.items():
        try:
            columns[key] = from_lists(*found)
        except OverflowError:
            raise ValueError(f"A step of {key[1]} is beyond int64.") from None
        if not np.isfinite(columns[key].time).all():
            raise ValueError(f"A time of {key[1]} is no number of seconds.")
        if NO_STEP in found[0]:
            raise ValueError(f"A step of {key[1]} is {NO_STEP}; it must be greater.")
    return columns


def _locked(keys: list[Key]) -> dict[Key, Series]:
    """The series of these keys, made where missing, locked in one order."""
    found = _read(keys)
    missing = [key for key in keys if key not in found]
    if missing:
        _make(missing)
        found = _read(keys)
    return found


def _read(keys: list[Key]) -> dict[Key, Series]:
    records, names = {record for record, _ in keys}, {name for _, name in keys}
    found = (Series(*row) for row in rows.lock_series(sorted(records), sorted(names)))
    return {(one.record, one.name): one for one in found}


def _make(keys: list[Key]) -> None:
    records = {record for record, _ in keys}
    there = set(Record.objects.filter(id__in=records).values_list("id", flat=True))
    if gone := records - there:
        raise Gone(f"There is no record {min(gone)}.")
    shown = _shown_under(records)
    MetricSeries.objects.bulk_create(
        [
            MetricSeries(record_id=record, name=name, run_id=shown[record][0], experiment=shown[record][1])
            for record, name in keys
        ],
        ignore_conflicts=True,
    )


def _shown_under(records: set[int]) -> dict[int, tuple[int | None, int]]:
    """(run, experiment) of each record's series: a run's own, or those of the job that a run stands for."""
    found: dict[int, tuple[int | None, int]] = dict.fromkeys(records, (None, 0))
    for row in RunRow.objects.filter(Q(record__in=records) | Q(source__in=records)).order_by("-record_id"):
        for number in {row.record_id, row.source} & records:
            found[number] = (row.record_id, row.experiment)
    return found


def _add_blocks(pairs: list[tuple[Series, Columns]]) -> None:
    """Write the new points as blocks, those before them in them where that is due. ``count`` is still what it was before."""
    starts = ((one, _start(one, len(points))) for one, points in pairs)
    found = rows.fetch([(one.id, start, rows.END) for one, start in starts if start is not None])
    rows.delete_blocks([number for _, _, number, _ in found])
    before: dict[int, list] = {}
    for series, first, _, data in found:
        before.setdefault(series, []).append((first, unpack(data)))
    blocks = []
    for one, points in pairs:
        parts = before.get(one.id, [])
        first = parts[0][0] if parts else one.count
        whole = join([*(part for _, part in parts), points])
        blocks += [(one.id, first + at, whole[at : at + BLOCK]) for at in range(0, len(whole), BLOCK)]
    rows.insert_blocks(blocks)


def _start(series: Series, new: int) -> int | None:
    """From which point on the blocks of a series become one with ``new`` points; None if they stay."""
    before = series.count + series.id * SPREAD
    for size in SIZES:
        if before // size != (before + new) // size and size >= FEW * new:
            return max(before // size * size - series.id * SPREAD, 0)
    return None


def _sum_up(series: Series, points: Columns) -> None:
    """Add points to what lists show of a series."""
    _sum_last(series, points)
    numbers = np.flatnonzero(points.value == points.value)
    if not len(numbers):
        return
    value = points.value[numbers]
    least, greatest = int(value.argmin()), int(value.argmax())
    if series.low is None or value[least] < series.low:
        series.low, series.low_step = float(value[least]), _step_at(points, numbers[least])
    if series.high is None or value[greatest] > series.high:
        series.high, series.high_step = float(value[greatest]), _step_at(points, numbers[greatest])
    _sum_mean(series, value[np.isfinite(value)])


def _sum_last(series: Series, points: Columns) -> None:
    places = np.flatnonzero(points.step == points.step.max())
    at = places[len(places) - 1 - int(points.time[places][::-1].argmax())]
    place = (int(points.step[at]), float(points.time[at]))
    if series.count == 0 or place >= (NO_STEP if series.last_step is None else series.last_step, series.last_time):
        value = float(points.value[at])
        series.last = None if math.isnan(value) else value
        series.last_step, series.last_time = _step_at(points, at), place[1]


def _sum_mean(series: Series, value: np.ndarray) -> None:
    """Mean and sum of squared differences of two sets, from those of each (Chan, Golub and LeVeque)."""
    count = len(value)
    if not count:
        return
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float((value / count).sum())
        spread = float(np.square(value - mean).sum())
        both = series.finite + count
        delta = mean - series.mean
        if series.finite:
            spread += series.spread + delta * (delta * (series.finite / both)) * count
            mean = series.mean * (series.finite / both) + mean * (count / both)
    series.finite, series.mean = both, mean
    series.spread = math.inf if math.isnan(spread) else spread


def _step_at(points: Columns, at: int) -> int | None:
    step = int(points.step[at])
    return None if step == NO_STEP else step
