"""The Query protocol of STS, IAM and SNS: form fields in, XML out."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore.model import OperationModel, Shape

from engine.errors import AwsError

_CONVERT = {
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": {"true": True, "false": False}.__getitem__,
}


def fields(body: bytes) -> dict[str, str]:
    """The form fields of a body."""
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    except UnicodeDecodeError:
        raise AwsError("MalformedQueryString", "The request body is not UTF-8.") from None


def parse(operation: OperationModel, form: dict[str, str]) -> dict:
    """The request that the form describes, typed by the model, not validated yet."""
    return _parse(operation.input_shape, form, "") if operation.input_shape else {}


def _parse(shape: Shape, form: dict[str, str], prefix: str):
    if shape.type_name == "structure":
        dot = f"{prefix}." if prefix else ""
        found = {name: _parse(member, form, f"{dot}{_name(member, name)}") for name, member in shape.members.items()}
        found = {name: value for name, value in found.items() if value is not None}
        return found if found or not prefix else None
    if shape.type_name == "list":
        item = "" if shape.serialization.get("flattened") else f".{shape.member.serialization.get('name', 'member')}"
        return _counted(lambda at: _parse(shape.member, form, f"{prefix}{item}.{at}"))
    if shape.type_name == "map":
        entry = "" if shape.serialization.get("flattened") else ".entry"
        key, value = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
        pairs = _counted(
            lambda at: (
                (found, _parse(shape.value, form, f"{prefix}{entry}.{at}.{value}"))
                if (found := form.get(f"{prefix}{entry}.{at}.{key}")) is not None
                else None
            )
        )
        return dict(pairs) if pairs else None
    text = form.get(prefix)
    if text is None:
        return None
    try:
        return _CONVERT.get(shape.type_name, str)(text)
    except (ValueError, KeyError):
        raise AwsError("MalformedInput", f"{prefix} must be of type {shape.type_name}.") from None


def _name(member: Shape, name: str) -> str:
    return member.serialization.get("name", name)


def _counted(read) -> list | None:
    found = []
    while (item := read(len(found) + 1)) is not None:
        found.append(item)
    return found or None


def answer(operation: OperationModel, namespace: str, response: dict, request_id: str) -> bytes:
    """The XML of a success: ``<OpResponse><OpResult>…</OpResult><ResponseMetadata>…``."""
    shape, inner = operation.output_shape, ""
    if shape is not None:
        wrapper = shape.serialization.get("resultWrapper", f"{operation.name}Result")
        inner = f"<{wrapper}>{_members(shape, response)}</{wrapper}>"
    return (
        f'<{operation.name}Response xmlns="{namespace}">{inner}'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation.name}Response>"
    ).encode()


def failure(error: AwsError, namespace: str, request_id: str) -> bytes:
    kind = "Sender" if error.status < 500 else "Receiver"
    return (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>{kind}</Type><Code>{escape(error.code)}</Code>'
        f"<Message>{escape(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    ).encode()


def _members(shape: Shape, value: dict) -> str:
    return "".join(
        _element(_name(member, name), member, value[name]) for name, member in shape.members.items() if name in value
    )


def _element(tag: str, shape: Shape, value) -> str:
    if shape.type_name == "structure":
        return f"<{tag}>{_members(shape, value)}</{tag}>"
    if shape.type_name == "list":
        item = shape.member.serialization.get("name", "member")
        return f"<{tag}>{''.join(_element(item, shape.member, one) for one in value)}</{tag}>"
    if shape.type_name == "map":
        rows = (_element("key", shape.key, key) + _element("value", shape.value, one) for key, one in value.items())
        return f"<{tag}>{''.join(f'<entry>{row}</entry>' for row in rows)}</{tag}>"
    if shape.type_name == "timestamp":
        text = datetime.fromtimestamp(value, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    elif shape.type_name == "boolean":
        text = str(value).lower()
    else:
        text = str(value)
    return f"<{tag}>{escape(text)}</{tag}>"
