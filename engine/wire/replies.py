"""Answers and errors as bytes, in the protocol of the service that was asked. The only place that knows error bodies."""

import base64
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

import orjson

from engine.errors import AwsError
from engine.wire import cbor, query


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


NAMESPACES = {
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
    "sns": "http://sns.amazonaws.com/doc/2010-03-31/",
    "cloudwatch": "http://monitoring.amazonaws.com/doc/2010-08-01/",
}


_CBOR = [("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]


def json_success(response: dict | None, version: str) -> Reply:
    return Reply(200, [("content-type", f"application/x-amz-json-{version}")], dump(response or {}))


def rest_success(response: dict | None, status: int = 200) -> Reply:
    return Reply(status, [("content-type", "application/json")], dump(response or {}))


def cbor_success(operation, response: dict | None) -> Reply:
    return Reply(200, _CBOR, cbor.dump(response or {}, operation.output_shape))


def query_success(operation, service: str, response: dict | None, request_id: str) -> Reply:
    body = query.answer(operation, NAMESPACES[service], response or {}, request_id)
    return Reply(200, [("content-type", "text/xml")], body)


def failure(
    error: AwsError, family: str, service: str, request_id: str, version: str = "1.1", query_mode: bool = False
) -> Reply:
    """The error in the words of a family: ``json``, ``rest-json``, ``query``, ``cbor`` or ``s3``."""
    if family == "s3":
        return Reply(
            error.status,
            [("content-type", "application/xml"), ("x-amz-request-id", request_id)],
            _s3(error, request_id),
        )
    if family == "query":
        body = query.failure(error, NAMESPACES.get(service, NAMESPACES["sts"]), request_id)
        return Reply(error.status, [("content-type", "text/xml")], body)
    if family == "rest-json":
        headers = [("content-type", "application/json"), ("x-amzn-errortype", error.code)]
        return Reply(error.status, headers, dump({"code": error.code, "Message": error.message, **error.extra}))
    headers = list(_CBOR) if family == "cbor" else [("content-type", f"application/x-amz-json-{version}")]
    if query_mode:
        headers.append(("x-amzn-query-error", f"{error.code};{'Sender' if error.status < 500 else 'Receiver'}"))
    if family == "cbor":
        return Reply(error.status, headers, cbor.text_map({"__type": error.code, "message": error.message}))
    return Reply(error.status, headers, dump({"__type": error.code, "message": error.message, **error.extra}))


def _s3(error: AwsError, request_id: str) -> bytes:
    extra = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in error.extra.items())
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{escape(error.code)}</Code>'
        f"<Message>{escape(error.message)}</Message>{extra}"
        f"<RequestId>{request_id}</RequestId><HostId>{request_id}</HostId></Error>"
    ).encode()


def dump(value: dict) -> bytes:
    return orjson.dumps(value, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME)


def _plain(value):
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} has no wire form")
