"""Serving a built-in algorithm's model: ``/ping``, ``/execution-parameters``, ``/invocations``."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from areas.algorithms.container import UserError, container, cpu_count
from areas.algorithms.frame import answers, requests
from areas.algorithms.server import Request, Response, serve

INLINE = 16 * 1024  # bytes of a body that is answered on the event loop
PAYLOAD = 6  # MB that batch transform may send at once


class NotPredictable(Exception):
    """The request was read, but the model can't predict from it; the message is for the caller (status 400)."""


@dataclass(frozen=True)
class Predictor:
    """A loaded model.

    ``predict(features, parameters)`` takes rows, float32 dense or CSR, and the parameters of the Accept header
    (``{"verbose": "true"}``), and returns columns: {"score": (rows,) or (rows, k) array, …} in the order of their names in CSV.
    ``columns`` is how many features it wants (None: any). ``key`` holds the predictions in JSON, ``forms`` are what it
    answers in; ``reads`` what it takes.
    """

    predict: Callable[[Any, dict[str, str]], dict[str, Any]]
    columns: int | None = None
    key: str = "predictions"
    reads: tuple[str, ...] = ("json", "jsonlines", "csv", "recordio")
    forms: tuple[str, ...] = ("json", "jsonlines", "csv", "recordio")
    csv: tuple[str, ...] = ()  # the columns of CSV, where they are in another order than in JSON
    inline: bool = True  # small requests are answered on the event loop: only where it takes far below a millisecond


def run(load: Callable[[Path], Predictor]) -> int:
    """Load the model and answer until SIGTERM; exit code 1 and a sentence if it can't be loaded."""
    try:
        predictor = load(container().model)
    except (UserError, OSError) as error:
        print(f"ClientError: {error}", file=sys.stderr, flush=True)
        return 1
    return serve_answers(answering(predictor), inline=predictor.inline)


def serve_answers(invoke: Callable[[Request], Response], *, inline: bool = False) -> int:
    """Answer until SIGTERM: ``invoke`` gets the requests of ``POST /invocations`` that have a body."""

    def answer(request: Request) -> Response:
        if request.path == "/invocations" and request.method == "POST":
            return invoke(request) if request.body else Response(status=204)
        if request.path == "/execution-parameters" and request.method == "GET":
            return execution_parameters()
        return Response(b"Not found.", 404)

    small = (lambda request: len(request.body) <= INLINE) if inline else (lambda request: False)
    return serve(answer, inline=small, threads=cpu_count())


def answering(predictor: Predictor) -> Callable[[Request], Response]:
    """The function that answers ``/invocations`` with rows of numbers by rows of results."""

    def invoke(request: Request) -> Response:
        try:
            form, parameters = answers.accepted(request.headers.get("accept", ""), predictor.forms)
        except answers.NotAcceptable as error:
            return Response(str(error).encode(), 406)
        try:
            kind = requests.kind(request.headers.get("content-type", ""), predictor.reads)
            features = requests.read(request.body, kind, predictor.columns)
        except UserError as error:
            return Response(f"unable to evaluate payload provided: {error}".encode(), 415)
        try:
            if predictor.columns is not None and features.shape[1] != predictor.columns:
                raise NotPredictable(
                    f"the request has {features.shape[1]} features, but the model was trained on {predictor.columns}"
                )
            columns = predictor.predict(features, parameters)
        except NotPredictable as error:
            return Response(f"unable to evaluate payload provided: {error}".encode(), 400)
        if form == "csv" and predictor.csv:
            columns = {name: columns[name] for name in predictor.csv if name in columns}
        return answers.encode(columns, form, predictor.key)

    return invoke


def execution_parameters() -> Response:
    """What batch transform asks before it sends: a request at a time for each CPU, of many records, up to 6 MB."""
    import orjson

    size = int(os.environ.get("MAX_CONTENT_LENGTH") or PAYLOAD * 1024 * 1024) // (1024 * 1024)
    parameters = {"MaxConcurrentTransforms": cpu_count(), "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": size}
    return Response(orjson.dumps(parameters), content_type="application/json")
