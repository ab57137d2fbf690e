"""CloudWatch as far as deployments need it: metric alarms on endpoints, and the metrics that they are about."""

from datetime import UTC, datetime

from engine.cloudwatch import alarms
from engine.cloudwatch.series import METRICS, NAMESPACE, SIMPLE, series, values
from engine.context import Context
from engine.errors import AwsError, unsupported
from engine.models import Alarm
from engine.operations import operation

LATER = {  # members of PutMetricAlarm that nothing here would act on
    "Metrics": "Metric math in an alarm (Metrics)",
    "ThresholdMetricId": "Anomaly detection (ThresholdMetricId)",
    "OKActions": "OKActions (a change of state becomes an event)",
    "AlarmActions": "AlarmActions (a change of state becomes an event)",
    "InsufficientDataActions": "InsufficientDataActions (a change of state becomes an event)",
    "Tags": "Tags of an alarm",
    "EvaluationWindow": "EvaluationWindow",
    "WarmUpConfiguration": "WarmUpConfiguration",
    "EvaluationCriteria": "EvaluationCriteria",
    "EvaluationInterval": "EvaluationInterval",
    "ActionConfiguration": "ActionConfiguration",
    "Unit": "Unit of an alarm",
}
NEEDED = ("MetricName", "Namespace", "Period", "Threshold")
TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
SHORT = (10, 20, 30)  # seconds: the periods below a minute
DAY = 86400
EXACT = 3 * 3600  # seconds back that every statistic is kept
POINTS = 1440  # of one GetMetricStatistics


@operation("PutMetricAlarm", service="cloudwatch")
def put_metric_alarm(context: Context, request: dict) -> None:
    """Make an alarm, or change one: its state stays until it is evaluated anew."""
    for member, what in LATER.items():
        if request.get(member):
            raise unsupported(what)
    for member in NEEDED:
        if request.get(member) is None:
            raise AwsError("MissingParameter", f"The parameter {member} is required.")
    statistic = _statistic(request)
    _check_period(request["Period"])
    if request["ComparisonOperator"] not in alarms.BREACHES:
        raise unsupported(f"Anomaly detection ({request['ComparisonOperator']})")
    if request.get("TreatMissingData", "missing") not in TREATMENTS:
        raise wrong(f"TreatMissingData must be one of {', '.join(TREATMENTS)}.")
    if request.get("EvaluateLowSampleCountPercentile", "evaluate") != "evaluate":
        raise unsupported("EvaluateLowSampleCountPercentile other than evaluate")
    if request.get("DatapointsToAlarm", 1) > request["EvaluationPeriods"]:
        raise wrong("DatapointsToAlarm can't be more than EvaluationPeriods.")
    span = request["Period"] * request["EvaluationPeriods"]
    if span > (DAY if request["Period"] < 3600 else 7 * DAY):
        raise wrong(
            "Period times EvaluationPeriods must be at most a day, or seven days for periods of an hour or more."
        )
    if span > EXACT and statistic not in ("Sum", "Average", "SampleCount"):
        raise unsupported(f"An alarm on {statistic} over more than three hours")
    series(context.connection.id, request["Namespace"], request["MetricName"], request.get("Dimensions", []), statistic)
    now = datetime.fromtimestamp(context.now, UTC)
    settings = {key: value for key, value in request.items() if key != "AlarmName"}
    Alarm.objects.update_or_create(
        connection_id=context.connection.id, name=request["AlarmName"],
        defaults={"settings": settings, "configured": now}, create_defaults={
            "settings": settings, "configured": now, "changed": now,
        },
    )  # fmt: skip


@operation("DescribeAlarms", service="cloudwatch")
def describe_alarms(context: Context, request: dict) -> dict:
    """Metric alarms by name. There are no composite and no log alarms here."""
    rows = Alarm.objects.filter(connection_id=context.connection.id).select_related("connection").order_by("name")
    rows = context.access.visible(rows, "Alarm")
    if "AlarmTypes" in request and "MetricAlarm" not in request["AlarmTypes"]:
        rows = rows.none()
    if any(request.get(member) for member in ("ChildrenOfAlarmName", "ParentsOfAlarmName", "ActionPrefix")):
        rows = rows.none()  # only composite alarms have children, and no alarm here has actions
    if "AlarmNames" in request:
        rows = rows.filter(name__in=request["AlarmNames"])
    if prefix := request.get("AlarmNamePrefix"):
        rows = rows.filter(name__gte=prefix, name__lt=prefix + "\U0010ffff")
    if state := request.get("StateValue"):
        rows = rows.filter(state=state)
    if after := request.get("NextToken"):
        rows = rows.filter(name__gt=after)
    limit = request.get("MaxRecords", 50 if "AlarmNames" not in request else 100)
    found = list(rows[: limit + 1])
    answer = {"MetricAlarms": [_describe(alarm) for alarm in found[:limit]], "CompositeAlarms": []}
    return answer | ({"NextToken": found[limit - 1].name} if len(found) > limit else {})


@operation("DeleteAlarms", service="cloudwatch")
def delete_alarms(context: Context, request: dict) -> None:
    """Delete alarms, all or none. One that guards a deployment under way takes the deployment back."""
    names = set(request["AlarmNames"])
    rows = Alarm.objects.filter(connection_id=context.connection.id, name__in=names)
    if absent := sorted(names - set(rows.values_list("name", flat=True))):
        raise AwsError("ResourceNotFound", f"Unknown alarm: {', '.join(absent)}.", 404)
    rows.delete()


@operation("SetAlarmState", service="cloudwatch")
def set_alarm_state(context: Context, request: dict) -> None:
    """Put an alarm into a state by hand; the next evaluation puts it right again."""
    rows = Alarm.objects.select_for_update().filter(connection_id=context.connection.id, name=request["AlarmName"])
    alarm = rows.first()
    if alarm is None:
        raise AwsError("ResourceNotFound", f"Unknown alarm: {request['AlarmName']}.", 404)
    alarms.change(alarm, request["StateValue"], request["StateReason"], request.get("StateReasonData", ""), context.now)


@operation("GetMetricStatistics", service="cloudwatch")
def get_metric_statistics(context: Context, request: dict) -> dict:
    """Values of one metric by period. Datapoints are in order of time; periods begin at multiples of the period."""
    statistics = [*request.get("Statistics", ()), *request.get("ExtendedStatistics", ())]
    if not statistics:
        raise AwsError("MissingParameter", "At least one of Statistics and ExtendedStatistics is required.")
    period, start, end = _span(request["Period"], request["StartTime"], request["EndTime"])
    if (end - start) / period > POINTS:
        raise AwsError(
            "InvalidParameterCombination",
            f"You have requested up to {int((end - start) / period)} datapoints, which exceeds the limit of {POINTS}.",
        )
    points: dict[int, dict] = {}
    for statistic in statistics:
        asked = series(
            context.connection.id, request["Namespace"], request["MetricName"], request.get("Dimensions", []), statistic
        )
        for at, value in values(asked, period, start, end, context.now).items():
            point = points.setdefault(at, {"Timestamp": float(at), "Unit": asked.unit})
            if statistic in SIMPLE:
                point[statistic] = value
            else:
                point.setdefault("ExtendedStatistics", {})[statistic] = value
    return {"Label": request["MetricName"], "Datapoints": [points[at] for at in sorted(points)]}


@operation("GetMetricData", service="cloudwatch")
def get_metric_data(context: Context, request: dict) -> dict:
    """Values of several metrics at once, all on one page."""
    results = []
    for query in request["MetricDataQueries"]:
        if query.get("Expression"):
            raise unsupported(f"Metric math (the Expression of {query['Id']})")
        if not query.get("MetricStat"):
            raise wrong(f"The query {query['Id']} needs a MetricStat.")
        stat, metric = query["MetricStat"], query["MetricStat"]["Metric"]
        asked = series(
            context.connection.id, metric.get("Namespace", ""), metric.get("MetricName", ""), metric.get("Dimensions", []),
            stat["Stat"],
        )  # fmt: skip
        period, start, end = _span(stat["Period"], request["StartTime"], request["EndTime"])
        found = values(asked, period, start, end, context.now)
        is_forward = request.get("ScanBy") == "TimestampAscending"
        order = sorted(found, reverse=not is_forward)
        if query.get("ReturnData", True):
            results.append({
                "Id": query["Id"], "Label": query.get("Label") or asked.metric, "StatusCode": "Complete",
                "Timestamps": [float(at) for at in order], "Values": [found[at] for at in order],
            })  # fmt: skip
    return {"MetricDataResults": results, "Messages": []}


@operation("ListMetrics", service="cloudwatch")
def list_metrics(context: Context, request: dict) -> dict:
    """The metrics of every endpoint that is there."""
    from areas import index
    from catalog.models import Record

    if request.get("Namespace", NAMESPACE) != NAMESPACE:
        return {"Metrics": []}
    wanted = {one["Name"]: one.get("Value") for one in request.get("Dimensions", ())}
    noun = index.resources()["Endpoint"].noun
    rows = context.access.visible(Record.objects.filter(connection_id=context.connection.id, kind=noun), noun)
    found = []
    for name, document in rows.order_by("name").values_list("name", "document"):
        for variant in document.get("ProductionVariants", ()):
            has = {"EndpointName": name, "VariantName": variant["VariantName"]}
            if all(key in has and value in (None, has[key]) for key, value in wanted.items()):
                found += [_metric(metric, has) for metric in METRICS if request.get("MetricName", metric) == metric]
    first = int(request.get("NextToken") or 0)
    answer = {"Metrics": found[first : first + 500]}
    return answer | ({"NextToken": str(first + 500)} if len(found) > first + 500 else {})


def wrong(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)


def _describe(alarm: Alarm) -> dict:
    changed = alarm.changed.timestamp()
    found = {
        "AlarmName": alarm.name, "AlarmArn": alarm.arn, "ActionsEnabled": True, "OKActions": [], "AlarmActions": [],
        "InsufficientDataActions": [], "Dimensions": [], **alarm.settings,
        "AlarmConfigurationUpdatedTimestamp": alarm.configured.timestamp(), "StateValue": alarm.state,
        "StateReason": alarm.reason, "StateUpdatedTimestamp": changed, "StateTransitionedTimestamp": changed,
    }  # fmt: skip
    return found | ({"StateReasonData": alarm.data} if alarm.data else {})


def _metric(name: str, dimensions: dict[str, str]) -> dict:
    shown = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    return {"Namespace": NAMESPACE, "MetricName": name, "Dimensions": shown}


def _statistic(request: dict) -> str:
    one, other = request.get("Statistic"), request.get("ExtendedStatistic")
    if bool(one) == bool(other):
        raise AwsError("InvalidParameterCombination", "Exactly one of Statistic and ExtendedStatistic must be given.")
    return one or other


def _check_period(period: int) -> None:
    if period not in SHORT and period % 60:
        raise wrong("Period must be 10, 20, 30 or a multiple of 60 seconds.")


def _span(period: int, start: float, end: float) -> tuple[int, int, int]:
    """The period, and start and end moved out to whole periods."""
    _check_period(period)
    if end <= start:
        raise wrong("The parameter EndTime must be after StartTime.")
    return period, int(start) // period * period, -(-int(end) // period) * period
