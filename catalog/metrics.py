"""Metrics: added to, summed up, read again. With ``catalog.metric_writing`` and ``catalog.metric_reading``, which do the work,
the only code that touches points (``catalog.measures``). Series, the sums that lists show, may be read by everybody.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from django.db.models import Q

from catalog.measures import MetricSeries
from catalog.metric_packing import Columns
from catalog.models import Record
from catalog.runs import RunRow

KEEP = 2000  # points of a series that a chart draws


class Gone(LookupError):
    """There is no record of this number (any more)."""


@dataclass(frozen=True, slots=True)
class Point:
    """One measured value. ``time`` is epoch seconds; ``value`` may be NaN or infinite; ``step`` is None where nobody counted,
    else any int64 but the least.
    """

    name: str
    value: float
    time: float
    step: int | None = None


@dataclass(frozen=True)
class Curve:
    """Points of a series in the order of (step, time), or of (time, step) if asked for by time; among equals in that of their
    arrival. Arrays of one length; a step that nobody gave is NaN.
    """

    step: np.ndarray  # float64
    time: np.ndarray  # float64, epoch seconds
    value: np.ndarray  # float64, NaN and infinities among them
    seq: int  # how many points the series had when this was read: ask for what comes after with ``since``
    thinned: bool


def append(record: Record, points: Iterable[Point]) -> None:
    """Add points to a record's series, making series that aren't there. Once the surrounding transaction is committed they are
    kept; exact repetitions (same name, step, time and value: a client that tried again) are kept once.

    Raises ValueError where a point can't be kept: a name that is empty, longer than 255 characters or with a NUL in it, a time
    that isn't finite, a step beyond int64. Nothing is written then.
    """
    append_all([(record.id, points)])


def append_all(items: Iterable[tuple[int, Iterable[Point]]]) -> None:
    """``append`` for several records (by id), in one transaction. Raises Gone if a record isn't there."""
    from catalog.metric_writing import write

    write(items)


def read(series: Iterable[MetricSeries], *, keep: int = KEEP, since: dict[int, int] | None = None, by: str = "step",
         steps: tuple[float, float] | None = None, times: tuple[float, float] | None = None) -> dict[int, Curve]:  # fmt: skip
    """Series id → its Curve, in a fixed number of statements. At most ``keep`` points each, chosen so that peaks stay (0: all);
    ``since`` (series id → seq) takes only points from there on; ``steps`` or ``times`` (both ends included) take what lies
    between, for full resolution on zoom. ``by`` is ``step`` or ``time``: the axis that the curves are ordered and thinned by.
    """
    from catalog.metric_reading import curves

    return curves(list(series), keep, since or {}, by, steps, times)


def arrived(series: Iterable[MetricSeries], since: dict[int, int], limit: int) -> dict[int, Columns]:
    """Series id → its points from ``since`` (series id → seq) on, in the order of their arrival: of the first series, then of
    the next, ``limit`` in all. For what pages through everything.
    """
    from catalog.metric_reading import arrived

    return arrived(list(series), since, limit)


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


def keep_sums(sums: dict[int, list[dict]]) -> None:
    """Write TrialComponentMetricSummary of an AWS account (Record's id → summaries, times in epoch seconds) as series that have
    no points here: lists and searches know them, charts have nothing to draw. What AWS tells no more of is dropped.
    """
    homes = dict(RunRow.objects.filter(record__in=sums).values_list("record", "experiment"))
    rows = [_summed(number, homes.get(number, 0), one) for number, all_of_it in sums.items() for one in all_of_it]
    members = ["run", "experiment", "count", "last", "last_time", "low", "high", "finite", "mean", "spread"]
    MetricSeries.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["record", "name"], update_fields=members
    )
    told = {(row.record_id, row.name) for row in rows}
    there = MetricSeries.objects.filter(record__in=sums).values_list("id", "record", "name")
    MetricSeries.objects.filter(id__in=[number for number, *place in there if tuple(place) not in told]).delete()


def _summed(number: int, experiment: int, one: dict) -> MetricSeries:
    count = one.get("Count") or 0
    return MetricSeries(
        record_id=number, run_id=number, experiment=experiment, name=one["MetricName"], count=count, finite=count,
        last=one.get("Last"), last_time=one.get("TimeStamp") or 0, low=one.get("Min"), high=one.get("Max"),
        mean=one.get("Avg") or 0, spread=(one.get("StdDev") or 0) ** 2 * count,
    )  # fmt: skip
