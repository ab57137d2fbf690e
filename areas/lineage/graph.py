"""Walks over the lineage graph, in one recursive statement each, on SQLite and on PostgreSQL.

A walk keeps the pairs (node, depth) that it has been at, so that cycles end it and a node is expanded at most once a depth.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

UP, DOWN = "up", "down"
MAX_DEPTH = 10

# Near and far end of an edge for one who walks that way.
_ENDS = {UP: ("destination_id", "source_id"), DOWN: ("source_id", "destination_id")}


@dataclass(frozen=True)
class Vertex:
    """A node with its distance from the start, in associations."""

    id: int
    depth: int
    kind: str
    type: str
    arn: str
    name: str
    source: str
    created: datetime
    removed: datetime | None
    ended: datetime | None


@dataclass(frozen=True)
class Link:
    source: int
    destination: int
    type: str
    created: datetime


def walk(start: int, way: str, depth: int = MAX_DEPTH, *, at: datetime | None = None) -> list[Vertex]:
    """The nodes within ``depth`` associations of ``start`` (which comes first, at depth 0), nearest first.

    ``at`` asks for the graph as it was at that moment; without it, as it is.
    """
    columns = "v.id, near.depth, v.kind, v.type, v.arn, v.name, v.source, v.created, v.removed, v.ended"
    body, params = _near(start, way, depth, at)
    rows = _rows(f"{body} SELECT {columns} FROM near JOIN lineage_node v ON v.id = near.id ORDER BY 2, 1", params)
    return [Vertex(*row[:7], *map(_moment, row[7:])) for row in rows]


def links(start: int, way: str, depth: int = MAX_DEPTH, *, at: datetime | None = None) -> list[Link]:
    """The associations that the walk goes along."""
    near, _ = _ENDS[way]
    body, params = _near(start, way, depth, at)
    holds, more = _holds(at)
    rows = _rows(
        f"{body} SELECT e.source_id, e.destination_id, e.type, e.created FROM near LEFT JOIN lineage_edge e "
        f"ON e.{near} = near.id AND {holds} WHERE near.depth < %s AND e.id IS NOT NULL ORDER BY e.id",
        [*params, *more, depth],
    )
    return [Link(*row[:3], _moment(row[3])) for row in rows]


def links_among(ids: Iterable[int]) -> list[Link]:
    """Today's associations that have both ends among a few nodes."""
    ids = list(ids)
    if not ids:
        return []
    holes = ", ".join(["%s"] * len(ids))
    rows = _rows(
        "SELECT source_id, destination_id, type, created FROM lineage_edge WHERE removed IS NULL "
        f"AND source_id IN ({holes}) AND destination_id IN ({holes}) ORDER BY id",
        ids * 2,
    )
    return [Link(*row[:3], _moment(row[3])) for row in rows]


def _near(start: int, way: str, depth: int, at: datetime | None) -> tuple[str, list]:
    """SQL of the table ``near(id, depth)``: every node that is reached, at its least depth."""
    near, far = _ENDS[way]
    holds, params = _holds(at)
    # Outer joins, because SQLite scans all edges to build a Bloom filter for an inner one.
    return (
        f"WITH RECURSIVE walk(id, depth) AS (SELECT CAST(%s AS bigint), 0 UNION SELECT e.{far}, walk.depth + 1 FROM walk "
        f"LEFT JOIN lineage_edge e ON e.{near} = walk.id AND {holds} WHERE walk.depth < %s AND walk.id IS NOT NULL), "
        "near(id, depth) AS (SELECT id, min(depth) FROM walk WHERE id IS NOT NULL GROUP BY id)",
        [start, *params, depth],
    )


def _holds(at: datetime | None) -> tuple[str, list]:
    if at is None:
        return "e.removed IS NULL", []
    moment = connection.ops.adapt_datetimefield_value(at)
    # Not "created <=": a plain comparison lets SQLite build the Bloom filter even for an outer join.
    return "NOT (e.created > %s) AND (e.removed IS NULL OR e.removed > %s)", [moment, moment]


def _rows(sql: str, params: list) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def _moment(value) -> datetime | None:
    """SQLite has times as text, in UTC."""
    if isinstance(value, str):
        return datetime.fromisoformat(value + "+00:00")
    return value
