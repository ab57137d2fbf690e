"""Points in random batches, against a plain list that keeps each different point once."""

import math
import struct

import numpy as np
import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import metric_writing, metrics
from catalog.measures import MetricSeries
from catalog.metrics import Point
from catalog.models import Connection, Record

STEPS = st.one_of(st.none(), st.integers(-3, 12), st.sampled_from([2**63 - 1, -(2**63) + 1, 2**53 + 1]))
VALUES = st.one_of(
    st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0, 1.7e308, -1.7e308, 5e-324]),
    st.integers(-3, 3).map(float),
)
TIMES = st.one_of(st.integers(0, 6).map(float), st.sampled_from([1.75e9, 1.75e9 + 1e-6, -2.5]))
BATCHES = st.lists(st.lists(st.tuples(STEPS, TIMES, VALUES), min_size=1, max_size=9), min_size=1, max_size=9)


@pytest.fixture
def connection(db):
    return Connection.objects.create(name="m", backend=Connection.EMBEDDED, account="000000000001", region="r")


def make_record(connection, name="run") -> Record:
    now = timezone.now()
    return Record.objects.create(
        connection=connection, kind="TrialComponent", name=name, arn=f"arn:{name}", created=now, modified=now
    )


def bits(value: float) -> bytes:
    return struct.pack("d", math.nan if math.isnan(value) else value)


class Plain:
    """What a series should be: the different points in the order of their arrival."""

    def __init__(self):
        self.points, self.seen = [], set()

    def add(self, batch):
        for step, time, value in batch:
            if (step, time, bits(value)) not in self.seen:
                self.seen.add((step, time, bits(value)))
                self.points.append((step, time, value))

    def sorted(self):
        return sorted(self.points, key=place)


def place(point):
    return (-math.inf if point[0] is None else point[0], point[1])


def same(step, time, value):
    return (None if step is None or math.isnan(step) else float(step), time, bits(value))


@pytest.mark.parametrize("sizes", [(16, 4), (9, 3, 2)])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
@given(batches=BATCHES)
def test_what_is_appended_is_read(sizes, connection, monkeypatch, batches):
    monkeypatch.setattr(metric_writing, "SIZES", sizes)
    monkeypatch.setattr(metric_writing, "FEW", 1)
    monkeypatch.setattr(metric_writing, "BLOCK", 7)
    Record.objects.filter(connection=connection).delete()
    record, plain = make_record(connection), Plain()
    for batch in batches:
        metrics.append(record, [Point("loss", value, time, step) for step, time, value in batch])
        plain.add(batch)
    series = MetricSeries.objects.get(record=record)
    curve = metrics.read([series], keep=0)[series.id]
    found = [same(*point) for point in zip(curve.step, curve.time, curve.value, strict=True)]
    assert found == [same(*point) for point in plain.sorted()]
    assert curve.seq == series.count == len(plain.points)
    arrived = metrics.arrived([series], {}, 10**6)[series.id]
    assert [bits(value) for value in arrived.value] == [bits(value) for _, _, value in plain.points]
    check_sums(series, plain)
    check_parts(series, plain, curve)


def check_sums(series, plain):
    last = plain.sorted()[-1]
    assert (series.last_step, series.last_time) == last[:2]
    assert series.last == (None if math.isnan(last[2]) else last[2])
    numbers = [(value, step) for step, _, value in plain.points if not math.isnan(value)]
    low, high = min(numbers, key=lambda one: one[0], default=None), max(numbers, key=lambda one: one[0], default=None)
    assert (series.low, series.low_step) == (low or (None, None))
    assert (series.high, series.high_step) == (high or (None, None))
    finite = np.array([value for value, _ in numbers if math.isfinite(value)])
    assert series.finite == len(finite)
    if len(finite) and np.abs(finite).max() < 1e100:
        assert series.mean == pytest.approx(finite.mean(), abs=1e-12)
        assert series.spread == pytest.approx(np.square(finite - finite.mean()).sum(), abs=1e-9)
    elif len(finite):
        assert math.isfinite(series.mean) and series.spread >= 0


def check_parts(series, plain, curve):
    middle = len(plain.points) // 2
    news = metrics.read([series], keep=0, since={series.id: middle})[series.id]
    assert sorted(map(bits, news.value)) == sorted(bits(value) for _, _, value in plain.points[middle:])
    assert news.seq == series.count
    some = metrics.read([series], keep=0, steps=(-1, 5))[series.id]
    assert len(some.value) == sum(step is not None and -1 <= step <= 5 for step, _, _ in plain.points)
    some = metrics.read([series], keep=0, times=(1, 4.5))[series.id]
    assert len(some.value) == sum(1 <= time <= 4.5 for _, time, _ in plain.points)
    by_time = metrics.read([series], keep=0, by="time")[series.id]
    assert by_time.time.tolist() == sorted(curve.time.tolist())
    page, seen = [], {}
    while found := metrics.arrived([series], seen, 3):
        page += [*found[series.id].time]
        seen = {series.id: len(page)}
    assert page == [time for _, time, _ in plain.points]


def test_many_series_of_many_records_at_once(connection):
    records = [make_record(connection, f"run-{i}") for i in range(3)]
    for round_ in range(3):
        metrics.append_all(
            (record.id, [Point(f"m{i}", i + round_, 10.0 * round_ + i, round_) for i in range(20)])
            for record in records
        )
    series = metrics.series_of([record.id for record in records])
    assert len(series) == 60
    curves = metrics.read(series.values())
    assert curves[series[records[1].id, "m7"].id].value.tolist() == [7, 8, 9]
    metrics.forget(records[0].id)
    assert not metrics.series_of([records[0].id])


def test_what_cannot_be_kept_is_refused(connection):
    record = make_record(connection)
    for point, words in (
        (Point("x" * 256, 1, 1), "255"), (Point("", 1, 1), "255"), (Point("a\0b", 1, 1), "NUL"),
        (Point("a", 1, math.nan), "no number of seconds"), (Point("a", 1, 1, 2**63), "int64"),
        (Point("a", 1, 1, -(2**63)), "greater"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=words):
            metrics.append(record, [Point("fine", 1, 1), point])
    assert not MetricSeries.objects.filter(record=record).exists()
    gone = record.id
    record.delete()
    with pytest.raises(metrics.Gone):
        metrics.append_all([(gone, [Point("a", 1, 1)])])
