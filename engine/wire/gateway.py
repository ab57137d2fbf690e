"""The one door for every AWS client, as a list that reads aloud: recognise → authenticate → hand over.

S3, invocations and metrics are handed to rooms of their own, which stream, or wait without a thread; what the caller may
do is looked up before (and kept for two seconds), and S3 and metrics ask it themselves. Every other service's request goes
on, in a thread, through ``respond``: operation → parse → validate → authorise → idempotency → handle → serialise. A
person's key may do what that person's roles on the connection allow; a key without a person is the account's root.
"""

import asyncio
import importlib
import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from urllib.parse import unquote

from django.db import InterfaceError, OperationalError, close_old_connections, connection

from areas.permissions import Need
from catalog.access import Access
from catalog.actor import SYSTEM
from engine.context import Context
from engine.errors import AwsError, unsupported
from engine.wire import authorise, body, dispatch, keys, replies, respond, rooms, sigv4
from engine.wire.call import Call
from engine.wire.refusals import refuse
from engine.wire.replies import Reply

log = logging.getLogger(__name__)

# Handlers are synchronous and mostly wait for the database; more threads would only queue for the interpreter.
_pool = ThreadPoolExecutor(8, thread_name_prefix="wire")

_INVOCATION = re.compile(r"/endpoints/([^/]+)/(invocations|async-invocations|invocations-response-stream)")
_INVOCATIONS = {
    "invocations": "InvokeEndpoint",
    "async-invocations": "InvokeEndpointAsync",
    "invocations-response-stream": "InvokeEndpointWithResponseStream",
}


async def serve(scope, receive, send) -> None:
    """Answer one HTTP request, whatever happens."""
    call = Call.from_scope(scope)
    if room := rooms.room_of(call):
        await room.handle(scope, receive, send, call)
        return
    try:
        reply = await _in_thread(_health) if call.path == "/_health" else await _answer(call, scope, receive, send)
    except AwsError as error:
        reply = respond.failure(call, error)
    except ConnectionError:
        return
    except (OperationalError, InterfaceError):
        reply = respond.crash(call, "ServiceUnavailable", 503)
    except Exception:
        reply = respond.crash(call)
    if reply is not None:
        await _send(call, reply, send)


async def _answer(call: Call, scope, receive, send) -> Reply | None:
    """The reply; None where the request's own room has sent it."""
    signed_for = sigv4.service_claimed(call.headers, call.query)
    call.family, call.service = dispatch.recognise(signed_for, call.method, call.path, call.headers)
    claim = sigv4.claim(call.headers, call.query, call.family)
    if call.family == "s3":
        auth = await _authenticate(call, claim, None) if claim else None
        context = _context(call, auth, scope)
        if auth:
            context.access = await _access(context)
        return await _room("engine.s3.app", "S3").handle(scope, receive, send, context, auth)
    if claim is None:
        raise refuse("missing", call.family)
    # A caller without a key can't make us read a body.
    await _key(call, claim)
    if (call.service, call.method, call.path) == ("sagemaker-metrics", "PUT", "/BatchPutMetrics"):
        return await _put_metrics(call, claim, scope, receive)
    invocation = _INVOCATION.fullmatch(call.path) if call.service == "sagemaker-runtime" else None
    if invocation is None or call.method != "POST":
        call.body = await body.read(receive)
        context = _context(call, await _authenticate(call, claim, call.body), scope)
        return await _in_thread(respond.respond, call, context)
    try:
        call.body = await body.read(receive, body.INVOCATION_LIMIT)
    except AwsError as error:
        raise AwsError("ValidationError", error.message) from None
    context = _context(call, await _authenticate(call, claim, call.body), scope)
    context.operation = _INVOCATIONS[invocation[2]]
    context.access = await _access(context)
    if not context.access.is_everything:
        await _in_thread(_may_invoke, context, unquote(invocation[1]))
    plane = _room("engine.hosting.dataplane", context.operation)
    return await plane.invoke(context, context.operation, unquote(invocation[1]), call.headers, call.body)


async def _put_metrics(call: Call, claim: sigv4.Claim, scope, receive) -> Reply:
    call.body = await body.read(receive)
    context = _context(call, await _authenticate(call, claim, call.body), scope)
    context.operation = "BatchPutMetrics"
    context.access = await _access(context)
    putting = _room("engine.metrics.putting", context.operation)
    return replies.rest_success(await putting.put(context, call.body, _in_thread))


async def _key(call: Call, claim: sigv4.Claim) -> keys.Key:
    key = keys.remembered(claim.key_id) or await _in_thread(keys.read, claim.key_id)
    if key is None:
        raise refuse("unknown", call.family)
    return key


async def _authenticate(call: Call, claim: sigv4.Claim, content: bytes | None) -> sigv4.Auth:
    """Verify the signature, and note the key's use; ``content`` is None where the body is checked while streamed."""
    auth = sigv4.verify(
        claim, await _key(call, claim), call.family, call.method, call.path, call.query, call.headers,
        sigv4.payload_hash(call.headers, claim, content), time.time(),
    )  # fmt: skip
    if auth.speaks_for is None and keys.is_use_due(auth.key_id):
        asyncio.get_running_loop().run_in_executor(_pool, _with_connection, keys.note_use, (auth.key_id,))
    return auth


async def _access(context: Context) -> Access:
    return authorise.remembered(context) or await _in_thread(authorise.read, context)


def _may_invoke(context: Context, endpoint: str) -> None:
    need = Need("invoke", "Endpoint", endpoint)
    if not authorise.allows(context, need):
        raise authorise.denied(context, need)


def _context(call: Call, auth: sigv4.Auth | None, scope) -> Context:
    if auth is None:
        return Context(call.service, "", "", "us-east-1", request_id=call.request_id)
    context = Context(call.service, "", auth.account, auth.region, auth.principal, auth.user, call.request_id)
    context.nouns = auth.nouns
    if auth.speaks_for:
        context.user = auth.speaks_for.get("x-atelier-actor", "")
        context.via = auth.speaks_for.get("x-atelier-via", "")
        context.source = auth.speaks_for.get("x-atelier-source", "")
        context.nouns = tuple(filter(None, auth.speaks_for.get("x-atelier-nouns", "").split(",")))
        if context.user:
            context.principal = f"arn:aws:iam::{auth.account}:user/{context.user}"
    elif auth.speaks_for is not None:
        context.via = SYSTEM
    else:
        context.source = (scope.get("client") or ("",))[0]
    return context


@cache
def _room(module: str, what: str):
    """A room that streams by itself, imported when first needed."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise unsupported(what) from None


async def _in_thread(function, *arguments):
    return await asyncio.get_running_loop().run_in_executor(_pool, _with_connection, function, arguments)


def _with_connection(function, arguments):
    """Run with this thread's database connection, made anew if the server has gone since."""
    close_old_connections()
    return function(*arguments)


def _health() -> Reply:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as error:
        log.exception("the database does not answer")
        return Reply(
            503, [("content-type", "application/json")], replies.dump({"status": "down", "database": str(error)})
        )
    return Reply(
        200, [("content-type", "application/json")], replies.dump({"status": "ok", "database": connection.vendor})
    )


async def _send(call: Call, reply: Reply, send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
    headers.append((b"x-amzn-requestid", call.request_id.encode()))
    headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if call.method == "HEAD" else reply.body})
