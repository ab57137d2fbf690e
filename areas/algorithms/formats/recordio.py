"""RecordIO-wrapped protobuf, the format of SageMaker's own algorithms.

A record is u32 magic, u32 length (little endian), payload, zeros to a multiple of 4. The payload is the protobuf
message ``aialgs.data.Record {map<string, Value> features = 1, label = 2}``; ``Value`` is one of float32_tensor = 2,
float64_tensor = 3, int32_tensor = 7; a tensor is {values = 1, keys = 2 (sparse), shape = 3}, packed or not.
Source: the developer guide's "Common data formats". Decoded by hand: the messages are small and few.
"""

import struct
from collections.abc import Iterator

from areas.algorithms.container import UserError
from areas.algorithms.formats import uniform
from areas.algorithms.formats.table import Table
from areas.algorithms.formats.uniform import MAGIC

MOST_COLUMNS = 2**31 - 1  # beyond it an index of a sparse row doesn't fit what scipy counts columns with
_KINDS = {2: ("<f4", 4), 3: ("<f8", 8), 7: ("", 0)}  # Value's field → type and width of an unpacked value


def frames(data: bytes, name: str = "the request") -> Iterator[memoryview]:
    """The payloads of the records; UserError where the stream is not RecordIO."""
    view, position = memoryview(data), 0
    while position < len(view):
        if position + 8 > len(view):
            raise UserError(f"Not RecordIO: {name} ends within a record.")
        magic, length = struct.unpack_from("<II", view, position)
        start = position + 8
        if magic != MAGIC or start + length > len(view):
            raise UserError(f"Not RecordIO: {name} has no whole record at byte {position}.")
        yield view[start : start + length]
        position = start + length + (-length % 4)


def frame(payload: bytes) -> bytes:
    return struct.pack("<II", MAGIC, len(payload)) + payload + bytes(-len(payload) % 4)


def read_bytes(data: bytes, name: str = "the request", *, labeled: bool = True) -> Table:
    """Records as a Table: dense, or sparse if any record has keys. UserError if there are no labels to train on."""
    import numpy as np

    alike = uniform.read(data, _layout)
    if alike and (alike[1] is not None or not labeled):
        return Table(*alike)
    rows, labels = [], []
    try:
        for payload in frames(data, name):
            features, label = _record(payload)
            if features is None:
                raise UserError(f"Record {len(rows) + 1} of {name} has no feature 'values'.")
            rows.append(features)
            labels.append(label)
    except UserError:
        raise
    except (IndexError, ValueError, OverflowError):
        raise UserError(f"Record {len(rows) + 1} of {name} is not a protobuf record.") from None
    if not rows:
        return Table(np.empty((0, 0), np.float32))
    if labeled and any(label is None for label in labels):
        raise UserError(f"Some records of {name} have no label.")
    found = np.array(labels, np.float32) if all(label is not None for label in labels) else None
    return Table(_features(rows, name), found)


def write(table: Table) -> bytes:
    """A Table as RecordIO-protobuf in float32, labels included."""
    import numpy as np

    records = []
    for row in range(table.rows):
        if table.sparse:
            span = slice(table.features.indptr[row], table.features.indptr[row + 1])
            keys, values = table.features.indices[span], table.features.data[span]
        else:
            keys, values = None, table.features[row]
        record = _field(1, _map_entry(_tensor(values, keys, table.columns)))
        if table.labels is not None:
            record += _field(2, _map_entry(_tensor(np.array([table.labels[row]]), None, 1)))
        records.append(frame(record))
    return b"".join(records)


def write_labels(rows: list[dict[str, list[float]]]) -> bytes:
    """Records whose labels hold the named values: how algorithms answer in this format."""
    entries = (
        b"".join(_field(2, _map_entry(_tensor(values, None, 0), name.encode())) for name, values in row.items())
        for row in rows
    )
    return b"".join(frame(entry) for entry in entries)


def _features(rows: list, name: str):
    import numpy as np

    if all(keys is None for _, keys, _ in rows):
        if len({len(values) for values, _, _ in rows}) > 1:
            raise UserError(f"Dense records must have the same number of features, but those of {name} differ.")
        return np.array([values for values, _, _ in rows], np.float32)
    import scipy.sparse

    pointers = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(values) for values, _, _ in rows], out=pointers[1:])
    indices = np.concatenate([np.arange(len(values)) if keys is None else keys for values, keys, _ in rows])
    data = np.concatenate([values for values, _, _ in rows]).astype(np.float32)
    widest = int(indices.max()) + 1 if len(indices) else 0
    columns = max(widest, *(shape for _, _, shape in rows), 0)
    if columns > MOST_COLUMNS:
        raise UserError(f"The sparse records of {name} have {columns} features; at most {MOST_COLUMNS} can be read.")
    return scipy.sparse.csr_matrix((data, indices.astype(np.int32), pointers), shape=(len(rows), columns))


def _record(payload: memoryview):
    """(values, keys or None, columns) of the feature ``values``, and the label as a float or None."""
    features = label = None
    for number, entry in _fields(payload):
        if number in (1, 2) and isinstance(entry, memoryview):
            parts = dict(_fields(entry))
            if bytes(parts.get(1, b"")) != b"values" or 2 not in parts:
                continue
            tensor = _value(parts[2])
            if number == 1:
                features = tensor
            elif tensor is not None and len(tensor[0]):
                label = float(tensor[0][0])
    return features, label


def _layout(payload: memoryview):
    """Where the numbers of a dense float32 record lie, for ``uniform.read``; None if it is another sort of record."""
    import numpy as np

    def place(entry: memoryview):
        parts = dict(_fields(entry))
        tensor = dict(_fields(parts.get(2, b""))).get(2)
        if bytes(parts.get(1, b"")) != b"values" or not isinstance(tensor, memoryview):
            return None
        fields = list(_fields(tensor))
        if len(fields) != len(dict(fields)) or 2 in dict(fields) or not isinstance(dict(fields).get(1), memoryview):
            return None
        values = np.frombuffer(dict(fields)[1], np.uint8)
        return values.__array_interface__["data"][0] - base, len(values) // 4

    base = np.frombuffer(payload, np.uint8).__array_interface__["data"][0]
    try:
        entries = [(number, entry) for number, entry in _fields(payload) if number in (1, 2)]
        places = {number: place(entry) for number, entry in entries}
    except (IndexError, ValueError, TypeError):
        return None
    if len(entries) != len(places) or not places.get(1) or (2 in places and (not places[2] or places[2][1] != 1)):
        return None
    return places[1], places[2][0] if 2 in places else None


def _value(data: memoryview):
    for number, tensor in _fields(data):
        if number in _KINDS:
            return _read_tensor(tensor, *_KINDS[number])
    return None


def _read_tensor(data: memoryview, kind: str, width: int):
    import numpy as np

    values, keys, shape = [], [], []
    for number, content in _fields(data):
        packed = isinstance(content, memoryview)
        if number == 1 and kind:
            values.append(np.frombuffer(content if packed else content.to_bytes(width, "little"), kind))
        elif number == 1:
            values.append(np.array(_varints(content) if packed else [content], np.uint64).astype(np.int64).astype("i4"))
        elif number in (2, 3):
            (keys if number == 2 else shape).extend(_varints(content) if packed else [content])
    found = np.concatenate(values) if values else np.empty(0, kind or "i4")
    sparse = bool(keys) or (not len(found) and bool(shape))
    if sparse and len(keys) != len(found):
        raise IndexError("keys and values differ in number")
    return found, np.array(keys, np.int64) if sparse else None, shape[-1] if shape else len(found)


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """The fields of a protobuf message: (number, bytes or integer)."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            content, position = _varint(data, position)
        elif wire == 2:
            length, position = _varint(data, position)
            content = data[position : position + length]
            if len(content) != length:
                raise IndexError("the message ends early")
            position += length
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            content = int.from_bytes(data[position : position + size], "little")
            position += size
        else:
            raise IndexError(f"wire type {wire}")
        yield number, content


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = data[position]
        position += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, position
        shift += 7


def _varints(data: memoryview) -> list[int]:
    if len(data) > 16:
        return _many_varints(data)
    found, position = [], 0
    while position < len(data):
        value, position = _varint(data, position)
        found.append(value)
    return found


def _many_varints(data: memoryview) -> list[int]:
    import numpy as np

    octets = np.frombuffer(data, np.uint8)
    last = octets < 0x80
    if last.all():
        return octets.tolist()
    if not last[-1]:
        raise IndexError("a varint is cut off")
    starts = np.concatenate([[0], np.flatnonzero(last)[:-1] + 1])
    place = np.arange(len(octets)) - np.repeat(starts, np.diff(np.append(starts, len(octets))))
    if place.max() > 9:
        raise IndexError("a varint is too long")
    return np.add.reduceat((octets & 0x7F).astype(np.uint64) << (7 * place).astype(np.uint64), starts).tolist()


def _written(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, content: bytes) -> bytes:
    return _written(number << 3 | 2) + _written(len(content)) + content


def _map_entry(value: bytes, key: bytes = b"values") -> bytes:
    return _field(1, key) + _field(2, value)


def _tensor(values, keys, columns: int) -> bytes:
    import numpy as np

    tensor = _field(1, np.asarray(values, "<f4").tobytes())
    if keys is not None:
        tensor += _field(2, b"".join(_written(int(key)) for key in keys)) + _field(3, _written(columns))
    return _field(2, tensor)


def read_named(data: bytes, name: str = "the request") -> list[dict]:
    """Records whose features have names of their own: {"source": (values,) int32 array, …} of each."""
    found = []
    try:
        for payload in frames(data, name):
            features = {}
            for number, entry in _fields(payload):
                if number == 1 and isinstance(entry, memoryview):
                    parts = dict(_fields(entry))
                    tensor = _value(parts.get(2, memoryview(b"")))
                    if tensor is not None:
                        features[bytes(parts.get(1, b"")).decode("utf-8", "replace")] = tensor[0]
            found.append(features)
    except (IndexError, ValueError, OverflowError, TypeError):
        raise UserError(f"Record {len(found) + 1} of {name} is not a protobuf record.") from None
    return found


def write_named(features: dict[str, list[int]], *, label: bool = False) -> bytes:
    """One record of int32 tensors by name, as features or as labels."""
    entries = (
        _field(2 if label else 1, _map_entry(_field(7, _field(1, b"".join(map(_written, values)))), name.encode()))
        for name, values in features.items()
    )
    return frame(b"".join(entries))


def write_shaped(array, name: str) -> bytes:
    """One record whose label ``name`` is a float32 tensor with its shape."""
    import numpy as np

    shape = b"".join(_written(size) for size in array.shape)
    tensor = _field(1, np.ascontiguousarray(array, "<f4").tobytes()) + _field(3, shape)
    return frame(_field(2, _map_entry(_field(2, tensor), name.encode())))
