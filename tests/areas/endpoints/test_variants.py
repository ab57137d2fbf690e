"""Several variants: who gets which share."""

import pytest
from botocore.exceptions import ClientError


def shares(host, calls: int) -> dict[str, int]:
    names = [host.invoke("e")["InvokedProductionVariant"] for _ in range(calls)]
    return {name: names.count(name) for name in set(names)}


def test_weights_and_target_variant(host):
    host.model("m")
    host.config(
        "c",
        {"VariantName": "a", "InitialVariantWeight": 3},
        {"VariantName": "b", "InitialVariantWeight": 1},
        {"VariantName": "none", "InitialVariantWeight": 0},
    )
    host.deploy("e", "c")
    seen = shares(host, 400)
    assert set(seen) == {"a", "b"}
    assert 255 <= seen["a"] <= 345  # five standard deviations around 300
    for name in ("a", "b", "none"):
        assert host.invoke("e", TargetVariant=name)["InvokedProductionVariant"] == name
    host.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="e",
        DesiredWeightsAndCapacities=[
            {"VariantName": "a", "DesiredWeight": 0},
            {"VariantName": "b", "DesiredWeight": 0},
            {"VariantName": "none", "DesiredWeight": 1},
        ],
    )
    host.wait("e", "InService")
    assert set(shares(host, 20)) == {"none"}


def test_scaling_an_unknown_variant(host):
    host.model("m")
    host.config("c")
    host.deploy("e", "c")
    with pytest.raises(ClientError, match="Variant x of endpoint e does not exist; it has AllTraffic"):
        host.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName="e", DesiredWeightsAndCapacities=[{"VariantName": "x", "DesiredWeight": 1}]
        )


def test_more_servers_than_the_machine_may_run(host, settings):
    host.model("m")
    host.config("c", {"InitialInstanceCount": 3})
    settings.ENGINE_INSTANCES = 2
    with pytest.raises(ClientError) as caught:
        host.sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
    assert caught.value.response["Error"]["Code"] == "ResourceLimitExceeded"
    assert "is 2 Instances" in caught.value.response["Error"]["Message"]
    with pytest.raises(ClientError, match="Could not find endpoint"):
        host.sagemaker.describe_endpoint(EndpointName="e")
