"""The first 50 of many runs, ordered by a metric, with a filter on a parameter: against the budget, and against ``mlflow server``.

Over HTTP both are asked by MLflow's own REST for the same runs, in experiments of 1,000, 10,000 and 50,000: ours on SQLite and,
where that is installed, on PostgreSQL; the peer on SQLite, and of no more than 10,000, where a page takes it seconds already.
Then the Studio's own search, which its tables, charts and REST use, in one process on the same data.
"""

import http.client
import json
import sqlite3
import sys
import time
from urllib.parse import urlsplit

from bench.lineage import _databases
from bench.metrics import SLOWEST, _mlflow
from bench.report import Row, median
from bench.stage import scaled, studio

SIZES = (scaled(1000, 1000), scaled(10_000, 1200), scaled(50_000, 1500))
THEIR_MOST = 10_000  # runs of one experiment
METRICS = PARAMETERS = 5
BUDGET = 30  # milliseconds
GROWTH = 2  # times what 1,000 runs take
SEARCH = {"filter": "params.param_0 = '6'", "order_by": ["metrics.metric_0 DESC"], "max_results": 50}

SEED = """
from bench.seed_runs import seed
from catalog.models import Connection
where = Connection.objects.order_by("id").first()
print("SEEDED", *[seed(where, f"runs-{{size}}", size, {metrics}, {parameters}).id for size in {sizes}])
"""

MEASURE = """
import json, statistics, time
from catalog.metrics import series_of
from catalog.models import Connection
from catalog.run_search import RunSearch

where = Connection.objects.order_by("id").first()

def page(experiment):
    search = RunSearch(where, "params.param_0 = 6", experiment=experiment, sort="-metrics.metric_0")
    found = search.rows(1, 50)
    values = series_of([run.id for run in found], ["metric_0", "metric_1", "metric_2"])
    assert len(found) == 50 and len(values) == 150

measured = {{experiment: [] for experiment in {experiments}}}
for turn in range(25):
    for experiment, times in measured.items():
        begun = time.perf_counter(); page(experiment); times.append((time.perf_counter() - begun) * 1000)

print("MEASURED " + json.dumps([statistics.median(times[5:]) for times in measured.values()]))
"""
NUMBERS = {"metrics": METRICS, "parameters": PARAMETERS, "sizes": SIZES}


def compare() -> list[Row]:
    measured = {database: _ours(with_postgres=bool(command)) for database, command in _databases().items()}
    theirs, rows = _theirs(), []
    for size in SIZES:
        if size in theirs:
            what = f"50 of {size:,} runs over HTTP, SQLite"
            rows.append(Row(what, "mlflow server, 1 worker", theirs[size], measured["SQLite"][0][size], "ms", "≥ 1"))
        else:
            print(f"… mlflow server is not asked for 50 of {size:,} runs: it would take minutes", file=sys.stderr)
    least, most = SIZES[0], SIZES[-1]
    for database, both in measured.items():
        for found, where in zip(both, (f"over HTTP, {database}", f"in one process, {database}"), strict=True):
            rows += [
                Row(f"50 of {size:,} runs {where}", f"budget of {BUDGET} ms", BUDGET, found[size], "ms", "≤ 1")
                for size in SIZES
            ]
            what = f"50 of {most:,} runs {where}"
            rows.append(Row(what, f"of {least:,} runs", found[least], found[most], "ms", f"≤ {GROWTH}"))
    return rows


def _ours(*, with_postgres: bool) -> tuple[dict[int, float], dict[int, float]]:
    """Milliseconds by size: over HTTP, and in one process."""
    with studio(with_postgres=with_postgres) as started:
        said = started.manage("shell", script=SEED.format(**NUMBERS))
        experiments = next(line for line in said.splitlines() if "SEEDED" in line).split("SEEDED")[1].split()
        headers = {"Authorization": f"Bearer {started.keys['rest_token']}"}
        url = f"{started.engine}/mlflow/workbench"
        over_http = {size: _time(url, headers, number) for size, number in zip(SIZES, experiments, strict=True)}
        said = started.manage("shell", script=MEASURE.format(experiments=[int(number) for number in experiments]))
        found = json.loads(next(line for line in said.splitlines() if "MEASURED" in line).split("MEASURED")[1])
        return over_http, dict(zip(SIZES, found, strict=True))


def _theirs() -> dict[int, float]:
    with _mlflow(["--workers", "1"]) as (url, folder):
        experiments = {size: _create(url, f"runs-{size}") for size in SIZES if size <= THEIR_MOST}
        with sqlite3.connect(f"{folder}/mlflow.db") as file:
            for size, number in experiments.items():
                _fill(file, int(number), size)
        file.close()
        return {size: _time(url, {}, number) for size, number in experiments.items()}


def _create(url: str, name: str) -> str:
    return _ask(url, {}, "experiments/create", {"name": name})[0]["experiment_id"]


def _time(url: str, headers: dict[str, str], experiment: str) -> float:
    """Median milliseconds; of slow answers there are fewer."""
    times: list[float] = []
    while len(times) < 3 or (len(times) < 30 and sum(times) < 4000):
        try:
            answer, took = _ask(url, headers, "runs/search", {**SEARCH, "experiment_ids": [experiment]})
        except TimeoutError:
            return max([*times, SLOWEST * 1000])
        if len(answer["runs"]) != 50:
            raise RuntimeError(f"{url} found {len(answer['runs'])} runs")
        times.append(took)
        if took > 20_000:
            break
    return median(times[1:] or times)


def _ask(url: str, headers: dict[str, str], what: str, body: dict) -> tuple[dict, float]:
    """(the answer, milliseconds) of one request, on a connection of its own."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=SLOWEST)
    connection.connect()
    begun = time.perf_counter()
    connection.request(
        "POST", f"{parts.path}/api/2.0/mlflow/{what}", json.dumps(body), {"Content-Type": "application/json", **headers}
    )
    response = connection.getresponse()
    answer = response.read()
    took = (time.perf_counter() - begun) * 1000
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"{url} {what}: {response.status} {answer[:300]!r}")
    return json.loads(answer), took


def _fill(file: sqlite3.Connection, experiment: int, size: int) -> None:
    """Runs as MLflow's own store has them, with the kinds of values that ``bench.seed_runs`` writes."""
    import random

    chance = random.Random(size)
    runs = [f"{experiment:08x}{i:024x}" for i in range(size)]
    file.executemany(
        "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, "
        "source_version, lifecycle_stage, artifact_uri, experiment_id) "
        "VALUES (?, ?, 'LOCAL', '', '', 'alice', 'FINISHED', ?, ?, '', 'active', '', ?)",
        ((run, f"runs-{i}", 1_700_000_000_000 + i, 1_700_000_100_000 + i, experiment) for i, run in enumerate(runs)),
    )
    file.executemany(
        "INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)",
        (
            (f"param_{j}", str(chance.randrange(10)) if j == 0 else repr(chance.random()), run)
            for run in runs for j in range(PARAMETERS)
        ),
    )  # fmt: skip
    for table in ("metrics", "latest_metrics"):
        file.executemany(
            f"INSERT INTO {table} (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, 1700000000000, ?, 0, 0)",
            ((f"metric_{j}", chance.random(), run) for run in runs for j in range(METRICS)),
        )
    file.commit()
