"""The statements that write metrics, for SQLite and for PostgreSQL: one for many rows, and no model's object for each."""

import json
from collections.abc import Iterable

from django.db import connection

from catalog.measures import MetricBlock, MetricPoint
from catalog.metric_packing import Columns, from_rows, unpack

_LOCK = {
    "sqlite": """
        SELECT id, record_id, name, count, sealed, last, last_step, last_time, low, low_step, high, high_step, finite, mean,
            spread
        FROM catalog_metricseries
        WHERE record_id IN (SELECT value FROM json_each(%s)) AND name IN (SELECT value FROM json_each(%s))
    """,
    "postgresql": """
        SELECT id, record_id, name, count, sealed, last, last_step, last_time, low, low_step, high, high_step, finite, mean,
            spread
        FROM catalog_metricseries WHERE record_id = ANY(%s) AND name = ANY(%s)
        ORDER BY record_id, name FOR NO KEY UPDATE
    """,
}
_INSERT = {
    "sqlite": "INSERT INTO catalog_metricpoint (series_id, seq, step, time, value) VALUES (%s, %s, %s, %s, %s)",
    "postgresql": """
        INSERT INTO catalog_metricpoint (series_id, seq, step, time, value)
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::float8[], %s::float8[])
    """,
}
_UPDATE = {
    "sqlite": """
        UPDATE catalog_metricseries SET count = %s, sealed = %s, last = %s, last_step = %s, last_time = %s, low = %s,
            low_step = %s, high = %s, high_step = %s, finite = %s, mean = %s, spread = %s
        WHERE id = %s
    """,
    "postgresql": """
        UPDATE catalog_metricseries SET count = new.count, sealed = new.sealed, last = new.last,
            last_step = new.last_step, last_time = new.last_time, low = new.low, low_step = new.low_step, high = new.high,
            high_step = new.high_step, finite = new.finite, mean = new.mean, spread = new.spread
        FROM unnest(%s::bigint[], %s::bigint[], %s::float8[], %s::bigint[], %s::float8[], %s::float8[], %s::bigint[],
            %s::float8[], %s::bigint[], %s::bigint[], %s::float8[], %s::float8[], %s::bigint[])
            AS new(count, sealed, last, last_step, last_time, low, low_step, high, high_step, finite, mean, spread, id)
        WHERE catalog_metricseries.id = new.id
    """,
}


def lock_series(records: list[int], names: list[str]) -> list[tuple]:
    """The rows (as ``metric_writing.Series`` has them) of all series of these records and names, ours till the transaction ends."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":  # the transaction holds the database
            cursor.execute(_LOCK["sqlite"], [json.dumps(records), json.dumps(names)])
        else:
            cursor.execute(_LOCK["postgresql"], [records, names])
        return cursor.fetchall()


def insert(points: list[tuple]) -> None:
    """Rows of MetricPoint: (series, seq, step, time, value)."""
    _write(_INSERT, points)


def update_series(sums: list[tuple]) -> None:
    """Rows of MetricSeries: what is behind the name, then the id."""
    _write(_UPDATE, sums)


def _write(statement: dict[str, str], tuples: list[tuple]) -> None:
    if not tuples:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(statement["sqlite"], tuples)
        else:
            cursor.execute(statement["postgresql"], [list(column) for column in zip(*tuples, strict=True)])


def take_all(series: list[int]) -> dict[int, Columns]:
    """What series have as rows, by series, in the order of arrival; the rows are gone after that."""
    if not series:
        return {}
    rows = MetricPoint.objects.filter(series__in=series)
    found = by_series(rows.order_by("series", "seq").values_list("series_id", "step", "time", "value"))
    rows.delete()
    return found


def by_series(rows: Iterable[tuple]) -> dict[int, Columns]:
    """Rows (series, …, step, time, value) as the columns of each series."""
    lists: dict[int, list[tuple]] = {}
    for row in rows:
        lists.setdefault(row[0], []).append(row)
    return {number: from_rows(found) for number, found in lists.items()}


def overlapping(
    series: list[int], times: tuple[float, float], steps: tuple[int, int] | None
) -> dict[int, list[Columns]]:
    """The points of series, by series, that may lie in these times, and in these steps if given: some lie outside."""
    near = MetricPoint.objects.filter(series__in=series, time__range=times)
    found = {
        number: [points] for number, points in by_series(near.values_list("series_id", "step", "time", "value")).items()
    }
    blocks = MetricBlock.objects.filter(series__in=series, low_time__lte=times[1], high_time__gte=times[0])
    if steps:
        blocks = blocks.filter(low_step__lte=steps[1], high_step__gte=steps[0])
    for number, data in blocks.values_list("series_id", "data"):
        found.setdefault(number, []).append(unpack(data))
    return found
