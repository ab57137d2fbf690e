"""A thousand random graphs, with cycles and with a past, agree with networkx about every walk."""

import random
from datetime import UTC, datetime, timedelta

import networkx
import pytest
from django.db import connection as database

from areas.lineage import graph
from areas.lineage.models import Edge, Node
from catalog.models import Connection

GRAPHS, SIZE = 1000, 14
DAY = timedelta(days=1)
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def graphs(db) -> list[tuple[list[int], list[Edge]]]:
    """(Ids of the nodes, edges with the days when they came and went) of each graph."""
    chance = random.Random(20261122)
    connection = Connection.objects.create(name="random-graphs", backend="aws", account="1" * 12, region="eu-west-1")
    made, nodes = [], []
    for number in range(GRAPHS):
        ids = [10**9 + number * 100 + n for n in range(chance.randint(2, SIZE))]
        nodes += [
            Node(id=one, connection=connection, kind="Artifact", type="DataSet", arn=f"arn:{one}", created=START)
            for one in ids
        ]
        pairs = {tuple(chance.sample(ids, 2)) for _ in range(chance.randint(1, 3 * len(ids)))}
        edges = []
        for source, destination in sorted(pairs):
            came = chance.randint(0, 8)
            went = None if chance.random() < 0.7 else came + chance.randint(1, 4)
            edges.append(_edge(source, destination, came, went))
            if went and chance.random() < 0.5:  # it came again
                edges.append(_edge(source, destination, went, None))
        made.append((ids, edges))
    Node.objects.bulk_create(nodes, batch_size=2000)
    Edge.objects.bulk_create([edge for _, edges in made for edge in edges], batch_size=2000)
    with database.cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum would: PostgreSQL scans tables that it knows nothing of
    return made


def _edge(source: int, destination: int, came: int, went: int | None) -> Edge:
    removed = None if went is None else START + went * DAY
    return Edge(
        source_id=source, destination_id=destination, type="Produced", created=START + came * DAY, removed=removed
    )


def expected(edges: list[Edge], way: str, at: datetime | None) -> networkx.DiGraph:
    """The graph at that moment, its arrows in the direction of the walk."""
    found = networkx.DiGraph()
    for edge in edges:
        holds = edge.removed is None if at is None else edge.created <= at and not (edge.removed and edge.removed <= at)
        if holds:
            found.add_edge(edge.source_id, edge.destination_id)
    return found.reverse() if way == graph.UP else found


def test_every_walk_reaches_what_networkx_reaches(graphs):
    chance = random.Random(7)
    walked = cycles = 0
    for ids, edges in graphs:
        for _ in range(2):
            start, way, depth = chance.choice(ids), chance.choice((graph.UP, graph.DOWN)), chance.randint(1, 10)
            at = chance.choice((None, START + chance.randint(0, 12) * DAY))
            theirs = expected(edges, way, at)
            theirs.add_node(start)
            distances = networkx.single_source_shortest_path_length(theirs, start, cutoff=depth)
            found = graph.walk(start, way, depth, at=at)
            assert {vertex.id: vertex.depth for vertex in found} == distances
            assert [vertex.depth for vertex in found] == sorted(distances.values())
            links = graph.links(start, way, depth, at=at)
            ends = sorted(
                (one.destination, one.source) if way == graph.UP else (one.source, one.destination) for one in links
            )
            assert ends == sorted((near, far) for near, far in theirs.edges if distances.get(near, depth) < depth)
            walked += len(distances) - 1
            cycles += not networkx.is_directed_acyclic_graph(theirs)
    assert walked > 4000 and cycles > 800  # the graphs are worth the test
