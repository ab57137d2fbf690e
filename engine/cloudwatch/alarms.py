"""Alarms, evaluated as CloudWatch does (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html).

The runner calls ``check`` every second. An alarm is looked at when a period of it may have ended; one that guards a
deployment under way at every call, and then it measures what the deployment's new servers do, and nothing else.
"""

import json
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Q

from catalog import events
from engine.cloudwatch.series import LAG, Series, series, values
from engine.errors import invalid
from engine.hosting.traffic import SECONDS
from engine.models import Alarm

EVERY = 10.0  # seconds between two looks at an alarm that guards nothing
EXTRA = 2  # periods beyond EvaluationPeriods that are looked at where some are missing
RAISING = ("GreaterThanOrEqualToThreshold", "GreaterThanThreshold")
BREACHES = {
    "GreaterThanOrEqualToThreshold": (float.__ge__, "greater than or equal to"),
    "GreaterThanThreshold": (float.__gt__, "greater than"),
    "LessThanThreshold": (float.__lt__, "less than"),
    "LessThanOrEqualToThreshold": (float.__le__, "less than or equal to"),
}

log = logging.getLogger(__name__)
_looked = {0: 0.0}  # when all were looked at


@dataclass(frozen=True)
class Watch:
    """An alarm that guards a deployment: of which endpoint, which servers are new, since when they get traffic."""

    connection: int
    alarm: str
    endpoint: str
    fleet: int
    since: float  # epoch seconds


def check(now: float, watches: list[Watch]) -> dict[Watch, str]:
    """Evaluate what is due. Returns why, for each watch whose alarm is raised, or gone."""
    guarding = Q(pk__in=[])
    for watch in watches:
        guarding |= Q(connection=watch.connection, name=watch.alarm)
    found = {(alarm.connection_id, alarm.name): alarm for alarm in _read(guarding)} if watches else {}
    raised = {}
    for watch in watches:
        alarm = found.get((watch.connection, watch.alarm))
        if alarm is None:
            raised[watch] = f"The alarm {watch.alarm} was deleted during the deployment."
        elif alarm.state == Alarm.ALARM and (not _measures(alarm, watch) or alarm.changed.timestamp() >= watch.since):
            raised[watch] = f"Alarm {alarm.name} is in ALARM: {alarm.reason}"
        elif (outcome := _evaluate(alarm, now, watch)) and outcome[0] == Alarm.ALARM:
            raised[watch] = f"Alarm {alarm.name} is in ALARM: {outcome[1]}"
    if now - _looked[0] >= EVERY:
        _looked[0] = now
        for alarm in _read(~guarding if watches else Q()):
            _evaluate(alarm, now)
    return raised


def _read(condition: Q):
    return Alarm.objects.filter(condition).select_related("connection")


def _measures(alarm: Alarm, watch: Watch) -> bool:
    return {"Name": "EndpointName", "Value": watch.endpoint} in alarm.settings.get("Dimensions", ())


def _evaluate(alarm: Alarm, now: float, watch: Watch | None = None) -> tuple[str, str] | None:
    """The alarm's state and reason, by the numbers; kept if it is another than before. None if it can't be told."""
    try:
        if watch and not _measures(alarm, watch):
            watch = None
        state, reason, data = measure(alarm, now, watch)
        if state != alarm.state:
            change(alarm, state, reason, data, now)
        return state, reason
    except Exception:
        log.exception("Alarm %s of connection %s can't be evaluated", alarm.name, alarm.connection_id)
        return None


def measure(alarm: Alarm, now: float, watch: Watch | None = None) -> tuple[str, str, dict]:
    """State, reason and the numbers behind it, at ``now``."""
    settings = alarm.settings
    period, wanted = settings["Period"], settings["EvaluationPeriods"]
    asked = series_of(alarm, watch.fleet if watch else None)
    base = int(watch.since) // SECONDS * SECONDS if watch else 0
    ended = base + int(now - LAG - base) // period * period  # the newest period that is over
    first = max(base, ended - (wanted + EXTRA) * period)
    found = values(asked, period, first, max(ended + period, first), now)
    starts = list(range(first, ended, period))
    if _can_only_grow(settings, asked) and _breaches(settings, found.get(ended)):
        starts.append(ended)  # the open period: nothing that is still to come in it can bring the number down
    points = [found.get(start) for start in starts]
    current = alarm.state if watch is None or alarm.changed.timestamp() >= watch.since else Alarm.INSUFFICIENT
    state = decide(points, settings, current)
    return state, *_reason(state, settings, asked, [(start, found[start]) for start in starts if start in found], now)


def decide(points: list[float | None], settings: dict, current: str) -> str:
    """The state by the newest periods, oldest first, None where a period has no data."""
    wanted = settings["EvaluationPeriods"]
    needed = settings.get("DatapointsToAlarm") or wanted
    ages = [age for age, point in enumerate(reversed(points), 1) if point is not None][:wanted]  # newest first
    breaching = [age for age in ages if _breaches(settings, points[-age])]
    if len(breaching) >= needed:
        return Alarm.ALARM
    if len(breaching) + wanted - len(ages) < needed:  # whatever the missing ones would have been
        return Alarm.OK
    treatment = settings.get("TreatMissingData") or "missing"
    if treatment in ("breaching", "notBreaching"):
        return Alarm.ALARM if treatment == "breaching" else Alarm.OK
    if not ages:
        return current if treatment == "ignore" else Alarm.INSUFFICIENT
    if len(breaching) == len(ages) and ages[-1] >= needed:  # nothing but breaches for long enough
        return current if treatment == "ignore" else Alarm.ALARM
    return Alarm.OK


def change(alarm: Alarm, state: str, reason: str, data: dict | str, now: float) -> bool:
    """Put the alarm into a state and tell of it. False if somebody else has changed it since it was read."""
    before = {"value": alarm.state, "reason": alarm.reason, "timestamp": _time(alarm.changed.timestamp())}
    data = data if isinstance(data, str) else json.dumps(data)
    moment = datetime.fromtimestamp(now, UTC)
    with transaction.atomic():
        mine = Alarm.objects.filter(id=alarm.id, state=alarm.state, changed=alarm.changed)
        if not mine.update(state=state, reason=reason[:1023], data=data, changed=moment):
            return False
        detail = {
            "alarmName": alarm.name,
            "configuration": {
                "metrics": [_metric_of(alarm)],
                "description": alarm.settings.get("AlarmDescription", ""),
            },
            "previousState": before,
            "state": {"value": state, "reason": reason, "reasonData": data, "timestamp": _time(now)},
        }
        events.emit(
            alarm.connection, "CloudWatch Alarm State Change", detail, resources=[alarm.arn], source="aws.cloudwatch",
            time=now,
        )  # fmt: skip
    return True


def require(connection: int, names: list[str]) -> None:
    """Refuse a deployment that names an alarm which isn't there."""
    there = set(Alarm.objects.filter(connection=connection, name__in=names).values_list("name", flat=True))
    if absent := sorted(set(names) - there):
        raise invalid(f"Could not find CloudWatch alarm {absent[0]}: make it before the deployment that it guards.")


def series_of(alarm: Alarm, fleet: int | None = None) -> Series:
    settings = alarm.settings
    statistic = settings.get("Statistic") or settings["ExtendedStatistic"]
    return series(
        alarm.connection_id,
        settings["Namespace"],
        settings["MetricName"],
        settings.get("Dimensions", []),
        statistic,
        fleet,
    )


def _can_only_grow(settings: dict, asked: Series) -> bool:
    return settings["ComparisonOperator"] in RAISING and asked.statistic in ("Sum", "SampleCount", "Maximum")


def _breaches(settings: dict, value: float | None) -> bool:
    if value is None:
        return False
    return BREACHES[settings["ComparisonOperator"]][0](float(value), float(settings["Threshold"]))


def _reason(state: str, settings: dict, asked: Series, found: list[tuple[int, float]], now: float) -> tuple[str, dict]:
    recent = found[-settings["EvaluationPeriods"] :]
    data = {
        "version": "1.0", "queryDate": _time(now), "statistic": asked.statistic, "period": settings["Period"],
        "recentDatapoints": [value for _, value in recent], "threshold": settings["Threshold"],
    }  # fmt: skip
    wanted = settings["EvaluationPeriods"]
    if not recent:
        treated = {"breaching": " and missing data is breaching", "notBreaching": " and missing data is not breaching"}
        why = treated.get(settings.get("TreatMissingData", ""), "")
        return f"No datapoints were received for {wanted} period{'s' if wanted > 1 else ''}{why}.", data
    over = [one for one in recent if _breaches(settings, one[1])]
    shown = over if state == Alarm.ALARM and over else recent
    listed = ", ".join(f"{value:.6g} ({time.strftime('%d/%m/%y %H:%M:%S', time.gmtime(at))})" for at, value in shown)
    words, was = BREACHES[settings["ComparisonOperator"]][1], "was" if len(shown) == 1 else "were"
    verdict = words if state == Alarm.ALARM else f"not {words}"
    of = f"{asked.metric} ({asked.statistic}, {settings['Period']} seconds)"
    text = (
        f"Threshold Crossed: {len(shown)} out of the last {wanted} datapoints of {of} [{listed}] {was} {verdict} "
        f"the threshold ({settings['Threshold']:g})."
    )
    return text, data


def _metric_of(alarm: Alarm) -> dict:
    settings = alarm.settings
    dimensions = {one["Name"]: one["Value"] for one in settings.get("Dimensions", ())}
    metric = {"namespace": settings["Namespace"], "name": settings["MetricName"], "dimensions": dimensions}
    stat = settings.get("Statistic") or settings["ExtendedStatistic"]
    return {
        "id": "m1",
        "metricStat": {"metric": metric, "period": settings["Period"], "stat": stat},
        "returnData": True,
    }


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
