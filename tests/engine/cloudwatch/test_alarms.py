"""When an alarm is raised, and what it says."""

import json
import time

import pytest

from catalog.models import Event
from engine.cloudwatch import alarms
from engine.cloudwatch.alarms import Watch, decide
from engine.models import Alarm

START = time.time() // 600 * 600 - 600
LETTERS = {"X": 1.0, "0": 0.0, "-": None}


def settings(**more) -> dict:
    return {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 0.5, "EvaluationPeriods": 3, **more}


@pytest.mark.parametrize(
    ("points", "needed", "missing", "ignore", "breaching", "not_breaching"),
    [  # the tables of AWS's page on missing data; "kept" is the state before
        ("0-X-X", 3, "OK", "OK", "OK", "OK"),
        ("0----", 3, "OK", "OK", "OK", "OK"),
        ("-----", 3, "INSUFFICIENT_DATA", "kept", "ALARM", "OK"),
        ("0XX-X", 3, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("--X--", 3, "ALARM", "kept", "ALARM", "OK"),
        ("0-X-X", 2, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("00X0X", 2, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("0-X--", 2, "OK", "OK", "ALARM", "OK"),
        ("----0", 2, "OK", "OK", "ALARM", "OK"),
        ("---X-", 2, "ALARM", "kept", "ALARM", "OK"),
    ],
)
def test_states_by_points(points, needed, missing, ignore, breaching, not_breaching):
    given = [LETTERS[letter] for letter in points]
    treated = {"missing": missing, "ignore": ignore, "breaching": breaching, "notBreaching": not_breaching}
    for treatment, expected in treated.items():
        found = decide(given, settings(DatapointsToAlarm=needed, TreatMissingData=treatment), "kept")
        assert found == expected, treatment


@pytest.mark.parametrize(
    ("operator", "value", "state"),
    [("GreaterThanThreshold", 0.5, "OK"), ("GreaterThanOrEqualToThreshold", 0.5, "ALARM"),
     ("LessThanThreshold", 0.4, "ALARM"), ("LessThanOrEqualToThreshold", 0.6, "OK")],
)  # fmt: skip
def test_operators(operator, value, state):
    assert decide([value], settings(ComparisonOperator=operator, EvaluationPeriods=1), "OK") == state


def state_of(alarm: Alarm) -> tuple[str, str]:
    alarm.refresh_from_db()
    return alarm.state, alarm.reason


def look(at: float, *watches: Watch) -> dict:
    alarms._looked[0] = 0.0
    return alarms.check(at, list(watches))


def test_alarm_goes_up_and_down_and_tells(counted):
    alarm = counted.alarm(TreatMissingData="notBreaching")
    counted.count(START, *[200] * 8, 500, 500)
    look(START + 5)
    assert state_of(alarm)[0] == "OK"  # the period isn't over: an average may still fall
    look(START + 14)
    state, reason = state_of(alarm)
    assert state == "ALARM"
    assert reason.startswith(
        "Threshold Crossed: 1 out of the last 1 datapoints of Invocation5XXErrors (Average, 10 seconds) [0.2 ("
    )
    assert reason.endswith("was greater than the threshold (0.1).")
    assert json.loads(alarm.data)["recentDatapoints"] == [0.2]
    look(START + 24)
    assert state_of(alarm)[0] == "ALARM"  # while periods are missing, those before them count
    look(START + 44)
    assert state_of(alarm)[0] == "OK"
    told = Event.objects.filter(connection=counted.connection, detail_type="CloudWatch Alarm State Change")
    states = [(one.detail["previousState"]["value"], one.detail["state"]["value"]) for one in told.order_by("id")]
    assert states == [("INSUFFICIENT_DATA", "OK"), ("OK", "ALARM"), ("ALARM", "OK")]
    assert told.first().resources == ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:a"]
    assert told.first().source == "aws.cloudwatch"


def test_what_can_only_grow_is_raised_in_the_open_period(counted):
    alarm = counted.alarm(Statistic="Sum", Threshold=1, Period=60, TreatMissingData="notBreaching")
    counted.count(START, 500, 500)
    look(START + 5)
    assert state_of(alarm)[0] == "ALARM"


def test_percentile_of_latency(counted):
    alarm = counted.alarm(MetricName="ModelLatency", Threshold=50_000, Statistic=None, ExtendedStatistic="p90")
    counted.count(START, *[200] * 20, latency=0.01)
    look(START + 14)
    assert state_of(alarm)[0] == "OK"
    counted.count(START + 10, *[200] * 17, latency=0.01)
    counted.count(START + 10, *[200] * 3, latency=0.2)
    look(START + 24)
    assert state_of(alarm)[0] == "ALARM"


def test_guarding_alarm_measures_the_new_servers_only(counted):
    alarm = counted.alarm(TreatMissingData="notBreaching")
    watch = Watch(counted.connection.id, "a", "e", fleet=2, since=START + 15)
    counted.count(START, *[500] * 10, fleet=1)
    look(START + 14)
    assert state_of(alarm)[0] == "ALARM"  # the old servers failed, before
    counted.count(START + 10, *[200] * 90, fleet=1)
    assert look(START + 16, watch) == {}
    assert state_of(alarm)[0] == "OK"
    counted.count(START + 17, *[200] * 9, 500, 500, fleet=2)
    found = look(START + 24, watch)
    assert "Alarm a is in ALARM" in found[watch] and "[0.181818 (" in found[watch]
    whole = counted.alarm("whole", TreatMissingData="notBreaching")
    look(START + 24)
    assert state_of(whole)[0] == "OK"  # 2 of 101


def test_alarm_set_by_hand_counts_while_it_guards(counted):
    alarm = counted.alarm(TreatMissingData="notBreaching")
    watch = Watch(counted.connection.id, "a", "e", fleet=2, since=START)
    assert look(START + 5, watch) == {}
    alarm.refresh_from_db()
    alarms.change(alarm, "ALARM", "Rolled back by hand.", "", START + 6)
    assert look(START + 7, watch) == {watch: "Alarm a is in ALARM: Rolled back by hand."}


def test_alarm_that_is_gone_no_longer_guards(counted):
    watch = Watch(counted.connection.id, "gone", "e", fleet=2, since=START)
    assert "gone was deleted during the deployment" in look(START + 5, watch)[watch]


def test_alarm_changed_by_somebody_else_is_left_alone(counted):
    alarm = counted.alarm()
    Alarm.objects.filter(id=alarm.id).update(state="ALARM")
    assert not alarms.change(alarm, "OK", "", "", START)
    assert state_of(alarm)[0] == "ALARM"


def test_one_alarm_that_fails_does_not_stop_the_others(counted):
    broken = counted.alarm("broken", Period="ten")
    good = counted.alarm("good", TreatMissingData="notBreaching")
    look(START)
    assert state_of(broken)[0] == "INSUFFICIENT_DATA" and state_of(good)[0] == "OK"
