"""BatchGetMetrics: the points of components and jobs, summed up by period.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_metrics_BatchGetMetrics.html
"""

import math

import numpy as np

from areas.permissions import of_arn
from catalog import metrics
from catalog.measures import MetricSeries
from catalog.metrics import Curve
from catalog.models import Record
from engine.context import Context
from engine.operations import operation

PERIODS = {"OneMinute": 60, "FiveMinute": 300, "OneHour": 3600}  # seconds
MOST = 10_000  # values of one result
AT_ONCE = 2_000_000  # points that are in memory at once, unless one series has more
KINDS = ("TrialComponent", "TrainingJob", "ProcessingJob", "TransformJob")
WORDS = {math.inf: "Infinity", -math.inf: "-Infinity"}


@operation("BatchGetMetrics", service="sagemaker-metrics")
def batch_get_metrics(context: Context, request: dict) -> dict:
    """A result for each query, in their order. What can't be answered says so in its own result.

    The x axis is the step, or epoch seconds; ``Start`` and ``End`` are on it, both included. A group's x is its step or where
    its period starts; where axis and period are of two kinds, the x of its last point.
    """
    queries = request["MetricQueries"]
    series = _series(context, queries)
    results: list[dict | None] = [None] * len(queries)
    for some in _portions(
        [(i, one, series.get((one["ResourceArn"], one["MetricName"]))) for i, one in enumerate(queries)]
    ):
        by_step = metrics.read({one.id: one for _, _, one in some if one}.values(), keep=0)
        for i, query, one in some:
            results[i] = _answer(query, by_step[one.id]) if one else _unknown(query)
    return {"MetricQueryResults": results}


def _series(context: Context, queries: list[dict]) -> dict[tuple[str, str], MetricSeries]:
    """(ARN, metric) → series, of what the caller may see in this account and region."""
    arns = {query["ResourceArn"] for query in queries}
    found = {}
    for kind in KINDS:
        mine = [arn for arn in arns if of_arn(arn)[0] == kind]
        if mine:
            rows = Record.objects.filter(connection=context.connection, kind=kind, arn__in=mine)
            found |= dict(context.access.visible(rows, kind).values_list("id", "arn"))
    series = metrics.series_of(found, {query["MetricName"] for query in queries})
    return {(found[number], name): one for (number, name), one in series.items()}


def _portions(asked: list[tuple]):
    """Queries, such that the points of each portion fit into memory; those of one series lie together."""
    portion, points, seen = [], 0, set()
    for one in sorted(asked, key=lambda one: one[2].id if one[2] else 0):
        series = one[2]
        if series and series.id not in seen:
            if portion and points + series.count > AT_ONCE:
                yield portion
                portion, points = [], 0
            seen.add(series.id)
            points += series.count
        portion.append(one)
    yield portion


def _unknown(query: dict) -> dict:
    words = f"There is no metric {query['MetricName']} of {query['ResourceArn']}."
    return {"Status": "ValidationError", "Message": words[:2048], "XAxisValues": [], "MetricValues": []}


def _answer(query: dict, curve: Curve) -> dict:
    on_steps, seconds = query["XAxisType"] == "IterationNumber", PERIODS.get(query["Period"])
    step, time, value = curve.step, curve.time, curve.value
    if on_steps or not seconds:  # a point without a step is on no axis of steps
        known = ~np.isnan(step)
        step, time, value = step[known], time[known], value[known]
    axis = step if on_steps else time
    inside = (axis >= query.get("Start", -math.inf)) & (axis <= query.get("End", math.inf))
    step, time, value = step[inside], time[inside], value[inside]
    if seconds:
        order = np.argsort(time, kind="stable")
        step, time, value = step[order], time[order], value[order]
        group = np.floor(time / seconds)
    else:
        group = step
    if not len(group):
        return {"Status": "Complete", "XAxisValues": [], "MetricValues": []}
    starts = np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1])))
    last = np.append(starts[1:], len(group)) - 1
    if on_steps:
        x = step[last]
    else:
        x = group[starts] * seconds if seconds else np.floor(time[last])
    result = {
        "Status": "Complete",
        "XAxisValues": [int(one) for one in x[:MOST].tolist()],
        "MetricValues": [_said(one) for one in _stat(query["MetricStat"], value, starts, last)[:MOST].tolist()],
    }
    if len(x) > MOST:
        words = (
            f"These are the first {MOST} of {len(x)} values; ask again with Start beyond {result['XAxisValues'][-1]}."
        )
        result |= {"Status": "Truncated", "Message": words}
    return result


def _stat(stat: str, value: np.ndarray, starts: np.ndarray, last: np.ndarray) -> np.ndarray:
    """One number a group; NaN counts, and is what a group is that holds nothing else."""
    if stat == "Count":
        return (last - starts + 1).astype(np.float64)
    if stat == "Last":
        return value[last]
    if stat in ("Min", "Max"):
        return (np.fmin if stat == "Min" else np.fmax).reduceat(value, starts)
    numbers = ~np.isnan(value)
    with np.errstate(all="ignore"):
        count = np.add.reduceat(numbers.astype(np.float64), starts)
        mean = np.add.reduceat(np.where(numbers, value, 0.0), starts) / count
        if stat == "Avg":
            return mean
        away = np.where(numbers, value - np.repeat(mean, last - starts + 1), 0.0)
        return np.sqrt(np.add.reduceat(np.square(away), starts) / count)


def _said(value: float) -> float | str:
    return value if math.isfinite(value) else WORDS.get(value, "NaN")
