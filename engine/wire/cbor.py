"""CBOR (RFC 8949), as far as the protocol smithy-rpc-v2-cbor needs it: bodies of CloudWatch's current clients."""

import struct
from io import BytesIO

from botocore.model import Shape

from engine.wire.validate import unreadable

DEPTH = 64
_FLOATS = {25: (">e", 2), 26: (">f", 4), 27: (">d", 8)}
_SIMPLE = {20: False, 21: True, 22: None, 23: None}
_BREAK = object()


def load(body: bytes) -> dict:
    """The map that a body holds ({} if it is empty), times as epoch seconds. SerializationException if it is anything else."""
    if not body:
        return {}
    stream = BytesIO(body)
    try:
        found = _read(stream, 0)
    except (struct.error, IndexError, UnicodeDecodeError, TypeError, MemoryError, OverflowError) as error:
        raise unreadable(f"The request body is not CBOR: {error}.") from None
    if not isinstance(found, dict):
        raise unreadable("The request body must be a CBOR map.")
    return found


def dump(value: dict, shape: Shape | None) -> bytes:
    """A response by its shape: numbers of timestamp members get the tag of an epoch time."""
    return _structure(value, shape) if shape is not None else b"\xa0"


def _read(stream: BytesIO, depth: int):
    if depth > DEPTH:
        raise unreadable("The request is nested too deeply.")
    first = _take(stream, 1)[0]
    major, more = first >> 5, first & 31
    if major == 7:
        return _simple(stream, more)
    if more == 31:
        return _indefinite(stream, major, depth)
    count = (
        more if more < 24 else int.from_bytes(_take(stream, {24: 1, 25: 2, 26: 4, 27: 8}.get(more, 0) or _bad(more)))
    )
    if major == 0:
        return count
    if major == 1:
        return -1 - count
    if major in (2, 3):
        data = _take(stream, count)
        return _text(data) if major == 3 else data
    if major == 4:
        return [_read(stream, depth + 1) for _ in range(count)]
    if major == 5:
        return {_read(stream, depth + 1): _read(stream, depth + 1) for _ in range(count)}
    return _read(stream, depth + 1)  # a tag; the only one in use is 1, a time, whose number is all that handlers want


def _indefinite(stream: BytesIO, major: int, depth: int):
    items = []
    while (item := _read(stream, depth + 1)) is not _BREAK:
        items.append(item)
    if major == 2:
        return b"".join(items)
    if major == 3:
        return "".join(items)
    if major == 4:
        return items
    return dict(zip(items[::2], items[1::2], strict=True)) if major == 5 and len(items) % 2 == 0 else _bad(31)


def _simple(stream: BytesIO, more: int):
    if more in _SIMPLE:
        return _SIMPLE[more]
    if more == 31:
        return _BREAK
    form, size = _FLOATS.get(more) or _bad(more)
    return struct.unpack(form, _take(stream, size))[0]


def _take(stream: BytesIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise unreadable("The request body is not CBOR: it ends too early.")
    return data


def _text(data: bytes) -> str:
    text = data.decode()
    if "\0" in text:
        raise unreadable("The request body holds a NUL character, which no text here may have.")
    return text


def _bad(more: int):
    raise unreadable(f"The request body is not CBOR: no item begins with {more}.")


def _write(value, shape: Shape) -> bytes:
    kind = shape.type_name
    if kind == "structure":
        return _structure(value, shape)
    if kind == "list":
        return _head(4, len(value)) + b"".join(_write(one, shape.member) for one in value)
    if kind == "map":
        pairs = (_write(key, shape.key) + _write(one, shape.value) for key, one in value.items())
        return _head(5, len(value)) + b"".join(pairs)
    if kind == "timestamp":
        return b"\xc1" + struct.pack(">Bd", 0xFB, value)
    if kind == "boolean":
        return b"\xf5" if value else b"\xf4"
    if kind in ("integer", "long"):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if kind in ("float", "double"):
        return struct.pack(">Bd", 0xFB, value)
    data = value if isinstance(value, bytes) else str(value).encode()
    return _head(2 if kind == "blob" else 3, len(data)) + data


def _structure(value: dict, shape: Shape) -> bytes:
    members = [(name, member) for name, member in shape.members.items() if value.get(name) is not None]
    pairs = (_head(3, len(name.encode())) + name.encode() + _write(value[name], member) for name, member in members)
    return _head(5, len(members)) + b"".join(pairs)


def text_map(value: dict[str, str]) -> bytes:
    """A map of texts, without a shape: the body of an error."""
    items = (_head(3, len(part.encode())) + part.encode() for pair in value.items() for part in pair)
    return _head(5, len(value)) + b"".join(items)


def _head(major: int, count: int) -> bytes:
    if count < 24:
        return bytes([major << 5 | count])
    for more, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if count < 1 << 8 * size:
            return bytes([major << 5 | more]) + count.to_bytes(size)
    raise OverflowError(f"{count} is too large for CBOR")
