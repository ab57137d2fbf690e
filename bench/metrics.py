"""Logging metrics and drawing them, against ``mlflow server`` with one worker (its best setting) and with its default of four.

Both are asked by MLflow's own REST, with the same client and the same bodies: one metric a request, and batches of 1,000 points
(20 steps of 50 metrics). The run that is drawn has 1,000,000 points of one metric: ours are logged over HTTP, the peer's are
written into its database, which takes it minutes otherwise.
"""

import contextlib
import http.client
import json
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import count
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from bench.control import _sign_in
from bench.report import Row, median
from bench.stage import free_port, peer, process, scaled, studio, wait_for

SETTLE = 12  # seconds after a start: the Studio takes in its first datasets, the peer starts its job runner
SECONDS = scaled(4, 1)  # of each rate
MILLION, DRAWN = scaled(1_000_000, 20_000), 2000
SLOWEST = 120  # seconds that a peer gets for an answer
API = "/api/2.0/mlflow"


class Server:
    """Somebody who speaks MLflow's REST, with a run to log into."""

    def __init__(self, url: str, headers: dict[str, str], experiment: str = "bench"):
        self.url, self.headers = url, {"Content-Type": "application/json", **headers}
        self.path = urlsplit(url).path + API
        self.experiment = self.ask("experiments/create", {"name": experiment})["experiment_id"]
        self.steps = count()

    def ask(self, what: str, body: dict) -> dict:
        request = Request(f"{self.url}{API}/{what}", json.dumps(body).encode(), self.headers, method="POST")
        with urlopen(request, timeout=SLOWEST) as response:
            return json.load(response)

    def run(self) -> str:
        given = {"experiment_id": self.experiment, "start_time": int(time.time() * 1000)}
        return self.ask("runs/create", given)["run"]["info"]["run_id"]

    def single(self, run: str) -> Iterator[bytes]:
        for step in self.steps:
            point = {
                "run_id": run,
                "key": "loss",
                "value": step / 7,
                "timestamp": 1_700_000_000_000 + step,
                "step": step,
            }
            yield json.dumps(point).encode()

    def batches(self, run: str, metrics: int = 50) -> Iterator[bytes]:
        per_batch = 1000 // metrics
        for batch in self.steps:
            points = [
                {"key": f"m{i}", "value": (batch * 7919 + step) % 1009 / 7, "timestamp": 1_700_000_000_000 + step, "step": step}
                for step in range(batch * per_batch, (batch + 1) * per_batch) for i in range(metrics)
            ]  # fmt: skip
            yield json.dumps({"run_id": run, "metrics": points}).encode()

    def rate(self, what: str, bodies: Iterator[bytes], clients: int, prepared: int) -> float:
        """Requests a second of ``clients`` that have their ``prepared`` requests at hand, until the first has none left."""
        shares = [[next(bodies) for _ in range(max(prepared // clients, 1))] for _ in range(clients)]
        parts, done, failures = urlsplit(self.url), [0] * clients, []
        start, over = threading.Barrier(clients + 1), threading.Event()

        def work(index: int) -> None:
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=SLOWEST)
            start.wait()
            for body in shares[index]:
                try:
                    connection.request("POST", f"{self.path}/runs/{what}", body, self.headers)
                    response = connection.getresponse()
                    content = response.read()
                except TimeoutError:
                    break
                if response.status != 200:
                    failures.append(f"{response.status} {content[:200]!r}")
                    break
                done[index] += 1
                if over.is_set():
                    return
            over.set()

        threads = [threading.Thread(target=work, args=(index,)) for index in range(clients)]
        for thread in threads:
            thread.start()
        start.wait()
        began = time.perf_counter()
        over.wait(SECONDS)
        over.set()
        found = max(sum(done), 1) / (time.perf_counter() - began)
        for thread in threads:
            thread.join()
        if failures:
            raise RuntimeError(f"{self.url} {what}: {failures[0]}")
        return found


def compare() -> list[Row]:
    with studio() as ours:
        time.sleep(SETTLE)
        token = {"Authorization": f"Bearer {ours.keys['rest_token']}"}
        own = _rates(
            Server(f"{ours.engine}/mlflow/workbench", token), singles=scaled(12_000, 200), batches=scaled(400, 8)
        )
        rows = _million(ours, token)
    theirs = {}
    for word, more in (("1 worker", ["--workers", "1"]), ("4 workers", [])):
        with _mlflow(more) as (url, folder):
            time.sleep(SETTLE)
            server = Server(url, {})
            theirs[word] = _rates(server, singles=scaled(2000, 100), batches=scaled(60, 8))
            if word == "1 worker":
                drawn = _draw_theirs(server, url, f"{folder}/mlflow.db")
    one, four = theirs["1 worker"], theirs["4 workers"]
    found = []
    for what, unit, best, default in (
        ("log a metric, 1 client", "req/s", "≥ 10", "≥ 25"), ("log a metric, 4 clients", "req/s", "≥ 10", "≥ 10"),
        ("log 1,000 points a request, 1 client", "points/s", "≥ 7", "≥ 7"),
        ("log 1,000 points a request, 4 clients", "points/s", "≥ 7", "≥ 7"),
    ):  # fmt: skip
        found.append(Row(what, "mlflow server, 1 worker", one[what], own[what], unit, best, False))
        found.append(Row(what, "mlflow server, 4 workers", four[what], own[what], unit, default, False))
    chart = next(row for row in rows if row.what.startswith("chart"))
    return [*found, *rows, Row(chart.what, "mlflow's chart of it", drawn, chart.ours, "ms", "≥ 1")]


def _rates(server: Server, singles: int, batches: int) -> dict[str, float]:
    found = {}
    for clients in (1, 4):
        word = f"{clients} client{'s' if clients > 1 else ''}"
        run = server.run()
        server.rate("log-metric", server.single(run), clients, 40)  # what is made when first needed
        found[f"log a metric, {word}"] = server.rate("log-metric", server.single(run), clients, singles)
        run = server.run()
        server.rate("log-batch", server.batches(run), clients, 4)
        found[f"log 1,000 points a request, {word}"] = 1000 * server.rate(
            "log-batch", server.batches(run), clients, batches
        )
    return found


def _million(ours, token: dict[str, str]) -> list[Row]:
    """Log a million points of a metric over HTTP, watching the engine's memory; then ask for their chart."""
    import psutil

    server = Server(f"{ours.engine}/mlflow/workbench", token, "million")
    run = server.run()
    bodies = server.batches(run, metrics=1)
    parts = urlsplit(server.url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    engine = _listening(psutil.Process(ours.pid), parts.port)
    sizes, seconds = [], 0.0
    for batch in range(MILLION // 1000):
        body = next(bodies)
        began = time.perf_counter()
        connection.request("POST", f"{server.path}/runs/log-batch", body, server.headers)
        response = connection.getresponse()
        content = response.read()
        seconds += time.perf_counter() - began
        if response.status != 200:
            raise RuntimeError(f"log-batch: {response.status} {content[:300]!r}")
        if batch % max(MILLION // 20_000, 1) == 0:
            sizes.append(engine.memory_full_info().pss / 1e6)
    begin, end = median(sizes[2:5]), max(sizes[-5:])
    print(
        f"… {MILLION:,} points in {seconds:.1f} s; engine {begin:.0f} MB, then {end:.0f} MB",
        file=sys.stderr,
        flush=True,
    )
    browser, address = _sign_in(ours), f"{ours.url}/run-series/?runs={run}&metrics=m0&keep={DRAWN}"
    times = []
    for _ in range(12):
        began = time.perf_counter()
        with browser.open(address) as response:
            answer = response.read()
        times.append((time.perf_counter() - began) * 1000)
    [series] = json.loads(answer)["series"].values()
    drawn = len(series["m0"]["value"])
    if not DRAWN * 0.9 < drawn <= DRAWN:
        raise RuntimeError(f"the chart has {drawn} points")
    return [
        Row(
            f"memory of the engine after {MILLION:,} points",
            f"the same after {MILLION // 10:,}",
            begin,
            end,
            "MB",
            "≤ 1.1",
        ),
        Row(f"chart of {MILLION:,} points, {DRAWN:,} drawn", "limit of 100 ms", 100, median(times), "ms", "≤ 1"),
    ]


def _listening(root, port: int):
    """The process that answers on a port, of the root's family."""
    return next(
        one
        for one in root.children(recursive=True)
        if any(found.status == "LISTEN" and found.laddr.port == port for found in one.net_connections(kind="inet"))
    )


@contextlib.contextmanager
def _mlflow(more: list[str]):
    """A tracking server on SQLite; yields its address and the folder of its database."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        serve = [peer("mlflow"), "server", "-p", port, "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", *more]
        with process(serve, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
            wait_for(f"http://127.0.0.1:{port}/health")
            yield f"http://127.0.0.1:{port}", folder


def _draw_theirs(server: Server, url: str, database: str) -> float:
    """Median milliseconds of what MLflow's own page asks for to draw the million."""
    run = server.run()
    with sqlite3.connect(database) as file:
        file.executemany(
            "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES ('m0', ?, ?, ?, ?, 0)",
            (((step * 7919) % 1009 / 7, 1_700_000_000_000 + step, run, step) for step in range(MILLION)),
        )
    file.close()
    address = (
        f"{url}/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids={run}&metric_key=m0&max_results={DRAWN}"
    )
    times = []
    for _ in range(3):
        began = time.perf_counter()
        with contextlib.suppress(TimeoutError), urlopen(address, timeout=SLOWEST) as response:
            response.read()
        times.append((time.perf_counter() - began) * 1000)
        if times[-1] > 20_000:
            break
    return median(times)
