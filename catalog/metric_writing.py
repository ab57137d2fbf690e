"""How points get into the tables: all series of all records of a call in a handful of statements."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from django.db.models import Q

from catalog import metric_rows as rows
from catalog.measures import MetricBlock, MetricSeries
from catalog.metric_packing import BLOCK, NO_STEP, Columns, as_tuples, from_lists, join
from catalog.metric_repetitions import without_repetitions
from catalog.metrics import Gone, Point
from catalog.models import Record
from catalog.runs import RunRow

SEAL = 512  # points of a series that wait as rows at most
DIRECT = 256  # as many points at once become a block without having been rows
LONGEST = 255  # characters of a metric's name

Key = tuple[int, str]  # (id of the record, name of the metric)


@dataclass(slots=True)
class Series:
    """A row of MetricSeries: its columns of the same names, in the order in which ``metric_rows`` reads them."""

    id: int
    record: int
    name: str
    count: int
    sealed: int
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

    @property
    def limit(self) -> int:
        """Rows at which it is sealed: not the same for all, or the metrics of a run would all reach it in one request."""
        return SEAL - self.id % (SEAL // 2 or 1)

    def sums(self) -> tuple:
        """Its changeable columns, then its id."""
        return (
            self.count, self.sealed, self.last, self.last_step, self.last_time, self.low, self.low_step, self.high,
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
        waiting, blocks = [], []
        for one, points in pairs:
            _sum_up(one, points)
            is_block = len(points) >= DIRECT or _has_negative_zero(points)
            full = one.count - one.sealed + len(points) >= one.limit
            (blocks if is_block or full else waiting).append((one, points))
        rows.insert(
            [(one.id, seq, *point) for one, points in waiting for seq, point in enumerate(as_tuples(points), one.count)]
        )
        _seal(blocks)
        for one, points in pairs:
            one.count += len(points)
        for one, _ in blocks:
            one.sealed = one.count
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


def _has_negative_zero(points: Columns) -> bool:
    """SQLite keeps -0 as 0 in a row; a block keeps it."""
    return bool((points.bits == NO_STEP).any())


def _seal(pairs: list[tuple[Series, Columns]]) -> None:
    """Turn the rows of series, and what comes after them, into blocks. ``count`` is still what it was before."""
    before = rows.take_all([one.id for one, _ in pairs if one.count > one.sealed])
    blocks = []
    for one, points in pairs:
        whole = join([before[one.id], points]) if one.id in before else points
        starts = range(0, len(whole), BLOCK)
        blocks += [_block(one.id, one.sealed + start, whole[start : start + BLOCK]) for start in starts]
    MetricBlock.objects.bulk_create(blocks, batch_size=50)


def _block(series: int, first: int, points: Columns) -> MetricBlock:
    steps = points.step[points.step != NO_STEP]
    return MetricBlock(
        series_id=series, first=first, count=len(points), data=points.pack(),
        low_step=int(steps.min()) if len(steps) else None, high_step=int(steps.max()) if len(steps) else None,
        low_time=float(points.time.min()), high_time=float(points.time.max()),
    )  # fmt: skip


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
