"""Metrics by period and statistic, from what was counted."""

import time
from datetime import UTC, datetime

import pytest

from catalog.models import TrafficPoint
from engine.cloudwatch.series import series, values
from engine.errors import AwsError

NOW = time.time() // 600 * 600
BOTH = [{"Name": "EndpointName", "Value": "e"}, {"Name": "VariantName", "Value": "v"}]


def read(counted, metric: str, statistic: str, period: int = 10, back: float = 60, dimensions=BOTH, **more) -> list:
    asked = series(counted.connection.id, "AWS/SageMaker", metric, dimensions, statistic, **more)
    return list(values(asked, period, NOW - back, NOW, NOW).values())


def test_counts_by_period(counted):
    counted.count(NOW - 20, 200, 200, 500, 400)
    counted.count(NOW - 10, 200)
    assert read(counted, "Invocations", "Sum") == [4, 1]
    assert read(counted, "Invocations", "Sum", period=60) == [5]
    assert read(counted, "Invocation5XXErrors", "Average") == [0.25, 0]
    assert read(counted, "Invocation4XXErrors", "Sum") == [1, 0]
    assert read(counted, "Invocation5XXErrors", "SampleCount") == [4, 1]
    assert read(counted, "Invocation5XXErrors", "Maximum") == [1, 0]
    assert read(counted, "Invocation5XXErrors", "p50") == [0, 0]
    assert read(counted, "Invocation5XXErrors", "p90") == [1, 0]


def test_latency_in_microseconds(counted):
    for milliseconds in range(1, 101):
        counted.count(NOW - 10, 200, latency=milliseconds / 1000)
    assert read(counted, "ModelLatency", "Average") == [pytest.approx(50500)]
    assert read(counted, "ModelLatency", "p90") == [pytest.approx(90000, rel=0.05)]
    assert read(counted, "ModelLatency", "Maximum") == [pytest.approx(100000)]
    assert read(counted, "ModelLatency", "Minimum") == [pytest.approx(1000)]


def test_fleets_and_configurations_are_told_apart(counted):
    counted.count(NOW - 10, *[200] * 9, fleet=1, config="old")
    counted.count(NOW - 10, 500, fleet=2, config="new")
    assert read(counted, "Invocation5XXErrors", "Average") == [0.1]
    assert read(counted, "Invocation5XXErrors", "Average", fleet=2) == [1]
    config = {"Name": "EndpointConfigName", "Value": "new"}
    assert read(counted, "Invocation5XXErrors", "Average", dimensions=[*BOTH, config]) == [1]
    assert read(counted, "Invocations", "Sum", dimensions=BOTH[:1]) == [10]


def test_several_data_planes_add_up(counted):
    from engine.hosting.traffic import Traffic

    counted.count(NOW - 10, 200, latency=0.001)
    counted.traffic = Traffic()
    counted.count(NOW - 10, 200, latency=0.1)
    assert read(counted, "Invocations", "Sum") == [2]
    assert read(counted, "ModelLatency", "Maximum") == [pytest.approx(100000)]
    minute = TrafficPoint.objects.get(record=counted.record, name="Invocations/v")
    assert minute.value == 2


def test_minutes_serve_what_is_older(counted):
    minute = int(NOW - 86400) // 60
    for name, value in (("Invocations/v", 10), ("Invocation5XXErrors/v", 3), ("ModelLatency/v", 2000.0)):
        TrafficPoint.objects.create(
            record=counted.record, name=name, step=minute, time=datetime.fromtimestamp(minute * 60, UTC), value=value
        )
    assert read(counted, "Invocations", "Sum", 3600, 2 * 86400) == [10]
    assert read(counted, "Invocation5XXErrors", "Average", 3600, 2 * 86400) == [pytest.approx(0.3)]
    assert read(counted, "ModelLatency", "Average", 3600, 2 * 86400) == [pytest.approx(2000)]
    assert read(counted, "ModelLatency", "p90", 3600, 2 * 86400) == []


def test_slices_go_after_three_hours(counted):
    from engine.models import TrafficSlice

    counted.count(time.time() - 4 * 3600, 200)
    counted.traffic._pruned = 0
    counted.traffic.flush()
    assert not TrafficSlice.objects.exists()


@pytest.mark.parametrize(
    ("namespace", "metric", "dimensions", "statistic", "match"),
    [
        ("My/Space", "Invocations", BOTH, "Sum", "namespace My/Space .* is not supported"),
        ("AWS/SageMaker", "GPUUtilization", BOTH, "Sum", "metric GPUUtilization .* is not supported"),
        ("AWS/SageMaker", "Invocations", [{"Name": "Host", "Value": "h"}], "Sum", "dimension Host .* is not supported"),
        ("AWS/SageMaker", "Invocations", BOTH[1:], "Sum", "needs the dimension EndpointName"),
        ("AWS/SageMaker", "Invocations", BOTH, "tm90", "statistic tm90 .* is not supported"),
        ("AWS/SageMaker", "Invocations", BOTH, "p101", "statistic p101 .* is not supported"),
    ],
)
def test_what_there_is_not(namespace, metric, dimensions, statistic, match):
    with pytest.raises(AwsError, match=match):
        series(1, namespace, metric, dimensions, statistic)
