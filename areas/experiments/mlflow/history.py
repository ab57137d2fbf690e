"""Points of metrics on their way out: the whole history of one, or what a chart needs of many runs."""

from collections.abc import Iterator

import numpy as np

from areas.experiments.mlflow import found
from areas.experiments.mlflow.asked import Asked, wire_number
from areas.experiments.mlflow.errors import invalid
from areas.experiments.mlflow.searching import make_token, read_token
from areas.experiments.resource import TRIAL_COMPONENT
from catalog import metrics
from catalog.metrics import Curve
from catalog.models import Record

RUNS, POINTS, SAMPLED = 100, 25_000, 2500  # of one answer; of one run where they are chosen


def get(asked: Asked) -> dict:
    """All points of a metric in the order of their steps, or a page of them where ``max_results`` is given."""
    run = found.run_of(asked, asked.run_id())
    key = asked.text("metric_key")
    series = metrics.series_of([run.id], [key]).get((run.id, key))
    if series is None:
        return {"metrics": []}
    points = list(_points(metrics.read([series], keep=0)[series.id]))
    if (limit := asked.whole("max_results", low=1)) is None:
        return {"metrics": [{"key": key, **one} for one in points]}
    start = read_token(asked.text("page_token", ""))
    answer = {"metrics": [{"key": key, **one} for one in points[start : start + limit]]}
    if start + limit < len(points):
        answer["next_page_token"] = make_token(start + limit)
    return answer


def bulk(asked: Asked) -> dict:
    """The points of one metric of up to 100 runs, together up to 25,000."""
    limit = min(asked.whole("max_results", POINTS, low=1), POINTS)
    curves = _curves(asked, asked.items("run_id", str), keep=0)
    chosen = [
        {"key": asked.given["metric_key"], **point, "run_id": run} for run, curve in curves for point in _points(curve)
    ]
    return {"metrics": chosen[:limit]}


def bulk_interval(asked: Asked) -> dict:
    """Of each run the points that keep the shape of its curve, all or between two steps."""
    keep = asked.whole("max_results", SAMPLED, low=1, high=SAMPLED)
    start, end = asked.whole("start_step"), asked.whole("end_step")
    if (start is None) != (end is None):
        raise invalid("If either start step or end step are specified, both must be specified.")
    if start is not None and start > end:
        raise invalid(f"end_step must be greater than start_step. Found start_step={start} and end_step={end}.")
    steps = None if start is None else (start, end)
    curves = _curves(asked, asked.items("run_ids", str), keep=keep, steps=steps)
    key = asked.given["metric_key"]
    return {"metrics": [{"key": key, **point, "run_id": run} for run, curve in curves for point in _points(curve)]}


def _curves(asked: Asked, run_ids: list[str], **how) -> list[tuple[str, Curve]]:
    if not run_ids:
        raise invalid("The request must specify at least one run id.")
    if len(run_ids) > RUNS:
        raise invalid(f"The request must specify at most {RUNS} run ids. Received {len(run_ids)}.")
    key = asked.text("metric_key")
    rows = Record.objects.filter(connection_id=asked.connection.id, kind=TRIAL_COMPONENT.noun, name__in=run_ids)
    names = dict(asked.access.visible(rows, TRIAL_COMPONENT.noun).values_list("name", "id"))
    series = metrics.series_of(names.values(), [key])
    wanted = {name: series[number, key] for name, number in sorted(names.items()) if (number, key) in series}
    curves = metrics.read(wanted.values(), **how)
    return [(name, curves[one.id]) for name, one in wanted.items()]


def _points(curve: Curve) -> Iterator[dict]:
    times = np.rint(curve.time * 1000).astype(np.int64).tolist()
    steps = np.nan_to_num(curve.step).astype(np.int64).tolist()
    for value, time, step in zip(curve.value.tolist(), times, steps, strict=True):
        yield {"value": wire_number(value), "timestamp": time, "step": step}
