"""The S3 end of the wire: from a verified HTTP request to bytes, errors in S3's own XML."""

import asyncio
import contextlib
import logging
import uuid

from django.db import InterfaceError, OperationalError

from areas.permissions import Need
from engine.context import Context
from engine.errors import AwsError
from engine.s3 import blobs, copying, shared, xml
from engine.s3.intake import Disconnected, read_document
from engine.s3.request import OpenRange, Reply, Request, parse
from engine.s3.routes import route_of
from engine.s3.threads import run, run_orm
from engine.wire import authorise

log = logging.getLogger(__name__)
PATIENCE = 10  # seconds after which a long CompleteMultipartUpload starts to answer with blanks
DRAINED = 1 << 20  # bytes of an unread body that the server may swallow to keep the connection


async def handle(scope, receive, send, context: Context, auth) -> None:
    """Answer one S3 request whose signature the gateway has verified (``context.account`` is empty if it had none)."""
    context.request_id = context.request_id or uuid.uuid4().hex[:16].upper()
    request = None
    answer = Sender(scope["method"], context, send)
    try:
        request = parse(scope, receive, context, auth)
        if not context.account and not _is_for_everybody(request):
            raise AwsError("AccessDenied", "Access Denied", 403)
        reply = await _answer(request, answer)
    except Disconnected:
        return
    except AwsError as error:
        reply = _failure(error, request, context)
    except (OperationalError, InterfaceError) as error:
        log.error("S3 %s %s failed, request %s: %s", scope["method"], scope["path"], context.request_id, error)
        reply = _failure(AwsError("ServiceUnavailable", "Service is unable to handle request.", 503), request, context)
    except Exception:
        log.exception("S3 %s %s failed, request %s", scope["method"], scope["path"], context.request_id)
        reply = _failure(
            AwsError("InternalError", "We encountered an internal error. Please try again.", 500), request, context
        )
    if request is None or _is_body_left(request):
        reply.headers["connection"] = "close"
    await answer.finish(reply)


async def _answer(request: Request, answer: "Sender") -> Reply:
    route = route_of(request)
    if request.context.account and not request.context.access.is_everything:
        await run_orm(_authorise, request)
    if route.reads == "stream":
        return await route.answer(request)
    if route.reads == "document":
        request.body = await read_document(request)
    work = run_orm(route.answer, request)
    if request.method == "POST":
        while not (await asyncio.wait([work], timeout=PATIENCE))[0]:
            await answer.keep_waiting()
    return await work


def _is_for_everybody(request: Request) -> bool:
    """Whether no key is needed: to read what AWS shares with everybody."""
    return request.method in ("GET", "HEAD") and shared.is_shared(request.bucket)


def _authorise(request: Request) -> None:
    """AccessDenied unless the caller's roles allow it, by the bucket and key: ``bucket/*`` is what a bucket holds."""
    if _deletes_many(request):  # each of its keys is asked about when they are read
        if not request.context.access.may("delete", "S3Object"):
            raise authorise.denied(request.context, Need("delete", "S3Object", f"{request.bucket}/"))
        return
    for need in needs_of(request):
        if not authorise.allows(request.context, need):
            raise authorise.denied(request.context, need)


def needs_of(request: Request) -> list[Need]:
    """What a request needs. Object and prefix are the name, below their bucket; a copy must see its source, too."""
    if (
        not request.key
        and "uploads" not in request.query
        and (not request.bucket or request.method in ("PUT", "DELETE"))
    ):
        verb = {"PUT": "create", "DELETE": "delete"}.get(request.method, "view")
        return [Need(verb, "S3Bucket", request.bucket)]
    verb = _VERBS[request.method]
    if not request.key and request.method == "GET":
        return [Need(verb, "S3Object", f"{request.bucket}/{request.query.get('prefix', '')}", is_prefix=True)]
    needs = [Need(verb, "S3Object", f"{request.bucket}/{request.key}")]
    if "x-amz-copy-source" in request.headers:
        bucket, key, _ = copying.named_source(request)
        needs.append(Need("view", "S3Object", f"{bucket}/{key}"))
    return needs


def _deletes_many(request: Request) -> bool:
    return request.method == "POST" and not request.key and "delete" in request.query


_VERBS = {"GET": "view", "HEAD": "view", "PUT": "create", "POST": "create", "DELETE": "delete"}


def _is_body_left(request: Request) -> bool:
    """Whether the client may still send a body that nobody wants."""
    if request.body_read or not request.has_body:
        return False
    length = request.headers.get("content-length", "")
    return "expect" in request.headers or not length.isdigit() or int(length) > DRAINED


def _failure(error: AwsError, request: Request | None, context: Context) -> Reply:
    extra = dict(error.extra)
    if request and "Key" not in extra and "BucketName" not in extra:
        extra["Resource"] = f"/{request.bucket}/{request.key}" if request.key else f"/{request.bucket}"
    body = xml.tags(
        Code=error.code, Message=error.message, **extra, RequestId=context.request_id, HostId=context.request_id
    )
    return Reply(error.status, body=xml.document("Error", body, namespace=False))


class Sender:
    """The one answer of a request, which may have begun before it is known."""

    def __init__(self, method: str, context: Context, send):
        self.method, self.context, self.send = method, context, send
        self.begun = False

    async def keep_waiting(self) -> None:
        """Send a blank, so that the client doesn't give up: the status is 200 from now on, as on AWS."""
        if not self.begun:
            await self._begin(200, {"content-type": "application/xml"})
            await self.send({"type": "http.response.body", "body": xml.DECLARATION, "more_body": True})
            self.begun = True
        await self.send({"type": "http.response.body", "body": b" ", "more_body": True})

    async def finish(self, reply: Reply) -> None:
        if self.begun:
            await self.send({"type": "http.response.body", "body": reply.body.removeprefix(xml.DECLARATION)})
            return
        is_empty = self.method == "HEAD" or reply.status in (204, 304)
        headers = reply.headers
        if reply.body and "content-type" not in headers:
            headers["content-type"] = "application/xml"
        if "content-length" not in headers and reply.status not in (204, 304):
            headers["content-length"] = str(len(reply.body))
        await self._begin(reply.status, headers)
        if reply.file:
            await stream(reply.file, self.send)
        else:
            await self.send({"type": "http.response.body", "body": b"" if is_empty else reply.body})

    async def _begin(self, status: int, headers: dict[str, str]) -> None:
        headers = {
            "x-amz-request-id": self.context.request_id, "x-amz-id-2": self.context.request_id, "server": "AmazonS3", **headers,
        }  # fmt: skip
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await self.send({"type": "http.response.start", "status": status, "headers": encoded})


async def stream(part: OpenRange, send) -> None:
    """Send a file's bytes, reading the next block while the last one leaves."""
    coming = None
    try:
        coming = run(part.read, 0, min(blobs.BLOCK, part.size))
        offset = min(blobs.BLOCK, part.size)
        while True:
            block, coming = await coming, None
            if offset < part.size:
                size = min(blobs.BLOCK, part.size - offset)
                coming = run(part.read, offset, size)
                offset += size
            await send({"type": "http.response.body", "body": block, "more_body": coming is not None})
            if coming is None:
                return
    finally:
        if coming:
            with contextlib.suppress(OSError):
                await coming
        part.close()
