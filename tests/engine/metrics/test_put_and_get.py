"""sagemaker-metrics over the wire: points of trial components, and aggregates of them."""

import json
import math
from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def component(aws):
    """The ARN of a component called ``run-1``."""
    return aws.client("sagemaker").create_trial_component(TrialComponentName="run-1")["TrialComponentArn"]


def datum(name, value, step=None, seconds=0.0):
    found = {"MetricName": name, "Value": value, "Timestamp": NOW.timestamp() + seconds}
    return found if step is None else found | {"Step": step}


def put(aws, *data, name="run-1"):
    return aws.client("sagemaker-metrics").batch_put_metrics(TrialComponentName=name, MetricData=list(data))


def get(aws, arn, stat="Last", period="IterationNumber", axis="IterationNumber", metric="loss", **more):
    query = {"MetricName": metric, "ResourceArn": arn, "MetricStat": stat, "Period": period, "XAxisType": axis, **more}
    return aws.client("sagemaker-metrics").batch_get_metrics(MetricQueries=[query])["MetricQueryResults"][0]


def raw(aws, method, path, body):
    """An answer to a request as no SDK would send it."""
    request = AWSRequest(
        method, f"{aws.engine.url}{path}", data=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    SigV4Auth(Credentials(aws.key.key_id, aws.key.secret), "sagemaker", "us-east-1").add_auth(request)
    return URLLib3Session().send(request.prepare())


def test_points_come_back_by_step(aws, component):
    assert "Errors" not in put(aws, *(datum("loss", 1 / (i + 1), i, i) for i in range(10)))
    found = get(aws, component)
    assert found["Status"] == "Complete" and found["XAxisValues"] == list(range(10))
    assert found["MetricValues"] == [1 / (i + 1) for i in range(10)]
    assert get(aws, component, Start=3, End=5)["XAxisValues"] == [3, 4, 5]


def test_the_component_tells_their_sums(aws, component):
    for i, value in enumerate((4.0, 1.0, 3.0)):
        put(aws, datum("loss", value, i))
    [found] = aws.client("sagemaker").describe_trial_component(TrialComponentName="run-1")["Metrics"]
    assert (found["Count"], found["Min"], found["Max"], found["Last"]) == (3, 1.0, 4.0, 3.0)


def test_a_timestamp_may_be_text_and_an_impossible_one_is_named(aws, component):
    data = [
        {"MetricName": "loss", "Value": 0.5, "Timestamp": str(int(NOW.timestamp())), "Step": 1},
        {"MetricName": "loss", "Value": 0.4, "Timestamp": int(NOW.timestamp() * 1000), "Step": 2},
    ]
    answer = raw(aws, "PUT", "/BatchPutMetrics", {"TrialComponentName": "run-1", "MetricData": data})
    assert answer.status_code == 200
    assert json.loads(answer.content) == {"Errors": [{"Code": "VALIDATION_ERROR", "MetricIndex": 1}]}
    assert get(aws, component)["XAxisValues"] == [1]


def test_from_one_to_ten_data_of_a_component_that_is_there(aws, component, cast):
    eleven = {"TrialComponentName": "run-1", "MetricData": [datum("loss", 1.0, i) for i in range(11)]}
    answer = raw(aws, "PUT", "/BatchPutMetrics", eleven)
    assert answer.status_code == 400 and b"less than or equal to 10" in answer.content
    assert raw(aws, "PUT", "/BatchPutMetrics", {"TrialComponentName": "run-1", "MetricData": []}).status_code == 400
    assert raw(aws, "PUT", "/BatchPutMetrics", {"MetricData": [datum("loss", 1.0)]}).status_code == 400
    negative = {"TrialComponentName": "run-1", "MetricData": [datum("loss", 1.0, -1)]}
    assert raw(aws, "PUT", "/BatchPutMetrics", negative).status_code == 400
    with pytest.raises(ClientError, match="no-such"):
        put(aws, datum("loss", 1.0), name="no-such")
    other_region = aws.client("sagemaker-metrics", region="eu-west-1")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        other_region.batch_put_metrics(TrialComponentName="run-1", MetricData=[datum("loss", 1.0)])


def test_who_may_not_is_refused(aws, component, cast):
    put(aws, datum("loss", 1.0, 1))
    for person in (cast.vera, cast.charlie):
        with pytest.raises(ClientError, match="AccessDenied"):
            person.client("sagemaker-metrics").batch_put_metrics(
                TrialComponentName="run-1", MetricData=[datum("loss", 2.0, 2)]
            )
    query = {"MetricName": "loss", "ResourceArn": component, "MetricStat": "Last", "Period": "IterationNumber",
             "XAxisType": "IterationNumber"}  # fmt: skip
    with pytest.raises(ClientError, match="AccessDenied"):
        cast.charlie.client("sagemaker-metrics").batch_get_metrics(MetricQueries=[query])
    seen = cast.vera.client("sagemaker-metrics").batch_get_metrics(MetricQueries=[query])
    assert seen["MetricQueryResults"][0]["MetricValues"] == [1.0]
    cast.alice.client("sagemaker-metrics").batch_put_metrics(
        TrialComponentName="run-1", MetricData=[datum("loss", 3.0, 3)]
    )
    assert get(aws, component)["MetricValues"] == [1.0, 3.0]


def test_statistics_by_minute(aws, component):
    values = [(0, 1.0), (20, 3.0), (40, 8.0), (70, 5.0), (3700, 2.0)]
    put(aws, *(datum("loss", value, i, seconds) for i, (seconds, value) in enumerate(values)))
    start = int(NOW.timestamp())
    axis = {"period": "OneMinute", "axis": "Timestamp"}
    expected = {
        "Min": [1, 5, 2], "Max": [8, 5, 2], "Avg": [4, 5, 2], "Count": [3, 1, 1], "Last": [8, 5, 2],
        "StdDev": [math.sqrt(26 / 3), 0, 0],
    }  # fmt: skip
    for stat, numbers in expected.items():
        found = get(aws, component, stat, **axis)
        assert found["XAxisValues"] == [start, start + 60, start + 3660]
        assert found["MetricValues"] == pytest.approx(numbers)
    assert get(aws, component, "Count", "OneHour", "Timestamp")["MetricValues"] == [4, 1]
    assert get(aws, component, "Last", "FiveMinute", "IterationNumber")["XAxisValues"] == [3, 4]
    assert get(aws, component, "Last", axis="Timestamp", End=start + 20)["XAxisValues"] == [start, start + 20]


def test_a_step_that_is_measured_twice_is_one_value_and_what_is_no_number_says_so(aws, component):
    put(aws, datum("loss", 1.0, 1, 0), datum("loss", 3.0, 1, 1), datum("loss", math.inf, 2), datum("loss", math.nan, 3))
    put(aws, datum("loss", 1.0, 1, 0))  # again, as a client that heard no answer
    assert get(aws, component, "Count")["MetricValues"] == [2, 1, 1]
    average = [float(value) for value in get(aws, component, "Avg")["MetricValues"]]
    assert average[:2] == [2.0, math.inf] and math.isnan(average[2])


def test_what_there_is_not_is_said_in_its_place(aws, component):
    put(aws, datum("loss", 1.0, 1))
    queries = [
        {"MetricName": metric, "ResourceArn": arn, "MetricStat": "Last", "Period": "IterationNumber",
         "XAxisType": "IterationNumber"}
        for metric, arn in (("none", component), ("loss", component), ("loss", component.replace("run-1", "other")))
    ]  # fmt: skip
    found = aws.client("sagemaker-metrics").batch_get_metrics(MetricQueries=queries)["MetricQueryResults"]
    assert [one["Status"] for one in found] == ["ValidationError", "Complete", "ValidationError"]
    assert "There is no metric none of arn:aws:sagemaker" in found[0]["Message"]


def test_more_values_than_fit_are_truncated(aws, component, django_db_blocker):
    with django_db_blocker.unblock():
        from catalog.metrics import Point, append
        from catalog.models import Record

        record = Record.objects.get(connection=aws.connection, kind="TrialComponent", name="run-1")
        append(record, [Point("loss", float(i), NOW.timestamp() + i, i) for i in range(10_500)])
    found = get(aws, component)
    assert found["Status"] == "Truncated" and len(found["XAxisValues"]) == 10_000
    rest = get(aws, component, Start=found["XAxisValues"][-1] + 1)
    assert rest["Status"] == "Complete" and rest["MetricValues"][-1] == 10_499
