"""What AWS answers about the metrics of trial components: their sums, not their points."""

import math
from collections.abc import Iterable

from catalog.measures import MetricSeries
from catalog.metrics import series_of
from catalog.models import Record


def sums(components: Iterable[int]) -> dict[int, list[dict]]:
    """TrialComponentMetricSummary of each metric, by the id of the component's Record; those of its job are among them."""
    found: dict[int, list[dict]] = {number: [] for number in components}
    series = sorted(series_of(found).items(), key=lambda item: item[0])
    arns = dict(Record.objects.filter(id__in={one.record_id for _, one in series}).values_list("id", "arn"))
    for (number, _), one in series:
        found[number].append(_summary(one, arns.get(one.record_id, "")))
    return found


def _summary(series: MetricSeries, arn: str) -> dict:
    """What JSON can't say (NaN, infinities) is left out."""
    numbers = {"Max": series.high, "Min": series.low, "Last": series.last}
    if series.finite:
        numbers |= {"Avg": series.mean, "StdDev": math.sqrt(series.spread / series.finite)}
    return {
        "MetricName": series.name, "SourceArn": arn, "TimeStamp": series.last_time, "Count": series.count,
        **{member: value for member, value in numbers.items() if value is not None and math.isfinite(value)},
    }  # fmt: skip
