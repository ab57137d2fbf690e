"""Pages of log events with CloudWatch's tokens: GetLogEvents over one stream, FilterLogEvents over many."""

import base64
import binascii
import heapq
import json
import re
import zlib
from collections.abc import Callable, Iterator

from engine.errors import AwsError
from engine.logs import reader
from engine.logs.store import path_of
from engine.models import LogStream

SCANNED = 64 << 20  # bytes of logs that one FilterLogEvents looks at
_TOKEN = re.compile(r"([fb])/(\d{1,19})")


def bad_token() -> AwsError:
    return AwsError("InvalidParameterException", "The specified nextToken is invalid.")


def page_of(
    stream: LogStream, token: str | None, *, from_head: bool, limit: int, start: int | None, end: int | None
) -> dict:
    """GetLogEvents: events as dicts and both tokens, ``f/<byte>`` and ``b/<byte>`` of where the page ends and starts.

    ``start`` (included) and ``end`` (not included) are epoch ms. At the end of the log the forward token stays the same.
    """
    path = path_of(stream)
    if token:
        found = _TOKEN.fullmatch(token)
        if not found:
            raise bad_token()
        is_forward, offset = found[1] == "f", int(found[2])
    else:
        is_forward, offset = from_head, None
    if is_forward:
        events, first, last = _forwards(stream, path, offset, limit, start, end)
    else:
        events, first, last = _backwards(path, offset, limit, start, end)
    return {
        "events": [_described(event) for event in events],
        "nextForwardToken": f"f/{last:019d}",
        "nextBackwardToken": f"b/{first:019d}",
    }


def _forwards(stream, path, offset, limit, start, end) -> tuple[list, int, int]:
    if offset is None:
        offset = reader.offset_at(path, start) if start and stream.ordered else 0
    first = offset
    while True:
        events, after = reader.read(path, offset, limit)
        kept = [event for event in events if _is_within(event, start, end)]
        if kept or not events or (end is not None and stream.ordered and events[0].timestamp >= end):
            if kept and kept[-1] is not events[-1] and stream.ordered:
                after = kept[-1].end
            elif not kept:
                after = offset
            return kept, first, after
        offset = after


def _backwards(path, offset, limit, start, end) -> tuple[list, int, int]:
    while True:
        events = reader.read_back(path, offset, limit)
        if not events:
            here = offset if offset is not None else 0
            return [], here, here
        kept = [event for event in events if _is_within(event, start, end)]
        if kept:
            return kept, kept[0].offset, kept[-1].end
        offset = events[0].offset


def _is_within(event: reader.Event, start: int | None, end: int | None) -> bool:
    return (start is None or event.timestamp >= start) and (end is None or event.timestamp < end)


def _described(event: reader.Event) -> dict:
    return {"timestamp": event.timestamp, "message": event.message, "ingestionTime": event.timestamp}


def filtered(
    streams: list[LogStream], token: str | None, matches: Callable[[str], bool], *, limit: int, start: int | None, end: int | None,
) -> dict:  # fmt: skip
    """FilterLogEvents: events of all streams by time. A page with events has a token, and so a last, empty page follows.

    The token holds how far each stream was read, so that it goes on where it ended also when more was written since.
    """
    offsets = _read_token(token) if token else {}
    scanned = [0]
    sources = [_walk(stream, offsets, start, end, scanned) for stream in streams]
    events, weight = [], 0
    for _, _, stream, event in heapq.merge(*sources, key=lambda found: found[:2]):
        if scanned[0] > SCANNED or len(events) == limit or (events and weight + event.weight > reader.PAGE_BYTES):
            break
        offsets[stream.id] = event.end
        if _is_within(event, start, end) and matches(event.message):
            weight += event.weight
            events.append(
                {
                    "logStreamName": stream.name,
                    "timestamp": event.timestamp,
                    "message": event.message,
                    "ingestionTime": event.timestamp,
                    "eventId": f"{stream.id:020d}{event.offset:020d}",
                }
            )
    else:
        if not events:
            return {"events": [], "searchedLogStreams": []}
    return {"events": events, "searchedLogStreams": [], "nextToken": _write_token(offsets)}


def _walk(stream: LogStream, offsets: dict, start, end, scanned: list[int]) -> Iterator[tuple]:
    """``(time, stream id, stream, event)`` of a stream from where the token says, a block of its file at a time."""
    path = path_of(stream)
    offset = offsets.get(stream.id)
    if offset is None:
        offset = reader.offset_at(path, start) if start and stream.ordered else 0
    while True:
        events, after = reader.read(path, offset)
        if not events:
            return
        for event in events:
            if end is not None and stream.ordered and event.timestamp >= end:
                return
            yield event.timestamp, stream.id, stream, event
        scanned[0] += after - offset
        offset = after


def _write_token(offsets: dict[int, int]) -> str:
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(list(offsets.items())).encode())).decode()


def _read_token(token: str) -> dict[int, int]:
    try:
        packed = base64.urlsafe_b64decode(token.encode())
        plain = zlib.decompressobj().decompress(packed, 1 << 20)
        return {int(stream): int(offset) for stream, offset in json.loads(plain)}
    except (binascii.Error, zlib.error, ValueError, TypeError):
        raise bad_token() from None
