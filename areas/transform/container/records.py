"""Splitting objects into records and packing those into payloads, a block at a time. Standard library only."""

import gzip
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

MAGIC = 0xCED7230A
_LENGTH, _PART = (1 << 29) - 1, 29  # a RecordIO header's second word: bytes, and which part of a record it is
BLOCK = 1 << 20
_DAMAGED = (gzip.BadGzipFile, EOFError, zlib.error)


class BadObject(ValueError):
    """An object can't be split as asked; the message is one sentence."""


def opened(path: Path, compression: str):
    """The object's bytes, decompressed where CompressionType is Gzip."""
    return gzip.open(path, "rb") if compression == "Gzip" else open(path, "rb", buffering=BLOCK)


def payloads(path: Path, *, compression: str, split: str, single: bool, limit: int) -> Iterator[bytes]:
    """The bodies to send for one object, in order, none above ``limit`` bytes. Raises BadObject.

    ``split`` is None, Line, RecordIO or TFRecord. Several records in a body keep what divides them (newlines, headers and
    padding); a single record is sent without.
    """
    try:
        with opened(path, compression) as file:
            if split == "Line":
                yield from _single_lines(file, limit) if single else _packed_lines(file, limit)
            elif split == "None":
                yield from _whole(file, limit)
            else:
                frames = _recordio(file, limit) if split == "RecordIO" else _tfrecord(file, limit)
                yield from (record for _, record in frames) if single else _packed(frames, limit)
    except _DAMAGED as error:
        raise BadObject(f"it can't be decompressed as Gzip: {error}") from None


def streamed(path: Path, compression: str) -> Iterator[bytes]:
    """A whole object in blocks, for a request in chunked encoding. Raises BadObject."""
    try:
        with opened(path, compression) as file:
            while block := file.read(BLOCK):
                yield block
    except _DAMAGED as error:
        raise BadObject(f"it can't be decompressed as Gzip: {error}") from None


def _whole(file, limit: int) -> Iterator[bytes]:
    body = file.read(limit + 1)
    if len(body) > limit:
        raise BadObject(
            f"it is larger than MaxPayloadInMB ({limit >> 20}) and SplitType is None: split it, or allow a larger payload"
        )
    if body:
        yield body


def _too_large(limit: int) -> BadObject:
    return BadObject(f"one record is larger than MaxPayloadInMB ({limit >> 20})")


def _packed_lines(file, limit: int) -> Iterator[bytes]:
    rest = b""
    while True:
        block = file.read(limit - len(rest))
        body = rest + block if rest else block
        if len(body) < limit:
            if body.strip():
                yield body
            return
        end = body.rfind(b"\n") + 1
        if not end:
            if not file.read(1):
                yield body
                return
            raise _too_large(limit)
        yield body[:end]
        rest = body[end:]


def _single_lines(file, limit: int) -> Iterator[bytes]:
    while line := file.readline(limit + 3):
        record = line.rstrip(b"\r\n")
        if len(record) > limit:
            raise _too_large(limit)
        if record.strip():
            yield record


def _packed(frames: Iterator[tuple[bytes, bytes]], limit: int) -> Iterator[bytes]:
    body, size = [], 0
    for frame, _ in frames:
        if size + len(frame) > limit and body:
            yield b"".join(body)
            body, size = [], 0
        body.append(frame)
        size += len(frame)
    if body:
        yield b"".join(body)


def _recordio(file, limit: int) -> Iterator[tuple[bytes, bytes]]:
    """``(as it lies there, the record alone)``. A record whose bytes hold the magic number lies in several parts."""
    frames, parts = [], []
    while header := file.read(8):
        if len(header) < 8:
            raise BadObject("it ends within the header of a RecordIO record")
        magic, word = struct.unpack("<II", header)
        if magic != MAGIC:
            raise BadObject("it is not RecordIO: a record doesn't begin with the magic number")
        size, part = word & _LENGTH, word >> _PART
        if size + 8 > limit:
            raise _too_large(limit)
        body = _exactly(file, size + -size % 4, "RecordIO")
        frames.append(header + body)
        parts.append(body[:size])
        if part in (0, 3):
            yield b"".join(frames), struct.pack("<I", MAGIC).join(parts)
            frames, parts = [], []
    if frames:
        raise BadObject("it ends within a RecordIO record of several parts")


def _tfrecord(file, limit: int) -> Iterator[tuple[bytes, bytes]]:
    while header := file.read(12):
        if len(header) < 12:
            raise BadObject("it ends within the header of a TFRecord")
        (size,) = struct.unpack("<Q", header[:8])
        if size + 16 > limit:
            raise _too_large(limit)
        body = _exactly(file, size + 4, "TFRecord")
        yield header + body, body[:size]


def _exactly(file, size: int, kind: str) -> bytes:
    body = file.read(size)
    if len(body) < size:
        raise BadObject(f"it ends within a {kind} record")
    return body
