"""Reading a log file by byte offset, forwards and backwards, without reading the rest of it. Imports no Django."""

import os
from pathlib import Path
from typing import NamedTuple

from engine.logs.format import parse, parse_line

BLOCK = 1 << 20
PAGE_EVENTS = 10_000
PAGE_BYTES = 1 << 20  # of messages, AWS's 26 bytes of overhead an event included
OVERHEAD = 26


class Event(NamedTuple):
    offset: int  # byte at which its line starts
    end: int  # byte after its newline
    timestamp: int  # epoch ms
    message: str

    @property
    def weight(self) -> int:
        return len(self.message) + OVERHEAD


def read(path: Path, offset: int = 0, limit: int = PAGE_EVENTS) -> tuple[list[Event], int]:
    """Up to ``limit`` events or 1 MB from ``offset`` on, at least one if there is one, and where the next page starts.

    A last line without its newline isn't returned yet. A missing file has no events.
    """
    events: list[Event] = []
    weight = 0
    with _open(path) as file:
        while file and len(events) < limit:
            found = _next(file, offset)
            if not found:
                break
            for event in found:
                weight += event.weight
                if len(events) == limit or (events and weight > PAGE_BYTES):
                    return events, offset
                events.append(event)
                offset = event.end
    return events, offset


def read_back(path: Path, end: int | None = None, limit: int = PAGE_EVENTS) -> list[Event]:
    """Up to ``limit`` events or 1 MB that end at byte ``end`` or before (None: the end of the file), oldest first."""
    events: list[Event] = []
    weight = 0
    with _open(path) as file:
        if not file:
            return []
        end = min(end if end is not None else file.size, file.size)
        while end and len(events) < limit:
            found = _previous(file, end)
            for event in reversed(found):
                weight += event.weight
                if len(events) == limit or (events and weight > PAGE_BYTES):
                    return events[::-1]
                events.append(event)
            if not found:
                break
            end = found[0].offset
    return events[::-1]


def first(path: Path) -> Event | None:
    with _open(path) as file:
        return _one(file, 0) if file else None


def last(path: Path) -> Event | None:
    with _open(path) as file:
        events = _previous(file, file.size, 4096) if file else []
        return events[-1] if events else None


def offset_at(path: Path, start_ms: int) -> int:
    """Where the first event at ``start_ms`` or later starts, in a file whose events are in order (by bisection)."""
    with _open(path) as file:
        if not file:
            return 0
        low, high = 0, file.size
        while high - low > 4096:
            middle = (low + high) // 2
            start = _line_start(file, middle)
            event = _one(file, start)
            if event is None or event.timestamp >= start_ms or start >= high:
                high = middle
            else:
                low = event.end
        while (event := _one(file, low)) and event.timestamp < start_ms:
            low = event.end
        return low


class _File:
    """An open log of the size it had when it was opened, or nothing at all."""

    def __init__(self, path: Path):
        try:
            self.number = os.open(path, os.O_RDONLY)
            self.size = os.fstat(self.number).st_size
        except FileNotFoundError:
            self.number, self.size = None, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.number is not None:
            os.close(self.number)

    def __bool__(self):
        return bool(self.size)

    def at(self, offset: int, size: int) -> bytes:
        return os.pread(self.number, min(size, self.size - offset), offset) if offset < self.size else b""


_open = _File


def _next(file: _File, offset: int, size: int = BLOCK) -> list[Event]:
    """The whole lines of the next block; of a larger one while not even one line fits."""
    while True:
        block = file.at(offset, size)
        if (cut := block.rfind(b"\n") + 1) or len(block) < size:
            break
        size *= 4
    return _events(block[:cut], offset)


def _previous(file: _File, end: int, size: int = BLOCK) -> list[Event]:
    """The whole lines of the block before ``end``."""
    while True:
        start = max(end - size, 0)
        block = file.at(start, end - start)
        cut = block.rfind(b"\n") + 1
        skip = block.find(b"\n") + 1 if start else 0
        if skip < cut or not start:
            return _events(block[skip:cut], start + skip)
        size *= 4


def _events(block: bytes, offset: int) -> list[Event]:
    events = []
    for size, timestamp, message in parse(block):
        events.append(Event(offset, offset + size, timestamp, message))
        offset += size
    return events


def _line_start(file: _File, offset: int, size: int = 4096) -> int:
    """The start of the first line that starts at ``offset`` or later."""
    if offset == 0:
        return 0
    offset -= 1
    while block := file.at(offset, size):
        if (found := block.find(b"\n")) >= 0:
            return offset + found + 1
        offset += len(block)
    return offset


def _one(file: _File, start: int, size: int = 4096) -> Event | None:
    while block := file.at(start, size):
        if (found := block.find(b"\n")) >= 0:
            return Event(start, start + found + 1, *parse_line(block[:found]))
        if len(block) < size:
            return None
        size *= 4
    return None
