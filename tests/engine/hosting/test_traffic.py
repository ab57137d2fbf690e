"""What is counted of invocations, and what is left of it after a restart."""

import random
import statistics
from datetime import UTC, datetime, timedelta

import pytest

from catalog.models import Connection, Record, TrafficPoint
from engine.hosting.histogram import Histogram
from engine.hosting.traffic import Traffic


@pytest.fixture
def record(db):
    connection = Connection.objects.create(name="traffic", backend="aws", account="123456789012", region="us-east-1")
    now = datetime.now(UTC)
    return Record.objects.create(connection=connection, kind="Endpoint", name="e", arn="", created=now, modified=now)


def points(record) -> dict[str, float]:
    found = TrafficPoint.objects.filter(record=record)
    assert len({point.name for point in found}) == len(found)
    return {point.name: point.value for point in found}


@pytest.fixture(autouse=True)
def keep_the_connection(monkeypatch):
    """The test's transaction lives in this thread's connection, which flush closes in its own thread."""
    monkeypatch.setattr("engine.hosting.traffic.connections.close_all", lambda: None)


def test_percentiles_are_within_four_percent():
    values = [random.Random(7).lognormvariate(7, 1) for _ in range(1)] + [
        random.lognormvariate(7, 1) for _ in range(5000)
    ]
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    cuts = statistics.quantiles(values, n=100)
    for share in (50, 95, 99):
        assert histogram.percentile(share / 100) == pytest.approx(cuts[share - 1], rel=0.05)
    assert histogram.average() == pytest.approx(statistics.mean(values))


def test_minute_is_written_and_brought_up_to_date(record):
    traffic = Traffic()
    traffic.count(record.id, "v", 200, False, 0.002, 0.0001)
    traffic.count(record.id, "v", 400, True, 0.002, 0.0001)
    traffic.flush()
    traffic.count(record.id, "v", 500, True, 0.002, 0.0001)
    traffic.flush()
    found = points(record)
    assert found["Invocations/v"] == 3
    assert found["Invocation4XXErrors/v"] == 1
    assert found["Invocation5XXErrors/v"] == 1
    assert found["InvocationModelErrors/v"] == 2
    assert found["ModelLatency/v"] == pytest.approx(2000)
    assert found["ModelLatency.p99/v"] == pytest.approx(2000, rel=0.04)
    assert found["OverheadLatency.p50/v"] == pytest.approx(100, rel=0.04)


def test_restarted_engine_counts_on(record):
    before, after = Traffic(), Traffic()
    for _ in range(5):
        before.count(record.id, "v", 200, False, 0.001, 0.0001)
    before.flush()
    after.count(record.id, "v", 200, False, 0.001, 0.0001)
    after.flush()
    assert points(record)["Invocations/v"] in (6, 1)  # 1: the minute ended in between
    assert sum(TrafficPoint.objects.filter(name="Invocations/v").values_list("value", flat=True)) == 6


def test_deleted_endpoint_is_forgotten(record):
    traffic = Traffic()
    traffic.count(record.id, "v", 200, False, 0.001, 0.0001)
    record.delete()
    traffic.flush()
    assert not TrafficPoint.objects.exists()


def test_old_minutes_go(record):
    old = datetime.now(UTC) - timedelta(days=16)
    TrafficPoint.objects.create(record=record, name="Invocations/v", step=1, time=old, value=1)
    Traffic().flush()
    assert not TrafficPoint.objects.exists()


def test_what_can_not_be_written_is_kept(record, monkeypatch):
    traffic = Traffic()
    traffic.count(record.id, "v", 200, False, 0.001, 0.0001)
    with monkeypatch.context() as patch:
        patch.setattr("engine.hosting.traffic._store", lambda *_: 1 / 0)
        traffic.flush()
    traffic.flush()
    assert points(record)["Invocations/v"] == 1
