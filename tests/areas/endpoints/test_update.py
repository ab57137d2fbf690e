"""Updates: the endpoint serves all the time, and ends up on the new configuration or says why not."""

import pytest
from botocore.exceptions import ClientError

from tests.areas.endpoints.stage import Load, archive, booster


def test_update_under_load_drops_no_request(host):
    host.model("m")
    host.model("n", archive(**{"xgboost-model": booster(1)}))
    host.config("c")
    host.config("d", {"ModelName": "n"})
    host.deploy("e", "c")
    before = host.invoke("e")["Body"]
    with Load(host, "e") as load:
        host.sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="d")
        pending = host.describe("e")
        assert pending["EndpointStatus"] == "Updating" and pending["EndpointConfigName"] == "c"
        assert pending["PendingDeploymentSummary"]["EndpointConfigName"] == "d"
        found = host.wait("e", "InService")
        old = [one for one in host.servers("e") if "left" in one]
        host.until(lambda: len(host.servers("e")) == 1)
    assert not load.errors
    assert load.answered >= 10
    assert found["EndpointConfigName"] == "d" and "PendingDeploymentSummary" not in found
    assert host.invoke("e")["Body"] != before
    assert all(one["id"] != host.servers("e")[0]["id"] for one in old)


def test_update_in_progress_is_left_alone(host):
    host.script(
        "m", "import time\ndef model_fn(folder):\n    time.sleep(3)\n    return 1\n"
    )  # else it may be up by then
    host.config("c")
    host.sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
    arn = host.describe("e")["EndpointArn"]
    for call, more in (
        (host.sagemaker.update_endpoint, {"EndpointConfigName": "c"}),
        (host.sagemaker.delete_endpoint, {}),
    ):
        with pytest.raises(ClientError, match=f'Cannot update in-progress endpoint "{arn}".'):
            call(EndpointName="e", **more)
    host.wait("e", "InService")


def test_update_that_fails_leaves_the_old_fleet(host):
    host.model("m")
    host.model("broken", archive(**{"xgboost-model": b"this is no model"}))
    host.config("c")
    host.config("d", {"ModelName": "broken"})
    host.deploy("e", "c")
    before = host.invoke("e")["Body"]
    host.sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="d")
    found = host.wait("e", "InService")
    assert found["EndpointConfigName"] == "c"
    assert "did not pass the ping health check" in found["FailureReason"]
    assert host.invoke("e")["Body"] == before
    host.until(lambda: len(host.servers("e")) == 1)
    host.sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="c")
    assert "FailureReason" not in host.wait("e", "InService")


def test_retained_counts_and_weights(host):
    host.model("m")
    host.config("c")
    host.config("d")
    host.deploy("e", "c")
    host.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="e",
        DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 2, "DesiredWeight": 3}],
    )
    variant = host.wait("e", "InService")["ProductionVariants"][0]
    assert (variant["CurrentInstanceCount"], variant["CurrentWeight"]) == (2, 3)
    host.sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="d", RetainAllVariantProperties=True)
    variant = host.wait("e", "InService")["ProductionVariants"][0]
    assert (variant["CurrentInstanceCount"], variant["CurrentWeight"]) == (2, 3)
    host.sagemaker.update_endpoint(
        EndpointName="e", EndpointConfigName="d", RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredInstanceCount"}],
    )  # fmt: skip
    variant = host.wait("e", "InService")["ProductionVariants"][0]
    assert (variant["CurrentInstanceCount"], variant["CurrentWeight"]) == (1, 3)


def test_fewer_servers(host):
    host.model("m")
    host.config("c", {"InitialInstanceCount": 2})
    host.deploy("e", "c")
    host.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="e", DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 1}]
    )
    assert host.wait("e", "InService")["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    host.until(lambda: len(host.servers("e")) == 1)
    host.invoke("e")


def policy(kind: str, **more) -> dict:
    routing = {"Type": kind, "WaitIntervalInSeconds": 0, **more}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}


@pytest.mark.parametrize(
    ("config", "match"),
    [
        (policy("LINEAR", LinearStepSize={"Type": "CAPACITY_PERCENT", "Value": 60}), "LinearStepSize must be 10 to 50"),
        (policy("CANARY", CanarySize={"Type": "CAPACITY_PERCENT", "Value": 60}), "CanarySize must be at most 50"),
        (policy("CANARY"), "CanarySize is required"),
        (
            {"RollingUpdatePolicy": {"MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
                                     "WaitIntervalInSeconds": 0}},
            "rolling deployment .* is not supported",
        ),
        (
            policy("ALL_AT_ONCE") | {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}]}},
            "Could not find CloudWatch alarm a",
        ),
        (
            {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 600},
                                       "MaximumExecutionTimeoutInSeconds": 600}},
            "must be greater than all waits together",
        ),
    ],
)  # fmt: skip
def test_deployments_that_are_refused(host, config, match):
    host.model("m")
    host.config("c")
    host.deploy("e", "c")
    with pytest.raises(ClientError, match=match):
        host.sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="c", DeploymentConfig=config)
    assert host.describe("e")["EndpointStatus"] == "InService"


def test_canary_gets_its_share_and_then_all(host):
    from engine.hosting import routes

    def shares() -> list[float]:
        entry = routes.read()[routes.key(host.aws.number, host.aws.region, "e")]
        return sorted(fleet["share"] for fleet in entry["fleets"])

    host.model("m")
    host.config("c", {"InitialInstanceCount": 2})
    host.config("d", {"InitialInstanceCount": 4})
    host.deploy("e", "c")
    canary = policy("CANARY", CanarySize={"Type": "INSTANCE_COUNT", "Value": 1}, WaitIntervalInSeconds=1)
    host.sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="d", DeploymentConfig=canary)
    assert shares() == [1.0]
    host.until(lambda: shares() == [0.25, 0.75])
    assert host.describe("e")["EndpointStatus"] == "Updating"
    found = host.wait("e", "InService")
    assert shares() == [1.0]
    assert found["EndpointConfigName"] == "d" and found["LastDeploymentConfig"] == canary
