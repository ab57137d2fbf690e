"""What pages and REST read of the graph: a thing's node, and what is before and after it, as far as one may see it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from areas.lineage import graph
from areas.lineage.entities import source_key
from areas.lineage.models import ACTION, Edge, Node
from catalog.access import Access
from catalog.models import Connection, Record

_AT_ONCE = 500  # ids in one statement


@dataclass
class Neighbourhood:
    """``levels``: node → how many associations before (negative) or after the start it is."""

    start: Node
    vertices: dict[int, graph.Vertex] = field(default_factory=dict)  # without the start
    levels: dict[int, int] = field(default_factory=dict)
    links: list[graph.Link] = field(default_factory=list)


def visible_ids(access: Access, connection_id: int, nodes: Iterable) -> set[int]:
    """Which of some nodes or vertices one may see. No statement where there are no rules about single things."""
    found: set[int] = set()
    nodes = list(nodes)
    for kind in {node.kind for node in nodes}:
        ids = [node.id for node in nodes if node.kind == kind]
        rows = Record.objects.filter(connection_id=connection_id, kind=kind)
        allowed = access.visible(rows, kind)
        found.update(ids if allowed is rows else allowed.filter(id__in=ids).values_list("id", flat=True))
    return found


def find(connection: Connection, access: Access, word: str) -> Node | None:
    """The node of an entity's ARN, of what it stands for (an ARN, an S3 URI, an image's URI), or of the end of an ARN
    (``training-job/churn``). Of several, what is there before what is gone, and the thing itself before what was done."""
    if not word:
        return None
    arn = f"arn:aws:sagemaker:{connection.region}:{connection.account}:{word}"
    words = [word, arn, f"{word}/", word.rstrip("/")]
    wanted = Q(arn__in=words) | Q(source_key__in=[source_key(one) for one in words])
    is_action = Case(When(kind=ACTION, then=Value(1)), default=Value(0), output_field=IntegerField())
    is_gone = Case(When(removed=None, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = Node.objects.filter(wanted, connection=connection).order_by(is_gone, is_action, "-created", "-id")
    found = list(rows[:20])
    seen = visible_ids(access, connection.id, found)
    return next((node for node in found if node.id in seen), None)


def suggest(connection: Connection, access: Access, text: str = "", limit: int = 20) -> list[Node]:
    """The latest entities whose name or source has the text; deployments and approvals are no place to start from."""
    rows = Node.objects.filter(connection=connection, removed=None).exclude(kind=ACTION)
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(source__icontains=text) | Q(type__iexact=text))
    found = list(rows.order_by("-id")[: limit * 3])
    seen = visible_ids(access, connection.id, found)
    return [node for node in found if node.id in seen][:limit]


def look(
    start: Node, access: Access, *, up: int = 1, down: int = 1, at: datetime | None = None,
    types: Iterable[str] = (),
) -> Neighbourhood:  # fmt: skip
    """What lies within ``up`` associations before the start and ``down`` after it. ``types`` limits what is shown, not
    what is walked."""
    found = Neighbourhood(start)
    types = set(types)
    for way, depth, sign in ((graph.UP, up, -1), (graph.DOWN, down, 1)):
        if depth < 1:
            continue
        for vertex in graph.walk(start.id, way, depth, at=at):
            if vertex.id != start.id and vertex.id not in found.vertices:
                found.vertices[vertex.id], found.levels[vertex.id] = vertex, sign * vertex.depth
        found.links += graph.links(start.id, way, depth, at=at)
    seen = visible_ids(access, start.connection_id, found.vertices.values())
    found.vertices = {
        number: vertex for number, vertex in found.vertices.items()
        if number in seen and (not types or vertex.type in types)
    }  # fmt: skip
    found.levels = {number: found.levels[number] for number in found.vertices}
    there = found.vertices.keys() | {start.id}
    found.links = list({
        (link.source, link.destination): link for link in found.links if {link.source, link.destination} <= there
    }.values())  # fmt: skip
    return found


def beyond(found: Neighbourhood, *, up: int, down: int, at: datetime | None) -> dict[str, dict[int, int]]:
    """How many associations lead further from the farthest nodes: ``{"up": {node: count}, "down": …}``."""
    counts: dict[str, dict[int, int]] = {graph.UP: {}, graph.DOWN: {}}
    for way, level, near in ((graph.UP, -up, "destination"), (graph.DOWN, down, "source")):
        known = Counter(getattr(link, near) for link in found.links)
        ids = [number for number, one in found.levels.items() if one == level] if level else [found.start.id]
        for first in range(0, len(ids), _AT_ONCE):
            rows = standing(Edge.objects.filter(**{f"{near}__in": ids[first : first + _AT_ONCE]}), at)
            for number, count in rows.values_list(near).annotate(Count("id")).order_by():
                if count > known[number]:
                    counts[way][number] = count - known[number]
    return counts


def neighbours(node: Node, access: Access, *, at: datetime | None) -> tuple[list[Edge], list[Edge]]:
    """The associations into a node and out of it, newest first."""
    into = standing(Edge.objects.filter(destination=node), at).select_related("source").order_by("-id")
    out = standing(Edge.objects.filter(source=node), at).select_related("destination").order_by("-id")
    into, out = list(into[:_AT_ONCE]), list(out[:_AT_ONCE])
    others = [edge.source for edge in into] + [edge.destination for edge in out]
    seen = visible_ids(access, node.connection_id, others)
    return [edge for edge in into if edge.source_id in seen], [edge for edge in out if edge.destination_id in seen]


def standing(edges: QuerySet, at: datetime | None) -> QuerySet:
    """Those that are there now, or were there at that moment."""
    if at is None:
        return edges.filter(removed=None)
    return edges.filter(Q(removed=None) | Q(removed__gt=at), created__lte=at)
