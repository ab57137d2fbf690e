"""The metrics of namespace AWS/SageMaker that endpoints have, by period and statistic, from what the data plane counted.

As on AWS (docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html): each request is one sample; of errors it is
1 or 0, so that Average is the share of the requests. Latencies are in microseconds. Three hours back there is every
statistic, ten seconds at a time; before that minutes, with Sum, SampleCount and Average.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db.models import Q

from catalog.models import Record, TrafficPoint
from engine.errors import AwsError, unsupported
from engine.hosting.histogram import Histogram
from engine.hosting.traffic import COUNTS, KEPT_HOURS, LATENCIES, SECONDS
from engine.models import TrafficSlice

NAMESPACE = "AWS/SageMaker"
METRICS = {**COUNTS, **LATENCIES}
DIMENSIONS = ("EndpointName", "VariantName", "EndpointConfigName")
SIMPLE = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
LAG = 3.0  # seconds until what happened is written for certain


@dataclass(frozen=True)
class Series:
    """One metric of one endpoint. ``fleet``: only of the servers of that deployment (engine.hosting)."""

    connection: int
    metric: str
    dimensions: dict[str, str]
    statistic: str  # Sum, …, or p90
    fleet: int | None = None

    @property
    def unit(self) -> str:
        return "Microseconds" if self.metric in LATENCIES else "Count"


@dataclass
class Bin:
    """The samples of one period."""

    count: int = 0
    total: float = 0.0
    low: float | None = None
    high: float | None = None
    histogram: Histogram | None = field(default=None)

    def add(self, count: int, total: float, low: float | None = None, high: float | None = None) -> None:
        self.count += count
        self.total += total
        if low is not None:
            self.low = low if self.low is None else min(self.low, low)
            self.high = high if self.high is None else max(self.high, high)

    def value(self, statistic: str) -> float | None:
        """None where there are no samples, or this statistic of them isn't kept."""
        if not self.count:
            return None
        if statistic in SIMPLE:
            average = self.total / self.count
            return {"SampleCount": float(self.count), "Average": average, "Sum": float(self.total),
                    "Minimum": self.low, "Maximum": self.high}[statistic]  # fmt: skip
        share = float(statistic[1:]) / 100
        if self.histogram is not None:
            return self.histogram.percentile(share)
        if self.low is None:
            return None
        if self.low == self.high:
            return self.low
        return 1.0 if self.count - self.total < share * self.count else 0.0  # samples that are 0 or 1


def series(
    connection: int, namespace: str, metric: str, dimensions: list[dict], statistic: str, fleet: int | None = None
) -> Series:
    """Check what is asked for. InvalidParameterValue or ValidationException says what there is not."""
    if namespace != NAMESPACE:
        raise unsupported(f"A metric of namespace {namespace} (only {NAMESPACE} has metrics)")
    if metric not in METRICS:
        raise unsupported(f"The metric {metric} of {namespace} (it has {', '.join(METRICS)})")
    found = {one["Name"]: one["Value"] for one in dimensions}
    if strange := sorted(set(found) - set(DIMENSIONS)):
        raise unsupported(f"The dimension {strange[0]} of {namespace} (it has {', '.join(DIMENSIONS)})")
    if "EndpointName" not in found:
        raise AwsError("InvalidParameterValue", f"The metric {metric} of {namespace} needs the dimension EndpointName.")
    if statistic not in SIMPLE and not re.fullmatch(r"p(100|\d{1,2}(\.\d{1,10})?)", statistic):
        raise unsupported(f"The statistic {statistic} (there are {', '.join(SIMPLE)} and p0 to p100)")
    return Series(connection, metric, found, statistic, fleet)


def values(asked: Series, period: int, start: float, end: float, now: float) -> dict[int, float]:
    """The values by start of period (epoch seconds), of periods counted from ``start`` on. None without requests."""
    record = Record.objects.filter(
        connection=asked.connection, kind="Endpoint", name=asked.dimensions["EndpointName"]
    ).first()
    if record is None:
        return {}
    bins: dict[int, Bin] = {}
    first = int(start)
    horizon = max(first, int(now - KEPT_HOURS * 3600) // 60 * 60)
    if first < horizon and asked.fleet is None and "EndpointConfigName" not in asked.dimensions:
        _add_minutes(bins, asked, record, period, first, min(horizon, end))
    _add_slices(bins, asked, record, period, first, horizon, end)
    found = {at: bins[at].value(asked.statistic) for at in sorted(bins)}
    return {at: value for at, value in found.items() if value is not None}


def _add_slices(bins: dict, asked: Series, record: Record, period: int, first: int, start: int, end: float) -> None:
    rows = TrafficSlice.objects.filter(record=record, start__gte=start // SECONDS * SECONDS, start__lt=end)
    if variant := asked.dimensions.get("VariantName"):
        rows = rows.filter(variant=variant)
    if config := asked.dimensions.get("EndpointConfigName"):
        rows = rows.filter(config=config)
    if asked.fleet is not None:
        rows = rows.filter(fleet=asked.fleet)
    column = METRICS[asked.metric]
    for at, count, value in rows.values_list("start", "invocations", column):
        place = bins.setdefault(first + (at - first) // period * period, Bin())
        if asked.metric in COUNTS:
            low, high = float(value == count), float(value > 0)
            place.add(count, value, low, high)
            continue
        found = Histogram.read(value)
        if found.count:
            place.add(found.count, found.total, found.low, found.high)
            place.histogram = place.histogram or Histogram()
            place.histogram.merge(found)


def _add_minutes(bins: dict, asked: Series, record: Record, period: int, first: int, end: float) -> None:
    variant = asked.dimensions.get("VariantName")
    between = [datetime.fromtimestamp(edge, UTC) for edge in (first, end)]
    rows = TrafficPoint.objects.filter(record=record, time__gte=between[0], time__lt=between[1])
    minutes: dict[tuple[int, str], dict[str, float]] = {}
    rows = rows.filter(Q(name__startswith="Invocations/") | Q(name__startswith=f"{asked.metric}/"))
    for name, step, value in rows.values_list("name", "step", "value"):
        metric, _, of = name.partition("/")
        if not variant or of == variant:
            minutes.setdefault((step, of), {})[metric] = value
    for (step, _), found in minutes.items():
        count, value = int(found.get("Invocations") or 0), found.get(asked.metric)
        if count and value is not None:
            place = bins.setdefault(first + (step * 60 - first) // period * period, Bin())
            place.add(count, value * count if asked.metric in LATENCIES else value)
