"""The model server beside the transformer: started as a process of its own, asked over a Unix socket."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[3])
LISTEN_FD = 3
PING = 2.0  # seconds that one /ping may take
PAUSE = 0.02  # seconds between two of them
GRACE = 1.0  # seconds between SIGTERM and SIGKILL: nothing is under way any more that is wanted
NAME = "model-server.sock"
FRESH = (
    "import sys; sys.path[0] = sys.argv.pop(1); module, _, name = sys.argv.pop(1).partition(':'); "
    "from importlib import import_module; sys.exit(getattr(import_module(module), name)())"
)


class Lost(Exception):
    """The model server is gone or can't be reached; the message says what is known."""


class TimedOut(Exception):
    """The model server did not answer in time."""


class ModelServer:
    """``call`` is the image's ``module:function`` that serves. Start it before there are threads: it may be a fork of us."""

    def __init__(self, call: str, python: str, *, preloaded: bool):
        os.chdir(os.environ.get("TMPDIR", "/tmp"))  # noqa: S108  a socket's path has 107 bytes at most: it is relative
        with suppress(FileNotFoundError):
            os.unlink(NAME)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(NAME)
        os.chmod(NAME, 0o600)
        listener.listen(512)
        self.pid = self._fork(call, listener) if preloaded else self._spawn(call, python, listener)
        self.code: int | None = None
        listener.close()

    def _fork(self, call: str, listener: socket.socket) -> int:
        """A fork has what the built-in images import already."""
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            handle = listener.detach()
            if handle != LISTEN_FD:
                os.dup2(handle, LISTEN_FD)
                os.close(handle)
            os.environ["ATELIER_LISTEN_FD"] = str(LISTEN_FD)
            os.chdir(_base())
            module, _, name = call.partition(":")
            code = getattr(import_module(module), name)()
        except SystemExit as leaving:
            code = leaving.code
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(int(code or 0) & 0xFF)

    def _spawn(self, call: str, python: str, listener: socket.socket) -> int:
        handle = listener.fileno()
        environment = {**os.environ, "ATELIER_LISTEN_FD": str(handle)}
        process = subprocess.Popen(
            [python, "-c", FRESH, ROOT, call], cwd=_base(), env=environment, pass_fds=[handle], stdin=subprocess.DEVNULL
        )
        process.returncode = 0  # we wait for it ourselves
        return process.pid

    def is_alive(self) -> bool:
        if self.code is None:
            with suppress(ChildProcessError):
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self.code = os.waitstatus_to_exitcode(status)
        return self.code is None

    def wait_until_healthy(self, seconds: float) -> None:
        """Ask ``GET /ping`` until it is 200. Raises Lost if the server ends before, or takes longer than ``seconds``."""
        deadline = time.monotonic() + seconds
        while not self._ping():
            if not self.is_alive():
                raise Lost(f"The model server ended with exit code {self.code} before it answered /ping")
            if time.monotonic() > deadline:
                raise Lost(f"The model server did not answer /ping with 200 within {seconds:g} seconds")
            time.sleep(PAUSE)

    def _ping(self) -> bool:
        client = Client(PING)
        try:
            return client.get("/ping")[0] == 200
        except (Lost, TimedOut):
            return False
        finally:
            client.close()

    def execution_parameters(self) -> dict:
        """What the container says of how it wants to be asked; nothing if it says nothing that can be read."""
        client = Client(PING)
        try:
            status, body = client.get("/execution-parameters")
            told = json.loads(body) if status == 200 else {}
            return told if isinstance(told, dict) else {}
        except (Lost, TimedOut, ValueError):
            return {}
        finally:
            client.close()

    def end(self) -> None:
        """Ask it to end, and end it."""
        deadline = time.monotonic() + GRACE
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
            while self.is_alive() and time.monotonic() < deadline:
                time.sleep(0.005)
            if self.code is None:
                os.kill(self.pid, signal.SIGKILL)


class _UnixConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(NAME)


class Client:
    """One kept-alive connection to the model server, one request at a time. ``seconds`` is how long a request may take."""

    def __init__(self, seconds: float):
        self.seconds = seconds
        self.connection = _UnixConnection("localhost", timeout=seconds)

    def get(self, path: str) -> tuple[int, bytes]:
        return self._ask("GET", path, None, {})

    def invoke(self, body: bytes | Iterable[bytes], headers: dict[str, str]) -> tuple[int, bytes]:
        """``(status, body)`` of the answer. An iterable is sent in chunked encoding. Raises Lost or TimedOut."""
        return self._ask("POST", "/invocations", body, headers)

    def _ask(self, method: str, path: str, body, headers: dict) -> tuple[int, bytes]:
        deadline = time.monotonic() + self.seconds
        is_chunked = body is not None and not isinstance(body, bytes)
        if is_chunked:
            headers = {**headers, "Transfer-Encoding": "chunked"}
        try:
            if self.connection.sock:
                self.connection.sock.settimeout(self.seconds)
            self.connection.request(method, path, body, headers, encode_chunked=is_chunked)
            answer = self.connection.getresponse()
            blocks = []
            while block := answer.read(1 << 20):
                blocks.append(block)
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                if self.connection.sock:  # None once the server has said that it closes
                    self.connection.sock.settimeout(left)
            return answer.status, b"".join(blocks)
        except TimeoutError:
            self.close()
            raise TimedOut from None
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Lost(f"The connection to the model server broke ({type(error).__name__})") from None

    def close(self) -> None:
        self.connection.close()


def _base() -> str:
    return os.environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml"
