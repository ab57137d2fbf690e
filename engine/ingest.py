"""Metric points on their way into the database: many requests, one transaction.

A transaction costs more than the points in it. One thread writes what has gathered while it wrote before: a single client
waits for one commit, a hundred clients wait for the same one.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, close_old_connections

from catalog import metrics
from catalog.metrics import Point

log = logging.getLogger(__name__)

MOST = 50_000  # points of one transaction, unless a single request brings more


@dataclass(frozen=True, slots=True)
class _Put:
    record: int
    points: list[Point]
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future


_waiting: queue.SimpleQueue[_Put] = queue.SimpleQueue()
_starting = threading.Lock()
_writer: threading.Thread | None = None


async def put(record_id: int, points: list[Point]) -> None:
    """Add points to the series of a record; returns when they are committed. ``catalog.metrics.append`` says what is kept.

    Raises ``catalog.metrics.Gone`` if there is no such record (any more), and what the database raises if it can't write.
    """
    if not points:
        return
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    _start()
    _waiting.put(_Put(record_id, points, loop, done))
    await done


def _start() -> None:
    global _writer
    if _writer is None or not _writer.is_alive():
        with _starting:
            if _writer is None or not _writer.is_alive():
                _writer = threading.Thread(target=_write_forever, name="ingest", daemon=True)
                _writer.start()


def _write_forever() -> None:
    while True:
        gathered = _gather()
        try:
            outcomes = _write(gathered)
        except Exception as error:
            log.exception("%d requests' metric points could not be written", len(gathered))
            outcomes = [error] * len(gathered)
        _answer(gathered, outcomes)


def _gather() -> list[_Put]:
    """Wait for something to write, then take what is there."""
    found = [_waiting.get()]
    count = len(found[0].points)
    while count < MOST:
        try:
            found.append(_waiting.get_nowait())
        except queue.Empty:
            break
        count += len(found[-1].points)
    return found


def _write(puts: list[_Put]) -> list[Exception | None]:
    """What became of each; all in one transaction, or each in one of its own where that fails for what somebody sent. Where the
    database has gone away it is tried once more: points that were kept although it didn't say so are kept once.
    """
    try:
        try:
            _append(puts)
        except (OperationalError, InterfaceError) as error:
            log.warning("metric points are written once more: %s", error)
            _append(puts)
        return [None] * len(puts)
    except (OperationalError, InterfaceError) as error:
        return [error] * len(puts)
    except Exception as error:
        return [error] if len(puts) == 1 else [_write([one])[0] for one in puts]


def _append(puts: list[_Put]) -> None:
    close_old_connections()
    metrics.append_all((one.record, one.points) for one in puts)


def _answer(puts: Iterable[_Put], outcomes: Iterable[Exception | None]) -> None:
    loops: dict[asyncio.AbstractEventLoop, list] = {}
    for one, outcome in zip(puts, outcomes, strict=True):
        loops.setdefault(one.loop, []).append((one.done, outcome))
    for loop, found in loops.items():
        try:
            loop.call_soon_threadsafe(_settle, found)
        except RuntimeError:
            log.warning("%d requests ended before their metric points were written", len(found))


def _settle(found: list[tuple[asyncio.Future, Exception | None]]) -> None:
    for done, outcome in found:
        if done.done():  # its client has gone
            continue
        if outcome is None:
            done.set_result(None)
        else:
            done.set_exception(outcome)
