"""Metric points as charts want them: whole series, thinned without losing their shape, or only what is new."""

from django.db.models import Max, Min

from catalog.models import MetricPoint

KEEP = 1500  # points of one series that a first load sends
READ = 400_000  # rows that one answer reads at most


def read_series(record_id: int, *, since: int = 0, names: list[str] | None = None, keep: int = KEEP,
                between: tuple[float, float] | None = None) -> dict:  # fmt: skip
    """The points of a record after row ``since``, by metric name.

    Returns ``{"series": {name: {"step": [int|None], "time": [epoch seconds], "value": [float|None]}}, "cursor": int,
    "thinned": bool}``. ``between`` takes only points between two times (epoch seconds), for full resolution on zoom.
    Series longer than ``keep`` are thinned: of each bucket its first, lowest, highest and last point stay.
    """
    points = MetricPoint.objects.filter(record_id=record_id, id__gt=since)
    if names:
        points = points.filter(name__in=names)
    if between:
        from datetime import UTC, datetime

        points = points.filter(time__range=[datetime.fromtimestamp(edge, UTC) for edge in between])
    series, cursor, thinned = {}, since, False
    for row, name, step, time, value in points.order_by("id").values_list("id", "name", "step", "time", "value")[:READ]:
        one = series.setdefault(name, {"step": [], "time": [], "value": []})
        one["step"].append(step)
        one["time"].append(time.timestamp())
        one["value"].append(value)
        cursor = row
    for name, one in series.items():
        if len(one["value"]) > keep:
            series[name], thinned = _thin(one, keep), True
    return {"series": series, "cursor": cursor, "thinned": thinned}


def last_values(record_id: int) -> dict[str, dict]:
    """Of each metric its last, lowest and highest value: ``{name: {"last", "step", "min", "max", "points"}}``.

    Two queries, whatever the number of points: SQL groups, then the last rows are read by id.
    """
    from django.db.models import Count

    rows = (
        MetricPoint.objects.filter(record_id=record_id)
        .values("name")
        .annotate(last_id=Max("id"), low=Min("value"), high=Max("value"), points=Count("id"))
        .order_by("name")
    )
    found = {row["name"]: row for row in rows}
    last = MetricPoint.objects.in_bulk([row["last_id"] for row in found.values()])
    return {
        name: {
            "last": last[row["last_id"]].value, "step": last[row["last_id"]].step, "time": last[row["last_id"]].time,
            "min": row["low"], "max": row["high"], "points": row["points"],
        }
        for name, row in found.items()
    }  # fmt: skip


def last_row(record_id: int) -> int:
    """The id of a record's newest point, 0 if it has none: what an ETag is made of."""
    return MetricPoint.objects.filter(record_id=record_id).aggregate(last=Max("id"))["last"] or 0


def _thin(one: dict, keep: int) -> dict:
    values, count = one["value"], len(one["value"])
    buckets = max(1, keep // 4)
    chosen = set()
    for bucket in range(buckets):
        start, end = bucket * count // buckets, (bucket + 1) * count // buckets
        inside = [i for i in range(start, end) if values[i] is not None]
        chosen |= {start, end - 1}
        if inside:
            chosen |= {min(inside, key=values.__getitem__), max(inside, key=values.__getitem__)}
    order = sorted(chosen)
    return {field: [column[i] for i in order] for field, column in one.items()}
