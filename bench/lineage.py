"""What is before a node of a graph of 100,000 nodes and 300,000 associations, ten deep, against the budget and networkx.

Two graphs: projects of 500 nodes, as a team's are, and one random graph in which each node has three random predecessors,
whose nodes have two thousand ancestors each. Both databases are measured where PostgreSQL's programs are installed.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench.report import Row
from bench.stage import ROOT, temporary_home

NODES, EDGES, PROJECT, STARTS, DEPTH = 100_000, 300_000, 500, 100, 10
BUDGET = 20  # milliseconds

MEASURE = """
import json, random, statistics, sys, time
from django.db import connection
from django.utils import timezone
from areas.lineage import graph
from areas.lineage.models import Edge, Node
from catalog.models import Connection

NODES, EDGES, PROJECT, STARTS, DEPTH = {numbers}
chance = random.Random(3)

def pairs(shape):
    found = set()
    while len(found) < EDGES:
        if shape == "random":
            later = chance.randint(2, NODES)
            found.add((chance.randint(1, later - 1), later))
        else:
            first = chance.randrange(NODES // PROJECT) * PROJECT
            one, other = sorted(chance.sample(range(1, PROJECT + 1), 2))
            found.add((first + one, first + other))
    return sorted(found)

def times(function, starts):
    measured = []
    for start in starts:
        begun = time.perf_counter()
        function(start)
        measured.append((time.perf_counter() - begun) * 1000)
    return [statistics.median(measured), sorted(measured)[int(len(measured) * 0.99) - 1]]

where, _ = Connection.objects.get_or_create(
    name="bench", defaults=dict(backend="aws", account="1" * 12, region="eu-west-1"))
now = timezone.now()
answer = {{}}
for shape in ("projects", "random"):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM lineage_edge")
        cursor.execute("DELETE FROM lineage_node")
    Node.objects.bulk_create([
        Node(id=n, connection=where, kind="Artifact", type="DataSet", arn=f"arn:{{n}}", source=f"s3://b/{{n}}", created=now)
        for n in range(1, NODES + 1)], batch_size=5000)
    edges = pairs(shape)
    Edge.objects.bulk_create([
        Edge(source_id=a, destination_id=b, type="Produced", created=now) for a, b in edges], batch_size=5000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    starts = [chance.randint(1, NODES) for _ in range(STARTS)]
    for start in starts[:5]:
        graph.walk(start, graph.UP, DEPTH)
    answer[shape] = {{
        "ours": times(lambda start: graph.walk(start, graph.UP, DEPTH), starts),
        "then": times(lambda start: graph.walk(start, graph.UP, DEPTH, at=now), starts),
        "ancestors": statistics.mean(len(graph.walk(start, graph.UP, DEPTH)) - 1 for start in starts),
    }}
    if {with_networkx}:
        import networkx
        theirs = networkx.DiGraph(edges).reverse()
        known = [start for start in starts if start in theirs]
        answer[shape]["networkx"] = times(
            lambda start: networkx.single_source_shortest_path_length(theirs, start, cutoff=DEPTH), known)
print("MEASURED " + json.dumps(answer))
"""


def compare() -> list[Row]:
    rows = []
    for database, command in _databases().items():
        measured = _measure(command, with_networkx=database == "SQLite")
        for shape, about in measured.items():
            for word, key in (("", "ours"), (", as it was", "then")):
                what = f"lineage{word}, {shape}, {about['ancestors']:,.0f} ancestors, {database}"
                median, worst = about[key]
                print(f"… {what}: median {median:.2f} ms, p99 {worst:.2f} ms", file=sys.stderr, flush=True)
                rows.append(Row(what, f"budget of {BUDGET} ms", BUDGET, median, "ms", "≤ 1"))
            if "networkx" in about:
                print(
                    f"… networkx in memory, {shape}: median {about['networkx'][0]:.2f} ms", file=sys.stderr, flush=True
                )
    return rows


def _databases() -> dict[str, list]:
    found = {"SQLite": []}
    if any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb"):
        found["PostgreSQL"] = [ROOT / ".ci" / "with-postgres"]
    return found


def _measure(command: list, *, with_networkx: bool) -> dict:
    with temporary_home() as home:
        environment = {**os.environ, "STUDIO_HOME": str(home), "STUDIO_LOG_LEVEL": "WARNING"}
        environment.pop("DATABASE_URL", None)
        script = MEASURE.format(numbers=(NODES, EDGES, PROJECT, STARTS, DEPTH), with_networkx=with_networkx)
        inner = [sys.executable, "-c", _PROGRAM, script]
        done = subprocess.run(
            [str(word) for word in [*command, *inner]],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    line = next(line for line in done.stdout.splitlines() if line.startswith("MEASURED "))
    return json.loads(line.removeprefix("MEASURED "))


# One process, because the temporary PostgreSQL goes with the command that it was made for.
_PROGRAM = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "studio.settings"
sys.path.insert(0, os.getcwd())
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
exec(sys.argv[1], {})
"""
