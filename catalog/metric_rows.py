"""The statements that write metrics, for SQLite and for PostgreSQL: one for many rows, and no model's object for each."""

import json
import math
from operator import itemgetter

from django.db import connection

from catalog.measures import MetricBlock
from catalog.metric_packing import BLOCK, NO_STEP, Columns

_LOCK = {
    "sqlite": """
        SELECT id, record_id, name, count, last, last_step, last_time, low, low_step, high, high_step, finite, mean, spread
        FROM catalog_metricseries
        WHERE record_id IN (SELECT value FROM json_each(%s)) AND name IN (SELECT value FROM json_each(%s))
    """,
    "postgresql": """
        SELECT id, record_id, name, count, last, last_step, last_time, low, low_step, high, high_step, finite, mean, spread
        FROM catalog_metricseries WHERE record_id = ANY(%s) AND name = ANY(%s)
        ORDER BY record_id, name FOR NO KEY UPDATE
    """,
}
_UPDATE = {
    "sqlite": """
        UPDATE catalog_metricseries SET count = %s, last = %s, last_step = %s, last_time = %s, low = %s, low_step = %s,
            high = %s, high_step = %s, finite = %s, mean = %s, spread = %s
        WHERE id = %s
    """,
    "postgresql": """
        UPDATE catalog_metricseries SET count = new.count, last = new.last, last_step = new.last_step,
            last_time = new.last_time, low = new.low, low_step = new.low_step, high = new.high, high_step = new.high_step,
            finite = new.finite, mean = new.mean, spread = new.spread
        FROM unnest(%s::bigint[], %s::float8[], %s::bigint[], %s::float8[], %s::float8[], %s::bigint[], %s::float8[],
            %s::bigint[], %s::bigint[], %s::float8[], %s::float8[], %s::bigint[])
            AS new(count, last, last_step, last_time, low, low_step, high, high_step, finite, mean, spread, id)
        WHERE catalog_metricseries.id = new.id
    """,
}
_INSERT = {
    "sqlite": """
        INSERT INTO catalog_metricblock (series_id, first, count, low_step, high_step, low_time, high_time, data)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    """,
    "postgresql": """
        INSERT INTO catalog_metricblock (series_id, first, count, low_step, high_step, low_time, high_time, data)
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::bigint[], %s::bigint[], %s::float8[], %s::float8[],
            %s::bytea[])
    """,
}
_FETCH = {
    "sqlite": """
        SELECT series_id, first, block.id, data FROM json_each(%s) AS wanted
        JOIN catalog_metricblock AS block ON series_id = json_extract(wanted.value, '$[0]')
            AND first > json_extract(wanted.value, '$[1]') - %s AND first < json_extract(wanted.value, '$[2]')
        WHERE first + count > json_extract(wanted.value, '$[1]')
            AND (%s OR (low_step <= %s AND high_step >= %s)) AND low_time <= %s AND high_time >= %s
    """,
    "postgresql": """
        SELECT series_id, first, block.id, data
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS wanted(series, start, stop)
        JOIN catalog_metricblock AS block ON series_id = series AND first > start - %s AND first < stop
        WHERE first + count > start
            AND (%s OR (low_step <= %s AND high_step >= %s)) AND low_time <= %s AND high_time >= %s
    """,
}
END = 2**62  # beyond every seq


def lock_series(records: list[int], names: list[str]) -> list[tuple]:
    """The rows (as ``metric_writing.Series`` has them) of all series of these records and names, ours till the transaction
    ends.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":  # the transaction holds the database
            cursor.execute(_LOCK["sqlite"], [json.dumps(records), json.dumps(names)])
        else:
            cursor.execute(_LOCK["postgresql"], [records, names])
        return cursor.fetchall()


def update_series(sums: list[tuple]) -> None:
    """Rows of MetricSeries: what is behind the name, then the id."""
    _write(_UPDATE, sums)


def insert_blocks(blocks: list[tuple[int, int, Columns]]) -> None:
    """(series, seq of the first point, points)"""
    _write(_INSERT, [(series, first, *_ranges(points), points.pack()) for series, first, points in blocks])


def _ranges(points: Columns) -> tuple:
    """count, low_step, high_step, low_time, high_time"""
    steps = points.step
    low, high = int(steps.min()), int(steps.max())
    if high == NO_STEP:
        low = high = None
    elif low == NO_STEP:
        low = int(steps[steps != NO_STEP].min())
    return len(points), low, high, float(points.time.min()), float(points.time.max())


def _write(statement: dict[str, str], tuples: list[tuple]) -> None:
    if not tuples:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(statement["sqlite"], tuples)
        else:
            cursor.execute(statement["postgresql"], [list(column) for column in zip(*tuples, strict=True)])


def fetch(
    wanted: list[tuple[int, int, int]], steps: tuple[int, int] | None = None, times: tuple[float, float] | None = None
) -> list[tuple[int, int, int, bytes]]:
    """(series, seq of the first point, id, data) of the blocks that hold points of a series from a seq on and before another, and
    that overlap with steps and times (ends included): by series, then in the order of arrival.
    """
    if not wanted:
        return []
    ranges = [BLOCK, steps is None, *reversed(steps or (0, 0)), *reversed(times or (-math.inf, math.inf))]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(_FETCH["sqlite"], [json.dumps(wanted), *ranges])
            rows = cursor.fetchall()
    else:
        rows = _binary(_FETCH["postgresql"], [*(list(column) for column in zip(*wanted, strict=True)), *ranges])
    return sorted(rows, key=itemgetter(0, 1))


def _binary(statement: str, parameters: list) -> list[tuple]:
    """What PostgreSQL answers, not as text: Django's own cursors get each byte of a block as two characters."""
    import psycopg

    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(statement, parameters, prepare=False, binary=True).fetchall()


def delete_blocks(ids: list[int]) -> None:
    if ids:
        MetricBlock.objects.filter(id__in=ids).delete()
