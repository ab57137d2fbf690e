"""What was measured before there were series."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from catalog import metrics
from catalog.models import Connection, MetricSeries, Record, TrafficPoint

migration = import_module("catalog.migrations.0011_points_into_series")


@pytest.fixture
def make(db):
    home = Connection.objects.create(name="m", backend=Connection.EMBEDDED, account="000000000001", region="r")
    now = timezone.now()

    def record(kind):
        return Record.objects.create(connection=home, kind=kind, name="a", arn=f"arn:{kind}", created=now, modified=now)

    return record


def test_points_of_jobs_become_series_and_minutes_of_endpoints_stay(make, monkeypatch):
    monkeypatch.setattr(migration, "BLOCK", 4)
    monkeypatch.setattr(MetricSeries, "sealed", 0, raising=False)  # a column of that time
    job, endpoint, began = make("TrainingJob"), make("Endpoint"), timezone.now()
    values = [3.0, None, float("inf"), 1.0, 2.0, 5.0]
    TrafficPoint.objects.bulk_create(
        TrafficPoint(record=record, name=name, step=step, time=began + timedelta(seconds=step), value=value)
        for record, name in ((job, "loss"), (job, "CPUUtilization"), (endpoint, "Invocations/v"))
        for step, value in enumerate(values)
    )
    migration.move_points(apps, None)
    assert TrafficPoint.objects.count() == 6 and not TrafficPoint.objects.filter(record=job).exists()
    series = MetricSeries.objects.get(record=job, name="loss")
    assert (series.count, series.last, series.low, series.low_step, series.high) == (6, 5.0, 1.0, 3, float("inf"))
    assert (series.finite, series.mean) == (4, pytest.approx(2.75)) and series.spread == pytest.approx(8.75)
    curve = metrics.read([series])[series.id]
    assert curve.step.tolist() == [0, 1, 2, 3, 4, 5] and str(curve.value.tolist()) == "[3.0, nan, inf, 1.0, 2.0, 5.0]"
    metrics.append(job, [metrics.Point("loss", 5.0, (began + timedelta(seconds=5)).timestamp(), 5)])
    metrics.append(job, [metrics.Point("loss", 4.0, began.timestamp(), 6)])
    assert MetricSeries.objects.get(record=job, name="loss").count == 7
