"""What endpoints' traffic looked like, a minute at a time: counted in memory, written to MetricPoint every few seconds.

Points of a minute have ``step`` = minutes since 1970 and ``time`` = the minute's start. Names are ``<metric>/<variant>``:
Invocations, Invocation4XXErrors, Invocation5XXErrors, InvocationModelErrors (counts), ModelLatency and OverheadLatency
(microseconds, the average) with ``.p50``, ``.p95`` and ``.p99`` after the metric. A minute without requests has no points.
"""

import logging
import math
import threading
import time
from datetime import UTC, datetime, timedelta

from django.db import connections, transaction

from catalog.models import MetricPoint, Record

COUNTS = ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors")
KEPT_DAYS = 15  # as CloudWatch keeps minutes
STEP = math.log(1.04)  # a percentile is exact to 4 %

log = logging.getLogger(__name__)


class Histogram:
    """Durations in microseconds, in buckets that grow by 4 %."""

    __slots__ = ("buckets", "count", "total")

    def __init__(self):
        self.buckets: dict[int, int] = {}
        self.count = 0
        self.total = 0.0

    def add(self, microseconds: float) -> None:
        bucket = int(math.log(microseconds) / STEP) if microseconds > 1 else 0
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1
        self.count += 1
        self.total += microseconds

    def average(self) -> float:
        return self.total / self.count

    def percentile(self, share: float) -> float:
        wanted, seen = share * self.count, 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= wanted:
                break
        return math.exp((bucket + 0.5) * STEP)


class Minute:
    """One variant of one endpoint in one minute."""

    def __init__(self):
        self.invocations = self.client_errors = self.server_errors = self.model_errors = 0
        self.model, self.overhead = Histogram(), Histogram()
        self.rows: dict[str, MetricPoint] | None = None  # once written
        self.changed = False

    def values(self) -> dict[str, float]:
        found = dict(
            zip(COUNTS, (self.invocations, self.client_errors, self.server_errors, self.model_errors), strict=True)
        )
        for name, histogram in (("ModelLatency", self.model), ("OverheadLatency", self.overhead)):
            if histogram.count:
                found[name] = round(histogram.average(), 1)
                for share in (50, 95, 99):
                    found[f"{name}.p{share}"] = round(histogram.percentile(share / 100), 1)
        return found


class Traffic:
    """The open minutes by (record, variant, minute)."""

    def __init__(self):
        self.minutes: dict[tuple[int, str, int], Minute] = {}
        self._writing = threading.Lock()
        self._pruned = 0.0

    def count(self, record: int, variant: str, status: int, model_error: bool, model: float, overhead: float) -> None:
        """Count one invocation: ``status`` is what the client got, latencies are in seconds (``model`` 0: never asked)."""
        key = (record, variant, int(time.time()) // 60)
        minute = self.minutes.get(key)
        if minute is None:
            minute = self.minutes[key] = Minute()
        minute.changed = True
        minute.invocations += 1
        if status >= 500:
            minute.server_errors += 1
        elif status >= 400:
            minute.client_errors += 1
        minute.model_errors += model_error
        if model:
            minute.model.add(model * 1e6)
        minute.overhead.add(overhead * 1e6)

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
        changed = {key: minute for key, minute in list(self.minutes.items()) if minute.changed}
        if changed:
            alive = set(Record.objects.filter(id__in={key[0] for key in changed}).values_list("id", flat=True))
            for key, minute in changed.items():
                minute.changed = False
                if key[0] in alive:
                    try:
                        _store(key, minute)
                    except Exception:
                        minute.changed = True
                        raise
        now = int(time.time()) // 60
        for key in [key for key, minute in list(self.minutes.items()) if key[2] < now and not minute.changed]:
            del self.minutes[key]

    def _prune(self) -> None:
        if time.monotonic() - self._pruned < 3600 and self._pruned:
            return
        self._pruned = time.monotonic()
        oldest = datetime.now(UTC) - timedelta(days=KEPT_DAYS)
        MetricPoint.objects.filter(record__kind="Endpoint", time__lt=oldest).delete()


def _store(key: tuple[int, str, int], minute: Minute) -> None:
    """Insert the minute's points, or bring those that are there up to date."""
    record, variant, number = key
    start = datetime.fromtimestamp(number * 60, UTC)
    with transaction.atomic():
        if minute.rows is None:
            before = MetricPoint.objects.filter(record_id=record, step=number, name__endswith=f"/{variant}")
            minute.rows = {point.name: point for point in before}
            for index, name in enumerate(COUNTS):  # an engine that ended within this minute had counted these
                if point := minute.rows.get(f"{name}/{variant}"):
                    _add(minute, index, int(point.value or 0))
        new, old = [], []
        for name, value in minute.values().items():
            name = f"{name}/{variant}"
            point = minute.rows.get(name)
            if point is None:
                point = MetricPoint(record_id=record, name=name, step=number, time=start, value=value)
                new.append(point)
                minute.rows[name] = point
            elif point.value != value:
                point.value = value
                old.append(point)
        MetricPoint.objects.bulk_create(new)
        MetricPoint.objects.bulk_update(old, ["value"])


def _add(minute: Minute, index: int, count: int) -> None:
    name = ("invocations", "client_errors", "server_errors", "model_errors")[index]
    setattr(minute, name, getattr(minute, name) + count)
