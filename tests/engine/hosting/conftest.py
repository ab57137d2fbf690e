"""Model servers of the tests' own: real HTTP on a Unix socket, that do what the body says."""

import asyncio
import socketserver
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from engine.context import Context
from engine.hosting import dataplane, leases, routes

ACCOUNT, REGION = "123456789012", "us-east-1"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((dict(self.headers), body))
        if body == b"slow":
            time.sleep(0.5)
        if body == b"break off":
            self.close_connection = True
            return
        status = int(body) if body.isdigit() else 200
        answer = b"x" * (7 << 20) if body == b"big" else self.server.name.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("X-Amzn-SageMaker-Custom-Attributes", "from the model")
        if body == b"without a length":
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def address_string(self):
        return "client"

    def log_message(self, *_):
        pass


class ModelServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, folder: Path, name: str):
        self.name, self.seen = name, []
        self.socket_path, self.lease = str(folder / f"{name}.sock"), str(folder / f"{name}.lease")
        Path(self.lease).touch()
        super().__init__(self.socket_path, Handler)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def route(self) -> dict:
        return {"id": self.name, "socket": self.socket_path, "lease": self.lease}

    @property
    def is_free(self) -> bool:
        return leases.is_free(self.lease)


def variant(name: str, *servers: ModelServer, weight: float = 1.0, routing: str = "") -> dict:
    return {"name": name, "weight": weight, "routing": routing, "instances": [server.route for server in servers]}


def write_routes(*fleets: tuple[float, list[dict]], endpoint: str = "e") -> None:
    entry = {"record": 0, "fleets": [{"share": share, "variants": variants} for share, variants in fleets]}
    routes.write({routes.key(ACCOUNT, REGION, endpoint): entry})


async def invoke(body: bytes = b"hello", endpoint: str = "e", account: str = ACCOUNT, region: str = REGION, **headers):
    context = Context("sagemaker-runtime", "InvokeEndpoint", account, region)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await dataplane.invoke(context, "InvokeEndpoint", endpoint, named, body)


@pytest.fixture
def start(settings):
    """``start("a")`` starts a model server; the data plane gets a home of its own."""
    with tempfile.TemporaryDirectory(prefix="plane-") as folder:
        settings.STUDIO_HOME = Path(folder)
        servers = []

        def start(name: str) -> ModelServer:
            servers.append(ModelServer(Path(folder), name))
            return servers[-1]

        yield start
        for server in servers:
            server.shutdown()
            server.server_close()


@pytest.fixture
def run(start, monkeypatch):
    """Run a coroutine on an event loop with a data plane whose counters go nowhere."""
    monkeypatch.setattr("engine.hosting.traffic.Traffic.flush", lambda self: None)

    def run(coroutine):
        async def whole():
            try:
                return await coroutine
            finally:
                await dataplane.close()

        return asyncio.run(whole())

    return run
