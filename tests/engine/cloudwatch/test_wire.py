"""CloudWatch as boto3 and older clients speak it."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

BOTH = [{"Name": "EndpointName", "Value": "e"}, {"Name": "VariantName", "Value": "v"}]
ALARM = {
    "AlarmName": "a", "Namespace": "AWS/SageMaker", "MetricName": "Invocation5XXErrors", "Statistic": "Average",
    "Dimensions": BOTH, "Period": 10, "EvaluationPeriods": 2, "DatapointsToAlarm": 1, "Threshold": 0.05,
    "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching", "AlarmDescription": "Größer ≤ 5 %",
}  # fmt: skip


@pytest.fixture
def cloudwatch(aws):
    return aws.client("cloudwatch")


def refused(call, code: str, match: str, **request) -> None:
    with pytest.raises(ClientError, match=match) as caught:
        call(**request)
    assert caught.value.response["Error"]["Code"] == code


def test_alarm_is_kept_as_it_was_put(cloudwatch, aws):
    cloudwatch.put_metric_alarm(**ALARM)
    (found,) = cloudwatch.describe_alarms(AlarmNames=["a"])["MetricAlarms"]
    assert {key: found[key] for key in ALARM} == ALARM
    assert found["AlarmArn"] == f"arn:aws:cloudwatch:us-east-1:{aws.number}:alarm:a"
    assert found["StateValue"] == "INSUFFICIENT_DATA"
    assert abs(found["AlarmConfigurationUpdatedTimestamp"] - datetime.now(UTC)) < timedelta(seconds=30)
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="because", StateReasonData="{}")
    cloudwatch.put_metric_alarm(**ALARM | {"Threshold": 2.0})
    (found,) = cloudwatch.describe_alarms(AlarmNamePrefix="a", StateValue="OK")["MetricAlarms"]
    assert (found["Threshold"], found["StateReason"], found["StateReasonData"]) == (2.0, "because", "{}")
    cloudwatch.delete_alarms(AlarmNames=["a"])
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_pages_of_alarms(cloudwatch):
    names = [f"n{number}" for number in range(5)] + ["Z", "é"]
    for name in names:
        cloudwatch.put_metric_alarm(**ALARM | {"AlarmName": name})
    pages = cloudwatch.get_paginator("describe_alarms").paginate(PaginationConfig={"PageSize": 2})
    assert [one["AlarmName"] for page in pages for one in page["MetricAlarms"]] == sorted(names)


@pytest.mark.parametrize(
    ("more", "code", "match"),
    [
        ({"Period": 15}, "InvalidParameterValue", "10, 20, 30 or a multiple of 60"),
        ({"Namespace": "Mine"}, "ValidationException", "namespace Mine .* is not supported"),
        ({"AlarmActions": ["arn:aws:sns:us-east-1:1:t"]}, "ValidationException", "AlarmActions .* is not supported"),
        ({"TreatMissingData": "maybe"}, "InvalidParameterValue", "TreatMissingData must be one of"),
        ({"DatapointsToAlarm": 3}, "InvalidParameterValue", "can't be more than EvaluationPeriods"),
        ({"ExtendedStatistic": "p90"}, "InvalidParameterCombination", "Exactly one of Statistic"),
        ({"Period": 3600, "EvaluationPeriods": 200}, "InvalidParameterValue", "at most a day, or seven days"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "ValidationException", "Anomaly detection"),
    ],
)
def test_alarms_that_are_refused(cloudwatch, more, code, match):
    refused(cloudwatch.put_metric_alarm, code, match, **ALARM | more)
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_alarms_that_are_not_there(cloudwatch):
    cloudwatch.put_metric_alarm(**ALARM)
    refused(cloudwatch.delete_alarms, "ResourceNotFound", "Unknown alarm: x", AlarmNames=["x", "a"])
    assert len(cloudwatch.describe_alarms()["MetricAlarms"]) == 1
    refused(cloudwatch.set_alarm_state, "ResourceNotFound", "Unknown alarm: x", AlarmName="x", StateValue="OK",
            StateReason="")  # fmt: skip


def test_what_is_not_built_says_so(cloudwatch):
    point = {"MetricName": "m", "Value": 1.0}
    refused(cloudwatch.put_metric_data, "ValidationException", "PutMetricData is not supported", Namespace="n",
            MetricData=[point])  # fmt: skip


def test_accounts_do_not_see_each_other(cloudwatch, engine):
    from tests.stage import Account

    cloudwatch.put_metric_alarm(**ALARM)
    other = Account(engine, "100000000009").client("cloudwatch")
    assert other.describe_alarms()["MetricAlarms"] == []
    refused(other.delete_alarms, "ResourceNotFound", "Unknown alarm", AlarmNames=["a"])


def test_metrics_of_an_endpoint(cloudwatch, aws):
    from catalog.models import Record
    from engine.hosting.traffic import Traffic

    now = datetime.now(UTC)
    document = {"ProductionVariants": [{"VariantName": "v"}]}
    record = Record.objects.create(
        connection=aws.connection, kind="Endpoint", name="e", arn="", created=now, modified=now, document=document
    )
    traffic = Traffic()
    for status in (200, 200, 500):
        traffic.count(record.id, "v", status, False, 0.01, 0.001, 1, "c")
    traffic.flush()
    span = {"StartTime": now - timedelta(minutes=2), "EndTime": now + timedelta(minutes=2)}
    found = cloudwatch.get_metric_statistics(
        Namespace="AWS/SageMaker", MetricName="ModelLatency", Dimensions=BOTH, Period=3600, Statistics=["SampleCount", "Average"],
        **span,
    )  # fmt: skip
    (point,) = found["Datapoints"]
    assert point["SampleCount"] == 3 and point["Average"] == pytest.approx(10_000)
    assert point["Unit"] == "Microseconds"
    metric = {"Namespace": "AWS/SageMaker", "MetricName": "Invocation5XXErrors", "Dimensions": BOTH}
    query = {"Id": "q", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Average"}}
    (result,) = cloudwatch.get_metric_data(MetricDataQueries=[query], **span)["MetricDataResults"]
    assert result["Values"] == [pytest.approx(1 / 3)] and result["StatusCode"] == "Complete"
    listed = cloudwatch.list_metrics(Namespace="AWS/SageMaker", MetricName="Invocations")["Metrics"]
    assert listed == [{"Namespace": "AWS/SageMaker", "MetricName": "Invocations", "Dimensions": BOTH}]


def test_older_clients_speak_json_and_query(aws, raw):
    aws.client("cloudwatch").put_metric_alarm(**ALARM)
    how = {"service": "monitoring"}
    answer = raw.call("GraniteServiceVersion20100801.DescribeAlarms", b'{"AlarmNames": ["a"]}', **how)
    assert answer.json()["MetricAlarms"][0]["AlarmName"] == "a"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = b"Action=DescribeAlarms&Version=2010-08-01&AlarmNames.member.1=a"
    text = raw.send(raw.signed(body, headers=form, **how)).text
    assert "<MetricAlarms><member><AlarmName>a</AlarmName>" in text
    refused_form = raw.send(raw.signed(b"Action=DeleteAlarms&AlarmNames.member.1=x", headers=form, **how))
    assert refused_form.status_code == 404 and "<Code>ResourceNotFound</Code>" in refused_form.text


@pytest.mark.parametrize(
    "body",
    [
        b"\xff",
        b"\xa1",
        b"\x81\x01",
        b"\xbf\x61a",
        b"\xa1\x63ab",
        b"\x9f" * 100,
        b"\xa1\x61a\xf8\x99",
        b"\x1c",
        b"x" * 50,
    ],
)
def test_broken_cbor_is_refused(raw, body):
    headers = {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
    path = "/service/GraniteServiceVersion20100801/operation/DescribeAlarms"
    answer = raw.send(raw.signed(body, service="monitoring", headers=headers, path=path))
    assert answer.status_code == 400
    assert b"SerializationException" in answer.content


def test_who_may_what(cast, aws):
    aws.client("cloudwatch").put_metric_alarm(**ALARM)
    viewer, outsider = cast.vera.client("cloudwatch"), cast.charlie.client("cloudwatch")
    assert len(viewer.describe_alarms()["MetricAlarms"]) == 1
    state = {"AlarmName": "a", "StateValue": "ALARM", "StateReason": "x"}
    refused(viewer.set_alarm_state, "AccessDeniedException", "allows update_alarm", **state)
    refused(viewer.put_metric_alarm, "AccessDeniedException", "allows update_alarm", **ALARM)
    refused(viewer.delete_alarms, "AccessDeniedException", "allows delete_alarm", AlarmNames=["a"])
    refused(outsider.describe_alarms, "AccessDeniedException", "allows view_alarm")
    cast.alice.client("cloudwatch").set_alarm_state(**state)
    assert viewer.describe_alarms()["MetricAlarms"][0]["StateValue"] == "ALARM"
