"""The HTTP server of all images: no framework, because it would cost more than the prediction of 0.2 ms.

``serve(answer)`` answers on the listening socket whose descriptor is in ``ATELIER_LISTEN_FD`` (else on TCP port
``SAGEMAKER_BIND_TO_PORT``, 8080) until SIGTERM; what is being answered then is finished first.
"""

import asyncio
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus

LIMIT = 100 * 1024 * 1024  # bytes of a request's body: batch transform's largest
DRAIN = 60  # seconds for what is in flight at SIGTERM
STUCK = 60.0  # seconds that one request may take, where SAGEMAKER_MODEL_SERVER_TIMEOUT doesn't say

_REASONS = {status.value: status.phrase for status in HTTPStatus}


@dataclass(slots=True)
class Request:
    method: str
    path: str  # without the query
    headers: dict[str, str]  # names in lower case
    body: bytes


@dataclass(slots=True)
class Response:
    body: bytes = b""
    status: int = 200
    content_type: str = "text/plain"
    headers: dict[str, str] = field(default_factory=dict)


Answer = Callable[[Request], Response]


def serve(answer: Answer, *, inline: Callable[[Request], bool] = lambda request: False, threads: int = 1) -> int:
    """Answer requests until SIGTERM, and end the process with 0.

    ``answer`` runs in one of ``threads`` threads, or on the event loop where ``inline`` says that it is that short.
    An exception is answered by 500 and its traceback. ``GET /ping`` never waits behind a prediction: it is 200 at once, or
    503 while every thread has had the same request for longer than ``SAGEMAKER_MODEL_SERVER_TIMEOUT`` seconds (60).
    """
    import uvloop

    code = uvloop.run(_serve(answer, inline, threads))
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of native libraries may still be at work: an interpreter that ends around them can abort.
    os._exit(code)


async def _serve(answer: Answer, inline: Callable[[Request], bool], threads: int) -> int:
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    pool = Workers(threads, float(os.environ.get("SAGEMAKER_MODEL_SERVER_TIMEOUT") or STUCK))
    connections: set[Connection] = set()
    listener = _listener()
    server = await loop.create_server(lambda: Connection(answer, inline, pool, connections), sock=listener)
    await stopping.wait()
    server.close()
    for connection in list(connections):
        connection.finish()
    deadline = loop.time() + DRAIN
    while connections and loop.time() < deadline:
        await asyncio.sleep(0.02)
    pool.shutdown(wait=False, cancel_futures=True)
    return 0


class Workers(ThreadPoolExecutor):
    """The threads that predict, and since when each has been at its request."""

    def __init__(self, threads: int, patience: float):
        super().__init__(threads, thread_name_prefix="predict")
        self.threads, self.patience = threads, patience
        self.began: dict[int, float] = {}  # by thread

    def work(self, answer: Answer, request: Request) -> Response:
        self.began[threading.get_ident()] = time.monotonic()
        try:
            return _answered(answer, request)
        finally:
            del self.began[threading.get_ident()]

    @property
    def are_stuck(self) -> bool:
        """Whether none is left that could take a request within the time that one may take."""
        began = list(self.began.values())
        return len(began) == self.threads and time.monotonic() - max(began) > self.patience


def _listener() -> socket.socket:
    descriptor = os.environ.get("ATELIER_LISTEN_FD")
    if descriptor:
        listener = socket.socket(fileno=int(descriptor))
    else:
        listener = socket.create_server(("", int(os.environ.get("SAGEMAKER_BIND_TO_PORT") or 8080)), backlog=512)
    listener.setblocking(False)
    return listener


class Connection(asyncio.Protocol):
    """One kept-alive connection. Requests are answered in their order; a pipelined one waits its turn."""

    def __init__(self, answer: Answer, inline: Callable, pool: Workers, connections: set):
        self.answer, self.inline, self.pool, self.connections = answer, inline, pool, connections
        self.waiting: deque[tuple[Request, bool]] = deque()
        self.busy = False
        self.closing = False
        self.transport = None

    def connection_made(self, transport):
        import httptools

        self.transport = transport
        self.connections.add(self)
        self.parser = httptools.HttpRequestParser(self)
        self._reset()

    def connection_lost(self, error):
        self.connections.discard(self)
        self.transport = None
        self.waiting.clear()

    def data_received(self, data: bytes):
        import httptools

        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(400, "Upgrades are not supported.")
        except httptools.HttpParserError:
            self._refuse(400, "This is not HTTP/1.1.")

    def finish(self):
        """Close as soon as nothing is being answered."""
        self.closing = True
        if not self.busy and self.transport:
            self.transport.close()

    # What the parser calls.

    def on_url(self, url: bytes):
        self.url += url

    def on_header(self, name: bytes, value: bytes):
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self):
        if self.headers.get("expect", "").lower() == "100-continue" and self.transport:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes):
        self.size += len(body)
        if self.size > LIMIT:
            self._refuse(413, f"The body is larger than {LIMIT // 1024 // 1024} MB.")
        else:
            self.chunks.append(body)

    def on_message_complete(self):
        path = self.url.partition(b"?")[0].decode("latin-1")
        body = self.chunks[0] if len(self.chunks) == 1 else b"".join(self.chunks)
        request = Request(self.parser.get_method().decode(), path, self.headers, body)
        keep = self.parser.should_keep_alive()
        self._reset()
        if self.busy:
            self.waiting.append((request, keep))
        else:
            self._take(request, keep)

    def _reset(self):
        self.url, self.headers, self.chunks, self.size = b"", {}, [], 0

    def _take(self, request: Request, keep: bool):
        if request.path == "/ping":
            self._write(Response(b"", 503 if self.pool.are_stuck else 200), keep)
        elif self.inline(request):
            self._write(_answered(self.answer, request), keep)
        else:
            self.busy = True
            if self.transport:
                self.transport.pause_reading()
            loop = asyncio.get_running_loop()
            future = loop.run_in_executor(self.pool, self.pool.work, self.answer, request)
            future.add_done_callback(lambda done: self._done(done, keep))

    def _done(self, future: asyncio.Future, keep: bool):
        self.busy = False
        if self.transport is None or future.cancelled():
            return
        self._write(future.result(), keep)
        if self.transport and not self.transport.is_closing():
            self.transport.resume_reading()
            while self.waiting and not self.busy:
                self._take(*self.waiting.popleft())

    def _write(self, response: Response, keep: bool):
        if self.transport is None or self.transport.is_closing():
            return
        keep = keep and not self.closing
        lines = [f"HTTP/1.1 {response.status} {_REASONS.get(response.status, '')}"]
        if response.status != 204:
            lines.append(f"Content-Type: {response.content_type}")
            lines.append(f"Content-Length: {len(response.body)}")
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        if not keep:
            lines.append("Connection: close")
        head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
        self.transport.write(head + response.body if response.status != 204 else head)
        if not keep:
            self.transport.close()

    def _refuse(self, status: int, message: str):
        self._write(Response(message.encode(), status), keep=False)


def _answered(answer: Answer, request: Request) -> Response:
    try:
        return answer(request)
    except Exception as error:
        traceback.print_exc()
        return Response(f"{error}\n{traceback.format_exc()}".encode(), 500)
