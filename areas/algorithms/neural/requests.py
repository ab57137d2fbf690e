"""Requests to the PyTorch algorithms' model servers whose bodies are not rows of numbers."""

import json
import sys
from collections.abc import Callable

from areas.algorithms.container import UserError, cpu_count
from areas.algorithms.frame import answers, types
from areas.algorithms.frame import requests as frame
from areas.algorithms.server import Request, Response

Invoke = Callable[[Request], Response]


class Refused(Exception):
    """A request that can't be answered, with the HTTP status that says so."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


def serve_with(load: Callable[[], Invoke], *, threads: int = 1, heavy: bool = False, **parameters) -> int:
    """Load a model and answer until SIGTERM; exit code 1 and a sentence if it can't be loaded.

    Args:
        load: returns the function that answers ``POST /invocations``; UserError in it is status 400, Refused its own.
        threads: requests that are answered at once.
        heavy: as in ``library.prepare``.
        parameters: what differs from the usual answer to ``GET /execution-parameters``.
    """
    from areas.algorithms.neural.library import prepare
    from areas.algorithms.server import serve

    try:
        prepare(heavy=heavy, training=False)
        invoke = load()
    except (UserError, OSError) as error:
        print(f"ClientError: {error}", file=sys.stderr, flush=True)
        return 1
    return serve(answering(invoke, **parameters), threads=threads)


def answering(invoke: Invoke, **parameters) -> Invoke:
    """The function that answers all requests of a model server."""
    usual = {"MaxConcurrentTransforms": cpu_count(), "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}

    def answer(request: Request) -> Response:
        if request.path == "/execution-parameters" and request.method == "GET":
            return Response(json.dumps({**usual, **parameters}).encode(), content_type="application/json")
        if request.path != "/invocations" or request.method != "POST":
            return Response(b"Not found.", 404)
        if not request.body:
            return Response(status=204)
        try:
            return invoke(request)
        except Refused as error:
            return _refusal(error, error.status)
        except answers.NotAcceptable as error:
            return Response(str(error).encode(), 406)
        except UserError as error:
            return _refusal(error, 400)

    return answer


def kind_of(request: Request, reads: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """The kind of the request's Content-Type, one of ``reads`` (none: the first), and its parameters; else Refused (415)."""
    given = request.headers.get("content-type", "")
    kind, parameters = types.content_type(given, reads[0])
    if kind not in reads:
        supported = ", ".join(types.NAMES[one] for one in reads)
        raise Refused(415, f"Content-Type {given} is not supported. Supported content types are {supported}")
    return kind, parameters


def records(request: Request, kind: str) -> tuple[list, dict]:
    """The instances of a JSON or JSON Lines body and its ``configuration``; Refused (415) if it can't be read."""
    try:
        if kind == "jsonlines":
            return frame.lines(request.body), {}
        found = frame.instances(request.body)
        configuration = json.loads(request.body).get("configuration") or {}
    except (UserError, RecursionError) as error:
        raise Refused(415, str(error)) from None
    if not isinstance(configuration, dict):
        raise Refused(400, "configuration must be an object")
    return found, configuration


def _refusal(error: Exception, status: int) -> Response:
    return Response(f"unable to evaluate payload provided: {error}".encode(), status)
