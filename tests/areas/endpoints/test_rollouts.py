"""Deployments that are watched: a bad version loses the traffic again and the endpoint says why, a good one gets it all."""

import time

import pytest
from botocore.exceptions import ClientError

from tests.areas.endpoints.stage import Load, archive, booster

RAISES = """
def model_fn(folder):
    return 1
def transform_fn(model, data, content_type, accept):
    raise RuntimeError("this version can't predict")
"""
SLEEPS = """
import time
def model_fn(folder):
    return 1
def transform_fn(model, data, content_type, accept):
    time.sleep(0.4)
    return "0.5", "text/csv"
"""


def alarm(host, name: str, metric: str, threshold: float, **more) -> None:
    host.aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name, Namespace="AWS/SageMaker", MetricName=metric, Threshold=threshold, Period=10,
        EvaluationPeriods=1, ComparisonOperator="GreaterThanThreshold", TreatMissingData="notBreaching",
        Dimensions=[{"Name": "EndpointName", "Value": "e"}, {"Name": "VariantName", "Value": "AllTraffic"}], **more,
    )  # fmt: skip


def policy(kind: str, *alarms: str, wait: int = 10, **more) -> dict:
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **more}
    config = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}
    if alarms:
        config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in alarms]}
    return config


def percent(value: int) -> dict:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def shares(host) -> list[float]:
    from engine.hosting import routes

    entry = routes.read()[routes.key(host.aws.number, host.aws.region, "e")]
    return sorted(fleet["share"] for fleet in entry["fleets"])


def pending(host) -> dict:
    """The stage that the new servers' variant is in, as Describe tells it."""
    return host.describe("e")["PendingDeploymentSummary"]["ProductionVariants"][0]["VariantStatus"][0]


@pytest.fixture
def served(host):
    """The endpoint ``e`` with configuration ``c``, and alarms ``errors`` and ``slow`` on it."""
    host.model("m")
    host.config("c")
    host.deploy("e", "c")
    alarm(host, "errors", "Invocation5XXErrors", 0.2, Statistic="Average")
    alarm(host, "slow", "ModelLatency", 200_000, ExtendedStatistic="p90")
    return host


def update(host, config: str, deployment: dict) -> None:
    host.sagemaker.update_endpoint(EndpointName="e", EndpointConfigName=config, DeploymentConfig=deployment)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "name", "metric"), [(RAISES, "errors", "Invocation5XXErrors"), (SLEEPS, "slow", "ModelLatency")]
)
def test_bad_version_is_taken_back_at_ten_percent(served, script, name, metric):
    from areas.endpoints.models import Deployment

    served.script("bad", script)
    served.config("d", {"ModelName": "bad"})
    with Load(served, "e") as load:
        update(served, "d", policy("CANARY", "errors", "slow", CanarySize=percent(10)))
        served.until(lambda: shares(served) == [0.1, 0.9])
        served.until(lambda: "Step 1 of 2: 10 % of the traffic" in pending(served).get("StatusMessage", ""))
        assert pending(served)["Status"] == "Baking"
        found = served.wait("e", "InService")
        assert shares(served) == [1.0]
        time.sleep(0.7)  # the data plane knows of it, and what the bad version had in hand is answered
        mishaps, answered = len(load.errors), load.answered
        time.sleep(2)
    assert len(load.errors) == mishaps and load.answered > answered + 20
    assert found["EndpointConfigName"] == "c" and "PendingDeploymentSummary" not in found
    assert found["FailureReason"].startswith(f"The deployment of d was rolled back to c. Alarm {name} is in ALARM: ")
    assert metric in found["FailureReason"] and "greater than the threshold" in found["FailureReason"]
    assert all("this version can't predict" in str(error) for error in load.errors)
    assert len(load.errors) < 0.3 * load.answered
    rows = list(Deployment.of_endpoint(served.aws.connection, "e"))
    assert [(row.config, row.outcome) for row in rows] == [("d", "RolledBack"), ("c", "Serving")]
    assert rows[0].reason == found["FailureReason"] and rows[0].ended and not rows[0].served and not rows[1].ended
    served.until(lambda: len(served.servers("e")) == 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "deployment",
    [policy("CANARY", "errors", "slow", CanarySize=percent(10)), policy("LINEAR", "errors", LinearStepSize=percent(50)),
     policy("ALL_AT_ONCE", "errors")],
    ids=["canary", "linear", "all at once"],
)  # fmt: skip
def test_good_version_goes_through(served, deployment):
    served.model("n", archive(**{"xgboost-model": booster(1)}))
    served.config("d", {"ModelName": "n"})
    with Load(served, "e") as load:
        update(served, "d", deployment)
        found = served.wait("e", "InService", 90)
        served.until(lambda: len(served.servers("e")) == 1)
    assert not load.errors and load.answered > 100
    assert found["EndpointConfigName"] == "d" and "FailureReason" not in found
    assert found["LastDeploymentConfig"] == deployment


def test_alarm_by_hand_takes_a_deployment_back(served):
    served.config("d")
    update(served, "d", policy("CANARY", "errors", CanarySize=percent(10), wait=600))
    served.until(lambda: shares(served) == [0.1, 0.9])
    for call in (served.sagemaker.delete_endpoint, served.sagemaker.update_endpoint):
        with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
            call(EndpointName="e", **({"EndpointConfigName": "c"} if "update" in call.__name__ else {}))
    served.aws.client("cloudwatch").set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="Not today.")
    found = served.wait("e", "InService")
    assert found["FailureReason"] == "The deployment of d was rolled back to c. Alarm errors is in ALARM: Not today."
    assert shares(served) == [1.0]
    served.invoke("e")


def test_alarm_that_is_deleted_takes_a_deployment_back(served):
    served.config("d")
    update(served, "d", policy("ALL_AT_ONCE", "errors", wait=600))
    served.until(
        lambda: (
            shares(served) == [1.0] and len(served.servers("e")) == 2 and served.servers("e")[1]["state"] == "healthy"
        )
    )
    served.aws.client("cloudwatch").delete_alarms(AlarmNames=["errors"])
    assert "errors was deleted during the deployment" in served.wait("e", "InService")["FailureReason"]


def test_new_server_that_goes_down_takes_a_deployment_back(served):
    from tests.areas.endpoints.test_crashes import kill

    served.config("d")
    update(served, "d", policy("CANARY", CanarySize=percent(10), wait=600))
    served.until(lambda: shares(served) == [0.1, 0.9])
    (new,) = [one for fleet in served.fleets("e") if fleet["role"] == "rising" for one in fleet["instances"]]
    kill(new)
    found = served.wait("e", "InService")
    assert "A server of its variant AllTraffic went down." in found["FailureReason"]
    assert found["EndpointConfigName"] == "c"
    served.invoke("e")


def test_deployment_outlives_the_runner(served, runner):
    served.config("d")
    update(served, "d", policy("CANARY", "errors", CanarySize=percent(10), wait=3))
    served.until(lambda: shares(served) == [0.1, 0.9])
    new = [one["id"] for fleet in served.fleets("e") if fleet["role"] == "rising" for one in fleet["instances"]]
    runner.kill()
    try:
        served.invoke("e")
    finally:
        runner.start()
    found = served.wait("e", "InService")
    assert found["EndpointConfigName"] == "d" and "FailureReason" not in found
    served.until(lambda: [one["id"] for one in served.servers("e")] == new)


@pytest.mark.slow
def test_studio_shut_down_in_the_middle_goes_back(served, runner):
    served.config("d")
    update(served, "d", policy("CANARY", "errors", CanarySize=percent(10), wait=600))
    served.until(lambda: shares(served) == [0.1, 0.9])
    try:
        runner.stop()
    finally:
        runner.start()
    found = served.wait("e", "InService")
    assert found["EndpointConfigName"] == "c"
    assert "The deployment of d was rolled back to c." in found["FailureReason"]
    served.until(lambda: [one["state"] for one in served.servers("e")] == ["healthy"])
    served.invoke("e")


def test_alarms_must_be_there(served):
    served.config("d")
    with pytest.raises(ClientError, match="Could not find CloudWatch alarm nobody"):
        update(served, "d", policy("ALL_AT_ONCE", "nobody"))
    assert served.describe("e")["EndpointStatus"] == "InService"
