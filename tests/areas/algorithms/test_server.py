"""The HTTP server that all images share."""

import threading
import time
from contextlib import suppress

import pytest


@pytest.fixture
def echo(server, tmp_path, monkeypatch):
    """A server that answers the body reversed, slowly for ``slow``, and fails for ``fail``."""
    (tmp_path / "echo_app.py").write_text(
        "import sys, time\n"
        "from areas.algorithms.server import Request, Response, serve\n"
        "def answer(request):\n"
        "    if request.body == b'slow': time.sleep(0.6)\n"
        "    if request.body == b'fail': raise ValueError('it broke')\n"
        "    return Response(request.body[::-1], headers={'X-Path': request.path})\n"
        "def main():\n"
        "    return serve(answer, inline=lambda request: request.body.startswith(b'in'))\n"
    )
    one = server("echo_app:main", PYTHONPATH=str(tmp_path))
    assert one.get("/ping") == (200, b"")
    return one


def read_answers(connection, count: int) -> bytes:
    data = b""
    while data.count(b"HTTP/1.1 ") < count or not data.endswith(b"."):
        data += connection.recv(65536)
    return data


def test_keep_alive_and_query(echo):
    connection = echo.connect()
    for number in range(3):
        connection.request("POST", f"/invocations?n={number}", b"abc")
        response = connection.getresponse()
        assert (response.status, response.read(), response.headers["X-Path"]) == (200, b"cba", "/invocations")


def test_chunked_body_and_expect_continue(echo):
    raw = echo.socket()
    raw.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
    assert raw.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    for part in (b"3\r\n.bc\r\n", b"2\r\nde\r\n", b"0\r\n\r\n"):
        raw.sendall(part)
        time.sleep(0.01)
    assert read_answers(raw, 1).endswith(b"\r\n\r\nedcb.")


def test_pipelined_requests_are_answered_in_their_order(echo):
    raw = echo.socket()
    bodies = [b"slow", b"in.", b".2", b"in.3", b".4"]
    raw.sendall(b"".join(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(b), b) for b in bodies))
    data = b""
    while data.count(b"HTTP/1.1 200") < 5 or not data.endswith(b"4."):
        data += raw.recv(65536)
    at = [data.index(word) for word in (b"wols", b".ni", b"2.", b"3.ni", b"4.")]
    assert at == sorted(at)


def test_connection_close_and_http_1_0(echo):
    for head in (
        b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\na.",
        b"GET / HTTP/1.0\r\n\r\n",
    ):
        raw = echo.socket()
        raw.sendall(head)
        data = b""
        while part := raw.recv(65536):
            data += part
        assert data.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"Connection: close" in data


def test_noise_is_refused_and_closed(echo):
    raw = echo.socket()
    raw.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    data = b""
    while part := raw.recv(65536):
        data += part
    assert data.startswith(b"HTTP/1.1 400 ")


def test_an_exception_is_500_with_its_traceback(echo):
    status, body, _ = echo.invoke(b"fail")
    assert status == 500
    assert body.startswith(b"it broke\nTraceback")
    assert echo.invoke(b"ok")[0] == 200


def test_ping_answers_while_a_prediction_runs(echo):
    answers = []
    slow = threading.Thread(target=lambda: answers.append(echo.invoke(b"slow")))
    slow.start()
    time.sleep(0.1)
    start = time.monotonic()
    assert echo.get("/ping") == (200, b"")
    assert time.monotonic() - start < 0.4
    assert not answers
    slow.join(5)
    assert answers[0][:2] == (200, b"wols")


def test_sigterm_finishes_what_is_in_flight(echo):
    answers = []
    slow = threading.Thread(target=lambda: answers.append(echo.invoke(b"slow")))
    slow.start()
    time.sleep(0.2)
    assert echo.close() == 0
    slow.join(5)
    assert answers[0][:2] == (200, b"wols")


def test_a_body_that_is_too_large_is_413(echo):
    raw = echo.socket()
    raw.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"%x\r\n%s\r\n" % (8 << 20, bytes(8 << 20))
    data = b""
    with suppress(BrokenPipeError, ConnectionResetError):
        for _ in range(16):
            raw.sendall(chunk)
    with suppress(ConnectionResetError):
        data = raw.recv(65536)
    assert data.startswith(b"HTTP/1.1 413 ") or not data
    assert echo.get("/ping") == (200, b"")


def test_ping_tells_when_every_thread_is_stuck(server, tmp_path):
    (tmp_path / "stuck_app.py").write_text(
        "import time\n"
        "from areas.algorithms.server import Response, serve\n"
        "def answer(request):\n"
        "    time.sleep(float(request.body))\n"
        "    return Response()\n"
        "def main():\n"
        "    return serve(answer)\n"
    )
    one = server("stuck_app:main", PYTHONPATH=str(tmp_path), SAGEMAKER_MODEL_SERVER_TIMEOUT="0.5")
    assert one.get("/ping")[0] == 200
    slow = one.connect()
    slow.request("POST", "/invocations", b"1.5")
    time.sleep(0.2)
    assert one.get("/ping")[0] == 200  # busy, not stuck
    time.sleep(0.7)
    assert one.get("/ping")[0] == 503
    assert slow.getresponse().status == 200
    assert one.get("/ping")[0] == 200
