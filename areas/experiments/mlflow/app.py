"""The MLflow end of the engine's port, below ``/mlflow/<connection>/``: from an HTTP request to JSON or a file's bytes."""

import asyncio
import logging
import re
from urllib.parse import parse_qs, unquote, unquote_to_bytes

import orjson
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from areas.experiments.mlflow import caller as callers
from areas.experiments.mlflow.asked import Asked, read_json
from areas.experiments.mlflow.errors import MlflowError, invalid, missing, not_served
from areas.experiments.mlflow.routes import Route, route_of
from catalog.actor import acting
from engine.errors import AwsError
from engine.s3.app import DRAINED, stream
from engine.s3.intake import Disconnected
from engine.s3.request import Reply
from engine.s3.threads import run_orm
from engine.wire import body
from engine.wire.call import Call

log = logging.getLogger(__name__)

VERSION = "3.17.2"  # of MLflow, whose API this is
_API = re.compile(r"(?:ajax-)?api/[234]\.\d/(.*)", re.DOTALL)
_JSON = {"content-type": "application/json"}
TRIES, DEADLOCK = 5, "40P01"


async def handle(scope, receive, send, call: Call) -> None:
    """Answer one request, whatever happens. ``call.path`` begins with ``/mlflow/``."""
    try:
        reply = await _answer(scope, receive, call)
    except (Disconnected, ConnectionError):
        return
    except MlflowError as error:
        reply = _failure(error)
    except AwsError as error:
        reply = _failure(_translated(error))
    except (OperationalError, InterfaceError):
        log.exception("%s %s failed, request %s", call.method, call.path, call.request_id)
        reply = _failure(MlflowError("TEMPORARILY_UNAVAILABLE", "The database can't be reached; try again."))
    except Exception:
        log.exception("%s %s failed, request %s", call.method, call.path, call.request_id)
        words = f"The engine failed on request {call.request_id}; its log has the reason."
        reply = _failure(MlflowError("INTERNAL_ERROR", words))
    await _send(reply, call, send)


async def _answer(scope, receive, call: Call) -> Reply:
    _, _, name, path = [*call.path.split("/", 3), "", ""][:4]
    path = _decoded(path)
    if call.method == "GET" and path in ("health", "version"):
        return Reply(headers={"content-type": "text/plain"}, body=b"OK" if path == "health" else VERSION.encode())
    if call.method == "GET" and not path:  # the address that clients print for people: "View run … at"
        return Reply(302, {"location": f"{settings.STUDIO_URL}/experiments/"})
    found = _API.fullmatch(path)
    if found is None:
        raise not_served(path)
    if call.method == "GET" and found[1] == "mlflow/server-info":
        return _json(_INFO)
    caller = await _caller(call, unquote(name))
    route, labels = route_of(call.method, found[1])
    if route is None:
        raise not_served(found[1])
    asked = Asked(
        caller, {}, labels, route.path.removeprefix("mlflow/"), (scope.get("client") or ("",))[0], call.request_id
    )
    if route.reads == "body":
        asked.given = _query(call.query)
        return await route.answer(asked, call.headers, receive)
    content = b"" if call.method == "GET" else await body.read(receive)
    asked.given = _query(call.query) if call.method == "GET" else read_json(content)
    if route.reads == "hot":
        more = (len(content),) if route.path.endswith("log-batch") else ()
        return _json(await route.answer(asked, run_as(asked), *more))
    answer = await run_orm(_run, route, asked, call.headers)
    return answer if isinstance(answer, Reply) else _json(answer)


# What clients ask before they know who they are.
_INFO = {
    "store_type": "SqlStore", "workspaces_enabled": False, "trace_archival_enabled": False,
    "multipart_uploads_enabled": True, "multipart_downloads_enabled": False,
    "presigned_upload_run_id_supported": False, "presigned_upload_model_id_supported": False,
    "features_enabled": {"gateway": False},
}  # fmt: skip


async def _caller(call: Call, connection: str) -> callers.Caller:
    header = call.headers.get("authorization", "")
    known = callers.remembered(header, connection)
    return known or await run_orm(callers.read, header, connection)


def run_as(asked: Asked):
    """A function that runs another in a thread, as the caller and in one transaction."""

    def run(function, *given) -> asyncio.Future:
        return run_orm(_in_transaction, asked, function, *given)

    return run


def _in_transaction(asked: Asked, function, *given):
    """Once more where PostgreSQL ended it because it and another waited for each other's rows: nothing of it was kept."""
    for left in reversed(range(TRIES)):
        try:
            with transaction.atomic(), acting(asked.context.actor):
                return function(*given)
        except OperationalError as error:
            if not left or getattr(error.__cause__, "sqlstate", "") != DEADLOCK:
                raise
    raise AssertionError("the last try answers or raises")


def _run(route: Route, asked: Asked, headers: dict[str, str]):
    if route.reads == "write":
        return _in_transaction(asked, route.answer, asked)
    with acting(asked.context.actor):
        return route.answer(asked, headers) if route.reads == "headers" else route.answer(asked)


def _decoded(path: str) -> str:
    try:
        return unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        raise invalid("The address can't be read: it is not UTF-8.") from None


def _query(text: str) -> dict:
    """The members of a query; one that is given more than once is a list."""
    found = parse_qs(text, keep_blank_values=True)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def _json(answer: dict) -> Reply:
    return Reply(headers=dict(_JSON), body=orjson.dumps(answer))


def _failure(error: MlflowError) -> Reply:
    reply = Reply(error.status, dict(_JSON), orjson.dumps({"error_code": error.code, "message": error.message}))
    if error.code == "UNAUTHENTICATED":
        reply.headers["www-authenticate"] = 'Bearer realm="atelier"'
    return reply


def _translated(error: AwsError) -> MlflowError:
    """What the engine's own code refuses, in MLflow's words."""
    if error.code in ("NoSuchKey", "NoSuchBucket", "NoSuchUpload") or error.code.startswith("ResourceNotFound"):
        return missing(error.message)
    if error.code.startswith("AccessDenied"):
        return MlflowError("PERMISSION_DENIED", error.message)
    if error.code == "RequestEntityTooLargeException":
        return invalid(error.message)
    return invalid(error.message) if error.status < 500 else MlflowError("INTERNAL_ERROR", error.message)


async def _send(reply: Reply, call: Call, send) -> None:
    headers = reply.headers
    if "content-length" not in headers and reply.status not in (204, 304):
        headers["content-length"] = str(len(reply.body))
    sent = call.headers.get("content-length", "0")
    if reply.status >= 400 and ("transfer-encoding" in call.headers or not sent.isdigit() or int(sent) > DRAINED):
        headers["connection"] = "close"  # nobody reads the rest of a body that was refused
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": encoded})
    if reply.file:
        await stream(reply.file, send)
    else:
        await send({"type": "http.response.body", "body": b"" if reply.status in (204, 304) else reply.body})
