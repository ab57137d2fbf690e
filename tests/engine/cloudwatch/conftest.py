"""An endpoint's record and a data plane's counter, with a clock to set."""

import time
from datetime import UTC, datetime

import pytest

from catalog.models import Connection, Record
from engine.hosting.traffic import Traffic
from engine.models import Alarm
from tests.engine.wire.conftest import Raw


class Counted:
    """An endpoint ``e`` with the variant ``v``, and what is counted of it."""

    def __init__(self, monkeypatch):
        now = datetime.now(UTC)
        self.connection = Connection.objects.create(
            name="watched", backend="embedded", account="123456789012", region="us-east-1"
        )
        self.record = Record.objects.create(
            connection=self.connection, kind="Endpoint", name="e", arn="", created=now, modified=now
        )
        self.traffic, self.monkeypatch = Traffic(), monkeypatch
        monkeypatch.setattr("engine.hosting.traffic.connections.close_all", lambda: None)

    def count(self, at: float, *statuses: int, fleet: int = 1, config: str = "c", latency: float = 0.01) -> None:
        """Invocations that ended with these statuses at a time (epoch seconds)."""
        with self.monkeypatch.context() as patch:
            patch.setattr("engine.hosting.traffic.time", Clock(at))
            for status in statuses:
                self.traffic.count(self.record.id, "v", status, status >= 400, latency, 0.001, fleet, config)
            self.traffic.flush()

    def alarm(self, name: str = "a", **settings) -> Alarm:
        base = {
            "Namespace": "AWS/SageMaker", "MetricName": "Invocation5XXErrors", "Statistic": "Average", "Period": 10,
            "EvaluationPeriods": 1, "Threshold": 0.1, "ComparisonOperator": "GreaterThanThreshold",
            "Dimensions": [{"Name": "EndpointName", "Value": "e"}, {"Name": "VariantName", "Value": "v"}],
        }  # fmt: skip
        now = datetime.fromtimestamp(0, UTC)
        return Alarm.objects.create(
            connection=self.connection, name=name, settings=base | settings, configured=now, changed=now
        )


class Clock:
    """``time`` as a module has it, standing still."""

    monotonic = staticmethod(time.monotonic)

    def __init__(self, at: float):
        self.at = at

    def time(self) -> float:
        return self.at


@pytest.fixture
def counted(db, monkeypatch) -> Counted:
    return Counted(monkeypatch)


@pytest.fixture
def raw(aws) -> Raw:
    return Raw(aws)
