"""What the runs of an experiment have: metric names, parameters, tags. By skipping through indexes, so that the number of runs
doesn't matter; runs that are guests of the experiment add nothing."""

from dataclasses import dataclass

from django.db import connection

from catalog.metric_names import is_system, rank
from catalog.models import Tag

MOST = 1000  # names that are looked at


@dataclass(frozen=True)
class Key:
    name: str
    varies: bool = True  # whether two runs have different values


# The least name, then the least one greater than that, and so on: one probe of the index a name.
_SKIP = """
    WITH RECURSIVE found(name) AS (
        SELECT MIN({column}) FROM {table} WHERE experiment = %s
        UNION ALL
        SELECT (SELECT MIN({column}) FROM {table} WHERE experiment = %s AND {column} > found.name)
        FROM found WHERE found.name IS NOT NULL
    )
    SELECT name{more} FROM found WHERE name IS NOT NULL LIMIT %s
"""
_ENDS = """,
    (SELECT MIN(word) FROM {table} WHERE experiment = %s AND key = found.name),
    (SELECT MAX(word) FROM {table} WHERE experiment = %s AND key = found.name)"""


def metric_names(experiment: int, text: str = "") -> list[str]:
    """Metrics with ``text`` in their names; what a model is judged by first, what measures the machine last."""
    names = [name for (name,) in _skip("catalog_metricseries", "name", experiment)]
    return sorted((name for name in names if text.lower() in name.lower()), key=rank)


def parameter_keys(experiment: int, text: str = "") -> list[Key]:
    """Parameters with ``text`` in their keys, by key."""
    rows = _skip("catalog_runparameter", "key", experiment, ends=True)
    return [Key(name, low != high) for name, low, high in rows if text.lower() in name.lower()]


def tag_keys(experiment: int, text: str = "") -> list[str]:
    """Tag keys with ``text`` in them, by key."""
    found = Tag.objects.filter(record__run_row__experiment=experiment, key__icontains=text)
    return list(found.order_by("key").values_list("key", flat=True).distinct()[:MOST])


def judged_by(experiment: int, most: int) -> list[str]:
    """The metrics that a table shows when nobody has chosen any."""
    return [name for name in metric_names(experiment) if not is_system(name)][:most]


def _skip(table: str, column: str, experiment: int, *, ends: bool = False) -> list[tuple]:
    more = _ENDS.format(table=table) if ends else ""
    statement = _SKIP.format(table=table, column=column, more=more)
    with connection.cursor() as cursor:
        parameters = [experiment, experiment, MOST]
        # The subqueries of ``more`` come before the limit, after the recursion.
        cursor.execute(statement, parameters[:2] + [experiment, experiment] * ends + parameters[2:])
        return cursor.fetchall()
