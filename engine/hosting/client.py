"""An HTTP/1.1 client for model servers: kept-alive Unix-socket connections, as little as one invocation needs."""

import asyncio
from collections import deque
from typing import NamedTuple

import httptools

CONNECTIONS = 100  # to one model server; requests beyond that wait for one to come free
BODY_LIMIT = 6 * 1024 * 1024


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Unsent(Exception):
    """The request did not reach the model server: it may be sent to another."""


class Lost(Exception):
    """The connection broke after the request went out: nobody knows whether the model server acted on it."""


class TooLarge(Exception):
    """The answer is larger than SageMaker passes on."""


class Connection(asyncio.Protocol):
    """One kept-alive connection, one request at a time."""

    __slots__ = ("_body", "_framed", "_headers", "_size", "answer", "loop", "open", "parser", "transport")

    def __init__(self, loop: asyncio.AbstractEventLoop):
        self.loop = loop
        self.open = False
        self.answer: asyncio.Future | None = None

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.open = True
        self.parser = httptools.HttpResponseParser(self)

    def send(self, data: bytes) -> asyncio.Future:
        """Write a whole request; the future gets its Answer, or Unsent, Lost or TooLarge."""
        self._headers, self._body, self._size, self._framed = [], [], 0, False
        self.answer = self.loop.create_future()
        self.transport.write(data)
        return self.answer

    def close(self) -> None:
        self.open = False
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(Lost(f"the model server's answer is not HTTP: {error}"))

    def connection_lost(self, error: Exception | None) -> None:
        self.open = False
        if self.answer is None or self.answer.done():
            return
        if self._headers and not self._framed and error is None:
            self._finish()  # an answer without a length ends where the connection does
        elif isinstance(error, (BrokenPipeError, ConnectionResetError)) and not self._headers:
            # A Unix socket says so only if the other end closed before it had read the whole request.
            self._fail(Unsent())
        else:
            self._fail(Lost("the model server closed the connection before it answered"))

    def on_message_begin(self) -> None:
        if self.answer is None or self.answer.done():
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name in (b"content-length", b"transfer-encoding"):
            self._framed = True
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._size > BODY_LIMIT:
            self._fail(TooLarge())
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        if self.parser.get_status_code() < 200:  # 100 Continue, though we never ask for it
            self._headers, self._framed = [], False
            return
        if not self.parser.should_keep_alive():
            self.close()
        self._finish()

    def _finish(self) -> None:
        if self.answer and not self.answer.done():
            self.answer.set_result(Answer(self.parser.get_status_code(), self._headers, b"".join(self._body)))

    def _fail(self, error: Exception) -> None:
        self.close()
        if self.answer and not self.answer.done():
            self.answer.set_exception(error)


class Pool:
    """The connections to one model server."""

    def __init__(self, socket: str):
        self.socket = socket
        self.outstanding = 0  # requests under way or waiting
        self._idle: list[Connection] = []
        self._busy = 0
        self._waiting: deque[asyncio.Future] = deque()

    async def request(self, data: bytes, timeout: float) -> Answer:
        """Send one request and return the Answer. Raises Unsent, Lost, TooLarge, or TimeoutError after ``timeout`` seconds."""
        self.outstanding += 1
        try:
            return await self._request(data, timeout)
        finally:
            self.outstanding -= 1

    async def _request(self, data: bytes, timeout: float) -> Answer:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while self._busy >= CONNECTIONS:
            await self._turn(loop, deadline)
        self._busy += 1
        connection = None
        try:
            connection = self._kept() or await self._connect(loop)
            answer = connection.send(data)
            timer = loop.call_at(deadline, _time_out, answer)
            try:
                return await answer
            finally:
                timer.cancel()
        except BaseException:
            if connection is not None:
                connection.close()  # its answer may still come: it can't carry another request
            raise
        finally:
            self._busy -= 1
            if connection is not None and connection.open:
                self._idle.append(connection)
            while self._waiting:
                turn = self._waiting.popleft()
                if not turn.done():
                    turn.set_result(None)
                    break

    async def _turn(self, loop: asyncio.AbstractEventLoop, deadline: float) -> None:
        turn = loop.create_future()
        self._waiting.append(turn)
        timer = loop.call_at(deadline, _time_out, turn)
        try:
            await turn
        finally:
            timer.cancel()

    def _kept(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.open and not connection.transport.is_closing():
                return connection
        return None

    async def _connect(self, loop: asyncio.AbstractEventLoop) -> Connection:
        try:
            _, connection = await loop.create_unix_connection(lambda: Connection(loop), self.socket)
        except OSError as error:
            raise Unsent() from error
        return connection

    def close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()


def _time_out(future: asyncio.Future) -> None:
    if not future.done():
        future.set_exception(TimeoutError())
