"""The REST-JSON protocol of SageMaker's runtimes: method and path name the operation, members lie all over the request."""

import re
from functools import cache
from urllib.parse import parse_qs, unquote

import orjson
from botocore.model import OperationModel, Shape

from engine.wire.services import Service
from engine.wire.validate import unreadable

_CONVERT = {
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": {"true": True, "false": False}.__getitem__,
}


@cache
def _routes(service: Service) -> list[tuple[str, re.Pattern, str]]:
    found = []
    for name in service.operations:
        http = service.model.operation_model(name).http
        path = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(http["requestUri"].partition("?")[0]))
        found.append((http["method"], re.compile(path), name))
    return found


def route(service: Service, method: str, path: str) -> tuple[str, dict[str, str]]:
    """The operation's name and its path members; ("", {}) if no operation has that path."""
    for verb, pattern, name in _routes(service):
        if verb == method and (match := pattern.fullmatch(path)):
            return name, {key: unquote(value) for key, value in match.groupdict().items()}
    return "", {}


def parse(operation: OperationModel, labels: dict[str, str], query: str, headers: dict[str, str], body: bytes) -> dict:
    """The request that the parts of an HTTP request describe, typed by the model, not validated yet."""
    shape = operation.input_shape
    if shape is None:
        return {}
    payload = shape.serialization.get("payload")
    content = {} if payload and shape.members[payload].type_name == "blob" else load(body)
    given = parse_qs(query, keep_blank_values=True)
    found = {}
    for name, member in shape.members.items():
        location, wire = member.serialization.get("location"), member.serialization.get("name", name)
        if location == "uri":
            value = _typed(member, labels.get(wire))
        elif location == "header":
            value = _typed(member, headers.get(wire.lower()))
        elif location == "querystring":
            values = given.get(wire)
            is_list = member.type_name == "list"
            value = values if is_list or not values else _typed(member, values[0])
        elif name == payload:
            value = body if member.type_name == "blob" else content
        else:
            value = content.get(wire)
        if value is not None:
            found[name] = value
    return found


def load(body: bytes) -> dict:
    """The JSON object of a body ({} if it is empty); SerializationException if it is anything else."""
    if not body:
        return {}
    try:
        content = orjson.loads(body)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise unreadable(f"The request body is not JSON: {error}.") from None
    if not isinstance(content, dict):
        raise unreadable("The request body must be a JSON object.")
    if b"\\u0000" in body and _holds_nul(content):
        raise unreadable("The request body holds a NUL character (\\u0000), which no text here may have.")
    return content


def _holds_nul(value) -> bool:
    """Whether any text in it has a NUL, which no environment variable, no argument and no PostgreSQL column can hold."""
    if isinstance(value, dict):
        return any(_holds_nul(one) for pair in value.items() for one in pair)
    if isinstance(value, list):
        return any(_holds_nul(one) for one in value)
    return isinstance(value, str) and "\0" in value


def _typed(shape: Shape, text: str | None):
    if text is None:
        return None
    try:
        return _CONVERT.get(shape.type_name, str)(text)
    except (ValueError, KeyError):
        raise unreadable(f"{shape.name} must be of type {shape.type_name}.") from None
