"""MXNet's RecordIO of pictures (``.rec``), and the stream of an augmented manifest.

A record is u32 magic, u32 length (the upper three bits say which part of a parted record it is), payload, zeros to a multiple
of 4. A picture's payload begins with IRHeader {u32 flag, f32 label, u64 id, u64 id2}; with flag n > 0 the label is n float32
behind it. Source: MXNet's recordio.py and dmlc-core's recordio.h.
"""

import json
import struct
from collections.abc import Iterator
from pathlib import Path

from areas.algorithms.container import Container, UserError
from areas.algorithms.formats.table import data_files
from areas.algorithms.frame.data import contents

MAGIC = 0xCED7230A
HEADER = struct.Struct("<IfQQ")
MAGIC_BYTES = struct.pack("<I", MAGIC)


def payloads(data: bytes, name: str) -> Iterator[bytes]:
    """The records of a stream, parted ones put together again; UserError where it is not RecordIO."""
    view, position, parts = memoryview(data), 0, []
    while position < len(view):
        if position + 8 > len(view):
            raise UserError(f"Not RecordIO: {name} ends within a record")
        magic, word = struct.unpack_from("<II", view, position)
        part, length = word >> 29, word & (1 << 29) - 1
        start = position + 8
        if magic != MAGIC or start + length > len(view):
            raise UserError(f"Not RecordIO: {name} has no whole record at byte {position}")
        parts.append(bytes(view[start : start + length]))
        if part in (0, 3):
            yield MAGIC_BYTES.join(parts)  # a record is parted where the magic is within it
            parts = []
        position = start + length + (-length % 4)


def pack(payload: bytes) -> bytes:
    """One record of a payload without the magic in it."""
    return struct.pack("<II", MAGIC, len(payload)) + payload + bytes(-len(payload) % 4)


def pictures(data: bytes, name: str) -> Iterator[tuple[list[float], bytes]]:
    """(label, encoded picture) of each record of a ``.rec`` file."""
    for number, payload in enumerate(payloads(data, name), 1):
        if len(payload) < HEADER.size:
            raise UserError(f"Record {number} of {name} is shorter than a picture's header")
        flag, label, _, _ = HEADER.unpack_from(payload)
        start = HEADER.size + 4 * flag
        if start > len(payload):
            raise UserError(f"Record {number} of {name} is shorter than its label")
        labels = list(struct.unpack_from(f"<{flag}f", payload, HEADER.size)) if flag else [label]
        yield labels, payload[start:]


def manifest(data: bytes, name: str) -> Iterator[tuple[bytes, bytes]]:
    """(picture, annotation) of each pair of records that an augmented manifest is piped as."""
    records = list(payloads(data, name))
    if len(records) % 2:
        raise UserError(f"{name} must have two attributes, the picture and its annotation")
    yield from zip(records[::2], records[1::2], strict=True)


def of_channel(box: Container, channel: str) -> Iterator[tuple[bytes, str]]:
    """(bytes, name) of each RecordIO file or pipe of a channel; UserError if there is none."""
    found = False
    for name, content in contents(box, channel):
        found = True
        yield (content.read_bytes() if isinstance(content, Path) else content), name
    if not found:
        raise UserError(f"No data in channel '{channel}'")


def is_manifest(box: Container, channel: str) -> bool:
    """Whether the channel is an augmented manifest's pipe: its records come in pairs, without MXNet's header."""
    settings = box.channels[channel]
    return settings.get("RecordWrapperType") == "RecordIO" and settings.get("TrainingInputMode") == "Pipe"


def annotation(data: bytes, name: str) -> object:
    """A manifest's annotation as JSON; UserError if it isn't."""
    try:
        return json.loads(data)
    except ValueError:
        raise UserError(f"An annotation of {name} is not JSON") from None


def files(box: Container, channel: str, endings: tuple[str, ...]) -> dict[str, Path]:
    """{path below the channel: file} of those with one of the endings; UserError if there are none."""
    folder = box.channel(channel)
    found = {path.relative_to(folder).as_posix(): path for path in data_files(folder) if path.suffix.lower() in endings}
    if not found:
        raise UserError(f"No file that ends in {' or '.join(endings)} in channel '{channel}'")
    return found
