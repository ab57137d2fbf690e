"""The objects in S3 that a report shows: found by the digest of their address among those that its blocks name, so that no
other object can be asked for; read with the rights of whoever looks, or, for strangers, of the owner and the block's author."""

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from django.http import HttpResponse, StreamingHttpResponse

from areas.calls import CallFailed, call
from areas.reports.blocks import is_uri, uris_of
from areas.reports.errors import Missing
from areas.reports.sources import Eyes
from catalog.actor import Actor, acting, current

IMAGES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF87a", "image/gif"),
          (b"GIF89a", "image/gif"))  # fmt: skip
LARGEST_IMAGE = 20_000_000  # bytes
CHUNK = 256 * 1024


@dataclass(frozen=True)
class Found:
    uri: str
    block: dict

    @property
    def name(self) -> str:
        return self.uri.rpartition("/")[2] or "file"

    @property
    def where(self) -> str:
        return self.uri.removeprefix("s3://")


def digest_of(uri: str) -> str:
    return hashlib.sha256(uri.encode()).hexdigest()[:24]


def looks_like_image(uri: str) -> bool:
    return uri.lower().endswith((".png", ".jpg", ".jpeg", ".gif", ".webp"))


def find(blocks: list[dict], digest: str) -> Found:
    """Raises Missing where no block names such an object."""
    for block in blocks:
        for uri in uris_of(block):
            if digest_of(uri) == digest and is_uri(uri):
                return Found(uri, block)
    raise Missing("The report shows no such file.")


def answer(found: Found, eyes: Eyes) -> HttpResponse | StreamingHttpResponse:
    """The object: an image as what it is, everything else as a download. Raises Missing, also where it may not be seen."""
    bucket, _, key = found.where.partition("/")
    if not eyes.at(found.block).may("view", "S3Object", found.where):
        raise Missing(f"{found.name} is not there, or {eyes.who} may not see it.")
    with _as(eyes):
        try:
            got = call(eyes.connection, "GetObject", service="s3", Bucket=bucket, Key=key)
        except CallFailed as error:
            raise Missing(f"{found.name} is not there, or {eyes.who} may not see it.") from error
    body, size = got["Body"], got["ContentLength"]
    head = body.read(16)
    media_type = image_type(head)
    if media_type and size <= LARGEST_IMAGE:
        with body:
            response = HttpResponse(head + body.read(), content_type=media_type)
    else:
        response = StreamingHttpResponse(_chunks(head, body), content_type="application/octet-stream")
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name)}"
        response["Content-Length"] = str(size)
    # Nobody's file runs anything here, whatever a browser makes of it.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=60"
    return response


def image_type(head: bytes) -> str:
    """The media type of an image that is shown, by its first bytes; "" for everything else, SVG too: it may hold scripts."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((name for mark, name in IMAGES if head.startswith(mark)), "")


@contextmanager
def _as(eyes: Eyes):
    """S3 is asked in the owner's name for a stranger."""
    if not eyes.is_stranger:
        yield
        return
    with acting(Actor(eyes.access.user, current().via, current().source)):
        yield


def _chunks(head: bytes, body):
    with body:
        yield head
        while chunk := body.read(CHUNK):
            yield chunk
