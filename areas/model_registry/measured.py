"""A version's metrics in the catalog, so that lists show, sort and chart them: a series of one point for each number.

They come from its evaluation report (``ModelMetrics.ModelQuality.Statistics``) and from the training job that made it; where both
have a number of the same name, the report's counts. Neither can be changed once a version is registered.
"""

import math
from collections.abc import Callable
from contextlib import suppress

from catalog import metrics
from catalog.models import MetricSeries, Record
from registry.checks.case import CannotMeasure, read_json
from registry.checks.metric import find_jobs, numbers_of

MOST = 200  # metrics of a version
LARGEST = 2_000_000  # bytes of a report that is read when a version is registered


def report_uri(document: dict) -> str:
    quality = (document.get("ModelMetrics") or {}).get("ModelQuality") or {}
    return (quality.get("Statistics") or {}).get("S3Uri", "")


def keep_metrics(record: Record, read: Callable[[str], object]) -> dict[str, float]:
    """Write down what a version's job and its report (read by ``read(uri)``, which may raise CannotMeasure) measured."""
    found: dict[str, float] = {}
    jobs = find_jobs(record.connection, record.document)
    for one in (jobs[0].document.get("FinalMetricDataList") or ()) if jobs else ():
        found[one["MetricName"]] = float(one["Value"])
    if uri := report_uri(record.document):
        with suppress(CannotMeasure):  # the version's page says why; the approval desk's checks fail with it
            found |= numbers_of(read(uri))
    kept = {name[:255]: value for name, value in list(found.items())[:MOST] if math.isfinite(value)}
    when = record.created.timestamp()
    metrics.append(record, [metrics.Point(name, value, when) for name, value in kept.items()])
    return kept


def keep_missing(records: list[Record]) -> None:
    """Measure those versions of an AWS account that nobody has measured yet: their reports are read by the connection's S3."""
    away = [record for record in records if not record.connection.is_embedded]
    known = set(MetricSeries.objects.filter(record__in=away).values_list("record_id", flat=True)) if away else set()
    for record in away:
        if record.id not in known:
            keep_metrics(record, lambda uri, record=record: read_json(record.connection, uri))
