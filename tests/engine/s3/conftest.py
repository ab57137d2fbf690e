"""Requests made and signed by hand, for what boto3 would never send."""

import hashlib
import hmac
import http.client
import time
from dataclasses import dataclass
from urllib.parse import quote

import pytest

EMPTY = hashlib.sha256(b"").hexdigest()


@pytest.fixture
def s3(aws):
    return aws.client("s3")


@pytest.fixture
def wire(aws):
    return Wire(aws)


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes


class Wire:
    """Signature Version 4, written a second time, over plain HTTP."""

    def __init__(self, aws):
        self.key, self.secret = aws.key.key_id, aws.key.secret
        self.host, self.port, self.region = "127.0.0.1", aws.engine.port, aws.region
        self.bucket = aws.bucket

    def sign(self, method: str, path: str, headers: dict, payload_hash: str, query: str = "") -> dict:
        """The headers to send. ``self.seed`` is what the chunks' signatures start from."""
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        scope = f"{date[:8]}/{self.region}/s3/aws4_request"
        headers = {
            "host": f"{self.host}:{self.port}",
            **headers,
            "x-amz-date": date,
            "x-amz-content-sha256": payload_hash,
        }
        signed = {name.lower(): value for name, value in headers.items()}
        names = ";".join(sorted(signed))
        lines = [
            method,
            quote(path),
            query,
            *[f"{name}:{signed[name]}" for name in sorted(signed)],
            "",
            names,
            payload_hash,
        ]
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        signing_key = f"AWS4{self.secret}".encode()
        for part in scope.split("/"):
            signing_key = hmac.digest(signing_key, part.encode(), "sha256")
        signature = hmac.digest(signing_key, f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{digest}".encode(), "sha256").hex()
        self.seed = (signing_key, date, scope, signature)
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        return headers

    def send(self, method: str, key: str, body: bytes = b"", headers: dict | None = None, *, query: str = "",
             payload_hash: str | None = None) -> Answer:  # fmt: skip
        path = f"/{self.bucket}/{key}" if key else f"/{self.bucket}"
        if payload_hash is None:
            payload_hash = hashlib.sha256(body).hexdigest()
        return self.exchange(method, path, self.sign(method, path, headers or {}, payload_hash, query), body, query)

    def exchange(self, method: str, path: str, headers: dict, body: bytes, query: str = "") -> Answer:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        try:
            connection.request(method, quote(path) + (f"?{query}" if query else ""), body=body, headers=headers)
            response = connection.getresponse()
            return Answer(
                response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
            )
        finally:
            connection.close()
