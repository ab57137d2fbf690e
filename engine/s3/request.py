"""An S3 request as handlers see it, and what they answer."""

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from django.conf import settings

from engine.context import Context
from engine.errors import AwsError

KEY_BYTES = 1024


@dataclass
class Request:
    method: str
    bucket: str  # empty: the service itself
    key: str  # empty: the bucket itself
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    context: Context
    auth: Any  # engine.wire.sigv4.Auth
    receive: Any
    body: bytes = b""  # whole, for operations whose body is a document
    body_read: bool = False

    @cached_property
    def account(self) -> str:
        return self.context.account

    @cached_property
    def length(self) -> int | None:
        """The declared number of payload bytes: of what is inside aws-chunked, if it is."""
        name = "x-amz-decoded-content-length" if self.is_aws_chunked else "content-length"
        value = self.headers.get(name)
        if value is None:
            return None
        if not value.isdigit():
            raise AwsError("InvalidArgument", f"{name} must be a number.")
        return int(value)

    @cached_property
    def payload_hash(self) -> str:
        """The declared SHA-256 of the body, or one of the words that stand for it."""
        return (
            self.headers.get("x-amz-content-sha256") or getattr(self.auth, "content_sha256", "") or "UNSIGNED-PAYLOAD"
        )

    @cached_property
    def is_aws_chunked(self) -> bool:
        return self.payload_hash.startswith("STREAMING-")

    @cached_property
    def has_body(self) -> bool:
        return self.headers.get("content-length", "0") != "0" or "transfer-encoding" in self.headers

    def number(self, name: str, default: int, low: int = 0, high: int = 2**31 - 1) -> int:
        """A number in the query; InvalidArgument if it isn't one or is out of range."""
        value = self.query.get(name, "")
        if not value:
            return default
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and low <= int(value) <= high):
            raise AwsError(
                "InvalidArgument", f"Argument {name} must be an integer between {low} and {high}",
                ArgumentName=name, ArgumentValue=value,
            )  # fmt: skip
        return int(value)


@dataclass
class Reply:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    file: "OpenRange | None" = None  # streamed instead of ``body``


class OpenRange:
    """Bytes ``start`` to ``start + size`` of an open file. Who gets one closes it."""

    def __init__(self, number: int, start: int, size: int):
        self.number, self.start, self.size = number, start, size

    def close(self) -> None:
        os.close(self.number)

    def read(self, offset: int, size: int) -> bytes:
        """``size`` bytes at ``offset`` of the range; OSError if the file has fewer."""
        block = os.pread(self.number, size, self.start + offset)
        while len(block) < size:
            more = os.pread(self.number, size - len(block), self.start + offset + len(block))
            if not more:
                raise OSError("A blob is shorter than its row says.")
            block += more
        return block


def parse(scope: dict, receive, context: Context, auth) -> Request:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    path = (scope.get("raw_path") or scope["path"].encode()).split(b"?")[0]
    bucket = bucket_in_host(headers.get("host", ""))
    rest = path[1:]
    if not bucket:
        raw, _, rest = rest.partition(b"/")
        bucket = _text(raw)
    key = _text(rest)
    if len(key.encode()) > KEY_BYTES:
        raise AwsError("KeyTooLongError", "Your key is too long", MaxSizeAllowed=str(KEY_BYTES))
    query = {}
    for part in scope.get("query_string", b"").split(b"&"):
        name, _, value = part.partition(b"=")
        if name:
            query[_text(name)] = _text(value)
    return Request(scope["method"], bucket, key, query, headers, context, auth, receive)


def _text(raw: bytes) -> str:
    try:
        text = unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise AwsError("InvalidURI", "Couldn't parse the specified URI.") from None
    if "\0" in text:
        raise AwsError("InvalidURI", "Couldn't parse the specified URI: it contains NUL.")
    return text


def bucket_in_host(host: str) -> str:
    """The bucket of a virtual-hosted request: what stands before the engine's own name or before ``s3.…amazonaws.com``."""
    name = host.rsplit(":", 1)[0].lower() if not host.endswith("]") else host
    for base in (".localhost", f".{urlsplit(settings.ENGINE_URL).hostname}"):
        if name.endswith(base) and not name.replace(".", "").isdigit():
            return name.removesuffix(base)
    before, found, _ = name.partition(".s3.")
    if not found:
        before, found, _ = name.partition(".s3-")
    return before if found and name.endswith((".amazonaws.com", ".amazonaws.com.cn")) else ""
