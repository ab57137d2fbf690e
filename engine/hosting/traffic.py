"""What endpoints' traffic looked like: counted in memory, written every few seconds, ten seconds and a minute at a time.

Ten seconds of one variant and fleet are a TrafficSlice, kept for three hours: alarms and CloudWatch's metrics read them.
A minute of a variant is a handful of TrafficPoints, kept for 15 days, with ``step`` = minutes since 1970 and ``time`` = the
minute's start. Names are ``<metric>/<variant>``: Invocations, Invocation4XXErrors, Invocation5XXErrors,
InvocationModelErrors (counts), ModelLatency and OverheadLatency (microseconds, the average) with ``.p50``, ``.p95`` and
``.p99`` after the metric. A minute without requests has no points.
"""

import logging
import secrets
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import connections, transaction

from catalog.models import Record, TrafficPoint
from engine.hosting.histogram import Histogram
from engine.models import TrafficSlice

COUNTS = {  # metric → column of a slice
    "Invocations": "invocations",
    "Invocation4XXErrors": "client_errors",
    "Invocation5XXErrors": "server_errors",
    "InvocationModelErrors": "model_errors",
}
LATENCIES = {"ModelLatency": "model", "OverheadLatency": "overhead"}
SECONDS = 10  # that a slice covers
KEPT_DAYS = 15  # as CloudWatch keeps minutes
KEPT_HOURS = 3  # as CloudWatch keeps what is shorter than a minute

log = logging.getLogger(__name__)


class Key(NamedTuple):
    record: int
    variant: str
    fleet: int
    config: str
    start: int  # epoch seconds


class Slice:
    """One variant in one fleet of one endpoint for ten seconds."""

    def __init__(self):
        self.invocations = self.client_errors = self.server_errors = self.model_errors = 0
        self.model, self.overhead = Histogram(), Histogram()
        self.changed = False

    def merge(self, row: TrafficSlice) -> None:
        for column in COUNTS.values():
            setattr(self, column, getattr(self, column) + getattr(row, column))
        for column in LATENCIES.values():
            getattr(self, column).merge(Histogram.read(getattr(row, column)))

    def points(self) -> dict[str, float]:
        """The values of its TrafficPoints, by metric."""
        found = {metric: getattr(self, column) for metric, column in COUNTS.items()}
        for metric, column in LATENCIES.items():
            histogram = getattr(self, column)
            if histogram.count:
                found[metric] = round(histogram.average(), 1)
                for share in (50, 95, 99):
                    found[f"{metric}.p{share}"] = round(histogram.percentile(share / 100), 1)
        return found


class Traffic:
    """The slices that this data plane is counting."""

    def __init__(self):
        self.slices: dict[Key, Slice] = {}
        self.writer = secrets.token_hex(8)
        self.written: dict[tuple, dict[str, TrafficPoint]] = {}  # (record, variant, minute) → its points by name
        self._writing = threading.Lock()
        self._pruned = 0.0

    def count(
        self, record: int, variant: str, status: int, model_error: bool, model: float, overhead: float, fleet: int = 0,
        config: str = "",
    ) -> None:  # fmt: skip
        """Count one invocation: ``status`` is what the client got, latencies are in seconds (``model`` 0: never asked)."""
        key = Key(record, variant, fleet, config, int(time.time()) // SECONDS * SECONDS)
        found = self.slices.get(key)
        if found is None:
            found = self.slices[key] = Slice()
        found.changed = True
        found.invocations += 1
        if status >= 500:
            found.server_errors += 1
        elif status >= 400:
            found.client_errors += 1
        found.model_errors += model_error
        if model:
            found.model.add(model * 1e6)
        found.overhead.add(overhead * 1e6)

    def flush(self) -> None:
        """Write what changed. Blocking: call it in a thread. What can't be written now is kept for the next time."""
        with self._writing:
            try:
                self._write()
                self._prune()
            except Exception:
                log.exception("Traffic could not be written; it is kept for the next time.")
            finally:
                connections.close_all()

    def _write(self) -> None:
        changed = {key: found for key, found in list(self.slices.items()) if found.changed}
        if changed:
            for found in changed.values():
                found.changed = False
            try:
                alive = set(Record.objects.filter(id__in={key.record for key in changed}).values_list("id", flat=True))
                rows = [_row(key, found, self.writer) for key, found in changed.items() if key.record in alive]
                with transaction.atomic():
                    _store(rows, self.written)
            except Exception:
                self.written.clear()
                for found in changed.values():
                    found.changed = True
                raise
        now = time.time()
        for key in [
            key for key, found in list(self.slices.items()) if key.start + SECONDS + 1 < now and not found.changed
        ]:
            del self.slices[key]
        for key in [key for key in self.written if key[2] < now // 60 - 1]:
            del self.written[key]

    def _prune(self) -> None:
        if time.monotonic() - self._pruned < 3600 and self._pruned:
            return
        self._pruned = time.monotonic()
        now = datetime.now(UTC)
        TrafficSlice.objects.filter(start__lt=now.timestamp() - KEPT_HOURS * 3600).delete()
        oldest = now - timedelta(days=KEPT_DAYS)
        TrafficPoint.objects.filter(record__kind="Endpoint", time__lt=oldest).delete()


def _row(key: Key, found: Slice, writer: str) -> TrafficSlice:
    return TrafficSlice(
        record_id=key.record, start=key.start, variant=key.variant, fleet=key.fleet, config=key.config, writer=writer,
        model=found.model.numbers(), overhead=found.overhead.numbers(),
        **{column: getattr(found, column) for column in COUNTS.values()},
    )  # fmt: skip


def _store(rows: list[TrafficSlice], written: dict[tuple, dict[str, TrafficPoint]]) -> None:
    """Insert the slices or bring them up to date, and then the minutes that they are in."""
    TrafficSlice.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["record", "start", "variant", "fleet", "writer"],
        update_fields=[*COUNTS.values(), *LATENCIES.values()],
    )  # fmt: skip
    minutes = {(row.record_id, row.variant, row.start // 60): Slice() for row in rows}
    numbers = [number for _, _, number in minutes] or [0]
    slices = TrafficSlice.objects.filter(
        record__in={row.record_id for row in rows}, start__gte=60 * min(numbers), start__lt=60 * (max(numbers) + 1)
    )
    for one in slices:
        if (key := (one.record_id, one.variant, one.start // 60)) in minutes:
            minutes[key].merge(one)
    new, old = [], []
    for key, minute in minutes.items():
        if key not in written:
            written[key] = _points_of(*key)
        record, variant, number = key
        for metric, value in minute.points().items():
            name = f"{metric}/{variant}"
            point = written[key].get(name)
            if point is None:
                start = datetime.fromtimestamp(number * 60, UTC)
                point = TrafficPoint(record_id=record, name=name, step=number, time=start, value=value)
                written[key][name] = point
                new.append(point)
            elif point.value != value:
                point.value = value
                old.append(point)
    TrafficPoint.objects.bulk_create(new)
    TrafficPoint.objects.bulk_update(old, ["value"])


def _points_of(record: int, variant: str, number: int) -> dict[str, TrafficPoint]:
    """The points of a minute that an engine before this one wrote, by name. Nearly always there are none, and the newest
    point says so without a search through 15 days of them."""
    points = TrafficPoint.objects.filter(record_id=record)
    last = points.filter(name=f"Invocations/{variant}").order_by("-id").first()
    if last is None or last.step < number:
        return {}
    return {point.name: point for point in points.filter(step=number, name__endswith=f"/{variant}")}
