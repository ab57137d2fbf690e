"""Bodies pass through in constant memory, whichever way they go."""

import asyncio
import hashlib
import tracemalloc

import pytest

from engine.context import Context
from engine.s3 import app, store

SIZE, PIECE = 96 << 20, 64 << 10


class Auth:
    content_sha256 = "UNSIGNED-PAYLOAD"


@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_a_large_body_takes_a_few_megabytes(aws, method, tmp_path):
    scope = {
        "type": "http", "method": method, "path": "/", "raw_path": f"/{aws.bucket}/large".encode(), "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"content-length", str(SIZE if method == "PUT" else 0).encode())],
    }  # fmt: skip
    if method == "GET":
        path = tmp_path / "large"
        with open(path, "wb") as file:
            file.truncate(SIZE)
        store.put_file(aws.number, aws.region, aws.bucket, "large", path)
    left, passed, statuses = [SIZE if method == "PUT" else 0], [0], []

    async def receive():
        left[0] -= min(PIECE, left[0])
        return {"type": "http.request", "body": bytes(PIECE), "more_body": left[0] > 0}

    async def send(message):
        statuses.append(message.get("status"))
        passed[0] += len(message.get("body", b""))

    tracemalloc.start()
    try:
        asyncio.run(app.handle(scope, receive, send, Context("s3", "", aws.number, aws.region), Auth()))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert statuses[0] == 200
    assert peak < 12 << 20
    assert passed[0] == (SIZE if method == "GET" else 0)
    row = store.get(aws.number, aws.bucket, "large")
    assert (row.size, row.etag) == (SIZE, hashlib.md5(bytes(SIZE)).hexdigest())
