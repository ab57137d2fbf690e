"""Which metrics, parameters and tags there are, for completion and for columns. An experiment's are read by skipping through an
index, one probe a name, however many runs there are; those of a list, and of who may not see everything, from the newest records.
``about`` is a ``catalog.completion.About``.
"""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Max, Min

from catalog.metric_names import is_system, rank
from catalog.models import MetricSeries, Record, RunParameter, Tag
from catalog.runs import WORD, folded

MOST = 1000  # names
DOCUMENTS = 50  # documents of jobs that are read for their hyperparameters
VALUES = 20
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
    (SELECT MIN(word) FROM catalog_runparameter WHERE experiment = %s AND key = found.name),
    (SELECT MAX(word) FROM catalog_runparameter WHERE experiment = %s AND key = found.name)"""
_FREQUENT = """
    SELECT (SELECT p.text FROM catalog_runparameter p WHERE p.experiment = %s AND p.key = %s AND p.word = most.word LIMIT 1), rows
    FROM (
        SELECT word, COUNT(*) AS rows FROM catalog_runparameter
        WHERE experiment = %s AND key = %s AND word >= %s AND word < %s GROUP BY word ORDER BY rows DESC, word LIMIT %s
    ) most ORDER BY rows DESC, word
"""
LAST = "\U0010ffff"


@dataclass(frozen=True)
class Key:
    """A parameter; ``varies``: two runs have different values."""

    name: str
    varies: bool


def metric_names(about) -> list[str]:
    if about.experiment is not None and about.sees_all:
        return [name for (name,) in _skip("catalog_metricseries", "name", about.experiment)]
    owner = "run" if about.runs else "record"
    found = MetricSeries.objects.filter(**{f"{owner}__in": about.newest()})
    return list(found.order_by("name").values_list("name", flat=True).distinct()[:MOST])


def judged_by(about, most: int) -> list[str]:
    """The metrics to show where nobody has chosen any: what a model is judged by first, none that measures the machine."""
    return [name for name in sorted(metric_names(about), key=rank) if not is_system(name)][:most]


def parameter_keys(about) -> list[str]:
    if not about.runs:
        documents = Record.objects.filter(id__in=about.newest(DOCUMENTS)).values_list(
            "document__HyperParameters", flat=True
        )
        return sorted({key for one in documents if isinstance(one, dict) for key in one})[:MOST]
    if about.experiment is not None and about.sees_all:
        return [key for (key,) in _skip("catalog_runparameter", "key", about.experiment)]
    found = RunParameter.objects.filter(run__in=about.newest())
    return list(found.order_by("key").values_list("key", flat=True).distinct()[:MOST])


def run_parameters(about) -> list[Key]:
    """The parameters of an experiment's runs, by key."""
    if about.experiment is not None and about.sees_all:
        rows = _skip("catalog_runparameter", "key", about.experiment, ends=True)
    else:
        found = RunParameter.objects.filter(run__in=about.newest()).order_by("key").values("key")
        rows = found.annotate(least=Min("word"), most=Max("word")).values_list("key", "least", "most")[:MOST]
    return [Key(key, least != most) for key, least, most in rows]


def parameter_values(about, key: str, part: str) -> list[tuple[str, int]]:
    """(value, how many runs have it) of the most frequent ones that begin with ``part``."""
    begin = folded(part)[:WORD]
    if about.experiment is not None and about.sees_all:
        with connection.cursor() as cursor:
            cursor.execute(_FREQUENT, [about.experiment, key, about.experiment, key, begin, begin + LAST, VALUES])
            return cursor.fetchall()
    found = RunParameter.objects.filter(run__in=about.newest(), key=key, word__gte=begin, word__lt=begin + LAST)
    rows = found.order_by().values("text").annotate(rows=Count("id")).order_by("-rows", "text")[:VALUES]
    return [(row["text"], row["rows"]) for row in rows]


def tag_keys(about) -> dict[str, int]:
    """Keys of the newest records' tags, and how many of those have them."""
    found = (
        Tag.objects.filter(record__in=about.newest())
        .order_by()
        .values("key")
        .annotate(rows=Count("id"))
        .order_by("key")
    )
    return {row["key"]: row["rows"] for row in found[:MOST]}


def _skip(table: str, column: str, experiment: int, *, ends: bool = False) -> list[tuple]:
    """The least name, then the least one greater than that, and so on; ``ends``: with the least and the greatest value."""
    statement = _SKIP.format(table=table, column=column, more=_ENDS if ends else "")
    with connection.cursor() as cursor:
        cursor.execute(statement, [experiment] * (4 if ends else 2) + [MOST])
        return cursor.fetchall()
