"""QueryLineage: what is before and after an entity, in a few statements whatever the graph's size."""

from collections.abc import Iterable

from areas.lineage import graph
from areas.lineage.engine import nodes
from areas.lineage.models import Node
from areas.lineage.reading import visible_ids
from catalog.models import Record
from engine import store
from engine.context import Context
from engine.errors import invalid
from engine.operations import operation
from engine.verbs import tokens

# SDK v2 reads one page and no more, so an answer without MaxResults must hold what a graph usually holds.
_PAGE_SIZE = 1000
_AT_ONCE = 5000  # ids in one statement
_WAYS = {"Ascendants": (graph.UP,), "Descendants": (graph.DOWN,), "Both": (graph.UP, graph.DOWN)}


@operation("QueryLineage")
def query_lineage(context: Context, request: dict) -> dict:
    """Vertices within MaxDepth of the start, which is not among them, nearest first; with IncludeEdges, the associations
    and the entities on the way to them. Both directions are two walks: up from the start, and down from it."""
    depth = _at_least_one(request, "MaxDepth", graph.MAX_DEPTH)
    size = _at_least_one(request, "MaxResults", _PAGE_SIZE)
    starts = request.get("StartArns", ())
    if not starts:
        return _everything(context, request, size)
    start = nodes.find_node(context, starts[0])
    ways = _WAYS[request.get("Direction", "Descendants")]
    found = _reached(start.id, ways, depth)
    seen = visible_ids(context.access, context.connection.id, list(found.values()))
    wanted = _matching(request.get("Filters", {}), [vertex for vertex in found.values() if vertex.id in seen])
    links: dict[tuple[int, int], graph.Link] = {}
    if request.get("IncludeEdges"):
        matching = set(wanted)
        for way in ways:
            walked = graph.links(start.id, way, depth)
            on_path = _on_path(walked, way, matching) & (seen | {start.id})
            wanted |= on_path - {start.id}
            links |= {
                (link.source, link.destination): link for link in walked if {link.source, link.destination} <= on_path
            }
    vertices = sorted((found[one] for one in wanted), key=lambda vertex: (vertex.depth, vertex.id))
    return _answer(context, request, vertices, links.values(), size, start)


def _reached(start: int, ways: tuple[str, ...], depth: int) -> dict[int, graph.Vertex]:
    """What the walks reach, but for the start, each with the shortest distance."""
    found: dict[int, graph.Vertex] = {}
    for way in ways:
        for vertex in graph.walk(start, way, depth):
            if vertex.id not in found or vertex.depth < found[vertex.id].depth:
                found[vertex.id] = vertex
    found.pop(start, None)
    return found


def _at_least_one(request: dict, member: str, default: int) -> int:
    value = request.get(member, default)
    if value < 1:
        name = member[0].lower() + member[1:]
        raise invalid(
            f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: Member must have "
            "value greater than or equal to 1"
        )
    return value


def _matching(filters: dict, vertices: list) -> set[int]:
    """The vertices that the filters let through."""
    types, kinds = filters.get("Types"), filters.get("LineageTypes")
    after, before = filters.get("CreatedAfter"), filters.get("CreatedBefore")
    kept = [
        vertex.id for vertex in vertices
        if (not types or vertex.type in types) and (not kinds or vertex.kind in kinds)
        and (after is None or vertex.created.timestamp() > after)
        and (before is None or vertex.created.timestamp() < before)
    ]  # fmt: skip
    conditions = {}
    if "ModifiedAfter" in filters:
        conditions["modified__gt"] = store.when(filters["ModifiedAfter"])
    if "ModifiedBefore" in filters:
        conditions["modified__lt"] = store.when(filters["ModifiedBefore"])
    properties = filters.get("Properties")
    if not conditions and not properties:
        return set(kept)
    return {
        number for number, document in _documents(kept, conditions)
        if not properties or any(document.get("Properties", {}).get(key) == properties[key] for key in properties)
    }  # fmt: skip


def _documents(ids: list[int], conditions: dict) -> Iterable[tuple[int, dict]]:
    for at in range(0, len(ids), _AT_ONCE):
        rows = Record.objects.filter(id__in=ids[at : at + _AT_ONCE], **conditions)
        yield from rows.values_list("id", "document")


def _on_path(links: list[graph.Link], way: str, wanted: set[int]) -> set[int]:
    """The ends of associations from which one comes to ``wanted`` when one goes on that way, ``wanted`` among them."""
    nearer: dict[int, list[int]] = {}
    for link in links:
        far, near = (link.source, link.destination) if way == graph.UP else (link.destination, link.source)
        nearer.setdefault(far, []).append(near)
    found = wanted & nearer.keys()
    edge = list(found)
    while edge:
        new = set(nearer.get(edge.pop(), ())) - found
        found |= new
        edge += new
    return found


def _everything(context: Context, request: dict, size: int) -> dict:
    """Without a start: all entities that fit the filters, in the order in which they came; a page has the associations
    among its own."""
    filters = request.get("Filters", {})
    rows = Node.objects.filter(connection_id=context.connection.id, removed=None).order_by("id")
    if filters.get("Types"):
        rows = rows.filter(type__in=filters["Types"])
    if filters.get("LineageTypes"):
        rows = rows.filter(kind__in=filters["LineageTypes"])
    after = tokens.read(context, request)
    last, found = after[1] if after else 0, []
    while len(found) <= size and (batch := [_vertex(node) for node in rows.filter(id__gt=last)[:_AT_ONCE]]):
        last = batch[-1].id
        seen = visible_ids(context.access, context.connection.id, batch)
        kept = _matching(filters, [vertex for vertex in batch if vertex.id in seen])
        found += [vertex for vertex in batch if vertex.id in kept]
    links = graph.links_among(vertex.id for vertex in found[:size]) if request.get("IncludeEdges") else []
    return _answer(context, request, found, links, size)


def _vertex(node: Node) -> graph.Vertex:
    return graph.Vertex(
        node.id, 0, node.kind, node.type, node.arn, node.name, node.source, node.created, node.removed, node.ended
    )


def _answer(
    context: Context, request: dict, vertices: list[graph.Vertex], links: Iterable[graph.Link], size: int,
    start: Node | None = None,
) -> dict:  # fmt: skip
    """A page of vertices. An association comes with the later one of its ends, so that all pages have each once."""
    after = tokens.read(context, request)
    rest = [vertex for vertex in vertices if not after or [vertex.depth, vertex.id] > after]
    page = rest[:size]
    arns = {vertex.id: vertex.arn for vertex in vertices}
    place = {vertex.id: (vertex.depth, vertex.id) for vertex in vertices}
    if start:
        arns[start.id], place[start.id] = start.arn, (0, 0)
    here = {place[vertex.id] for vertex in page}
    edges = [
        {"SourceArn": arns[link.source], "DestinationArn": arns[link.destination],
         **({"AssociationType": link.type} if link.type else {})}
        for link in links if max(place[link.source], place[link.destination]) in here
    ]  # fmt: skip
    answer = {
        "Vertices": [{"Arn": one.arn, "Type": one.type[:40], "LineageType": one.kind} for one in page],
        "Edges": edges,
    }
    if len(rest) > size:
        answer["NextToken"] = tokens.make(context, request, [page[-1].depth, page[-1].id])
    return answer
