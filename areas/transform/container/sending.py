"""Sending payloads to the model server, several at a time, and taking the answers in the order of the payloads."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from areas.transform.container.model_server import Client, Lost, ModelServer, TimedOut
from areas.transform.container.processing import BadRecord, Processing
from areas.transform.container.records import BadObject, streamed

AGAIN = (408, 429, 500, 502, 503, 504)  # statuses that may be another the next time
WORDS = 1000  # characters of a refusal that go into the data log


class Refused(Exception):
    """A payload has no inference. ``lines`` are for the data log; ``fault`` is ClientError or AlgorithmError."""

    def __init__(self, fault: str, *lines: str):
        super().__init__(lines[0])
        self.fault, self.lines = fault, lines


class Streamed:
    """A whole object that is sent in chunked encoding; it can be sent again."""

    def __init__(self, path, compression: str):
        self.path, self.compression = path, compression

    def blocks(self):
        return streamed(self.path, self.compression)


class Sender:
    """``workers`` requests at a time, each over a connection of its own."""

    def __init__(
        self, server: ModelServer, processing: Processing, headers: dict[str, str], *, workers: int, seconds: float,
        retries: int,
    ):  # fmt: skip
        self.server, self.processing, self.headers = server, processing, headers
        self.workers, self.seconds, self.retries = workers, seconds, retries
        self.pool = ThreadPoolExecutor(workers, thread_name_prefix="send")
        self.mine = threading.local()

    def send(self, payload: bytes | Streamed) -> Future:
        """The future gets what is to be written for the payload, or raises Refused."""
        return self.pool.submit(self._transformed, payload)

    def end(self) -> None:
        self.pool.shutdown(wait=False, cancel_futures=True)

    def _transformed(self, payload: bytes | Streamed) -> bytes:
        try:
            if isinstance(payload, Streamed):
                return self._answer(payload)
            body = self.processing.sent(payload)
            return self.processing.written(payload, self._answer(body))
        except BadObject as error:
            self._client().close()  # in the middle of a request
            raise Refused("ClientError", f"ClientError: {error}.") from None
        except BadRecord as error:
            raise Refused("ClientError", f"ClientError: {error}.") from None

    def _answer(self, body: bytes | Streamed) -> bytes:
        for left in range(self.retries, -1, -1):
            try:
                status, answer = self._client().invoke(
                    body.blocks() if isinstance(body, Streamed) else body, self.headers
                )
            except TimedOut:
                if not left:
                    raise Refused(
                        "AlgorithmError",
                        f"Model server did not respond to /invocations request within {self.seconds:g} seconds",
                    ) from None
            except Lost as lost:
                if not self.server.is_alive():
                    raise Refused(
                        "AlgorithmError", f"The model server ended with exit code {self.server.code}"
                    ) from None
                if not left:
                    raise Refused("AlgorithmError", str(lost)) from None
            else:
                if 200 <= status < 300:
                    return answer
                if status not in AGAIN or not left:
                    raise _refusal(status, answer)
            time.sleep(min(0.1 * 2 ** (self.retries - left), 5.0))
        raise AssertionError("the last try returns or raises")

    def _client(self) -> Client:
        if not hasattr(self.mine, "client"):
            self.mine.client = Client(self.seconds)
        return self.mine.client


def _refusal(status: int, answer: bytes) -> Refused:
    fault = "ClientError" if 400 <= status < 500 else "AlgorithmError"
    said = answer.decode("utf-8", "replace").strip()[:WORDS]
    lines = [f"{fault}: {status}", f"Bad HTTP status received from algorithm: {status}"]
    if said:
        lines += ["Message:", *(line for line in said.splitlines() if line.strip())]
    return Refused(fault, *lines)
