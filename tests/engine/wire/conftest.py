"""Requests signed by hand, to send what boto3 would never send."""

from datetime import UTC, datetime

import httpx
import pytest
from botocore.auth import SIGV4_TIMESTAMP, S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class Raw:
    """Sends signed requests; what is sent may differ from what was signed."""

    def __init__(self, aws):
        self.aws = aws

    def signed(
        self, body: bytes = b"{}", service: str = "sagemaker", target: str = "", path: str = "/", method: str = "POST",
        headers: dict | None = None, key_id: str = "", secret: str = "", token: str | None = None, at: datetime | None = None,
        region: str = "us-east-1",
    ) -> AWSRequest:  # fmt: skip
        headers = {"Host": self.aws.engine.url.removeprefix("http://"), **(headers or {})}
        if target:
            headers |= {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
        request = AWSRequest(method, f"{self.aws.engine.url}{path}", headers=headers, data=body)
        credentials = Credentials(key_id or self.aws.key.key_id, secret or self.aws.key.secret, token)
        signer = (S3SigV4Auth if service == "s3" else SigV4Auth)(credentials, service, region)
        request.context["timestamp"] = (at or datetime.now(UTC)).strftime(SIGV4_TIMESTAMP)
        # add_auth takes the time from the clock: sign by its parts instead.
        signer._modify_request_before_signing(request)
        text = signer.string_to_sign(request, signer.canonical_request(request))
        signer._inject_signature_to_request(request, signer.signature(text, request))
        return request

    def send(self, request: AWSRequest, body: bytes | None = None, **headers: str) -> httpx.Response:
        content = request.data if body is None else body
        changed = {
            **dict(request.headers.items()),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return httpx.request(request.method, request.url, content=content, headers=changed, timeout=30)

    def call(self, target: str, body: bytes = b"{}", **how) -> httpx.Response:
        return self.send(self.signed(body, target=target, **how))


@pytest.fixture
def raw(aws) -> Raw:
    return Raw(aws)
