"""What a rollout asks for, and that it is what SageMaker does; the way back."""

import pytest
from django.utils import timezone

from areas.endpoints import rollout
from areas.endpoints.models import Deployment
from areas.endpoints.rollout import CannotRollOut
from catalog.models import Connection, Record
from tests.areas.endpoints.stage import archive, booster

AT = 1_800_000_000.0  # 27-01-15 08:00:00


@pytest.fixture
def connection(db) -> Connection:
    return Connection.objects.create(
        name="far", backend="aws", account="123456789012", region="us-east-1",
        execution_role_arn="arn:aws:iam::123456789012:role/Hosting",
    )  # fmt: skip


def record(connection, kind: str, name: str, status: str = "", **document) -> Record:
    now = timezone.now()
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:{kind.lower()}/{name}"
    return Record.objects.create(
        connection=connection,
        kind=kind,
        name=name,
        arn=arn,
        status=status,
        created=now,
        modified=now,
        document=document,
    )


def variant(name: str = "AllTraffic", model: str = "old", count: int = 2) -> dict:
    return {"VariantName": name, "ModelName": model, "InstanceType": "ml.c5.large", "InitialInstanceCount": count,
            "InitialVariantWeight": 1.0}  # fmt: skip


def endpoint(connection, *variants: dict, **document) -> Record:
    record(connection, "EndpointConfig", "c1", ProductionVariants=list(variants or [variant()]))
    return record(connection, "Endpoint", "e", "InService", EndpointConfigName="c1", **document)


PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/churn_risk/3"


def steps(connection, **more) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for step in rollout.plan(connection, **{"endpoint": "e", "model_package_arn": PACKAGE, "at": AT} | more):
        found.setdefault(step["call"], []).append(step["request"])
    return found


def test_new_endpoint_of_a_package(connection):
    found = steps(connection, instance_type="ml.m5.xlarge", count=3)
    assert list(found) == ["CreateModel", "CreateEndpointConfig", "CreateEndpoint"]
    (model,), (config,) = found["CreateModel"], found["CreateEndpointConfig"]
    assert model["ModelName"] == "churn-risk-v3-270115-080000000"
    assert model["PrimaryContainer"] == {"ModelPackageName": PACKAGE}
    assert model["ExecutionRoleArn"] == "arn:aws:iam::123456789012:role/Hosting"
    assert config["EndpointConfigName"] == "e-270115-080000000"
    (one,) = config["ProductionVariants"]
    assert (one["InstanceType"], one["InitialInstanceCount"]) == ("ml.m5.xlarge", 3)
    assert found["CreateEndpoint"][0]["EndpointConfigName"] == "e-270115-080000000"


def test_update_of_an_endpoint(connection):
    endpoint(connection, LastDeploymentConfig={
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "atelier-e-AllTraffic-errors-1"}, {"AlarmName": "ours"}]}
    })  # fmt: skip
    found = steps(connection, canary_percent=10, wait_seconds=45, max_error_rate=0.02, max_latency_ms=150)
    assert list(found) == [
        "CreateModel",
        "CreateEndpointConfig",
        "PutMetricAlarm",
        "AddTags",
        "UpdateEndpoint",
        "DeleteAlarms",
    ]
    assert found["CreateEndpointConfig"][0]["ProductionVariants"] == [variant(model="churn-risk-v3-270115-080000000")]
    errors, slow = found["PutMetricAlarm"]
    assert (errors["MetricName"], errors["Statistic"], errors["Threshold"]) == ("Invocation5XXErrors", "Average", 0.02)
    assert (slow["MetricName"], slow["ExtendedStatistic"], slow["Threshold"]) == ("ModelLatency", "p90", 150_000)
    assert errors["Period"] == slow["Period"] == 30
    (update,) = found["UpdateEndpoint"]
    routing = update["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing == {
        "Type": "CANARY",
        "WaitIntervalInSeconds": 45,
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 10},
    }
    names = [one["AlarmName"] for one in update["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]]
    assert names == [errors["AlarmName"], slow["AlarmName"]]
    assert update["RetainAllVariantProperties"] is True
    assert found["AddTags"][0]["Tags"] == [{"Key": "atelier:config-before", "Value": "c1"}]
    assert found["DeleteAlarms"][0]["AlarmNames"] == ["atelier-e-AllTraffic-errors-1"]  # not what others made


def test_one_variant_of_several(connection):
    endpoint(connection, variant("a"), variant("b", "other"))
    with pytest.raises(CannotRollOut, match="has the variants a, b: say which"):
        steps(connection)
    with pytest.raises(CannotRollOut, match="has no variant x; it has a, b"):
        steps(connection, variant="x")
    variants = steps(connection, variant="b")["CreateEndpointConfig"][0]["ProductionVariants"]
    assert [one["ModelName"] for one in variants] == ["old", "churn-risk-v3-270115-080000000"]


def test_names_are_legal_however_long(connection):
    package = f"arn:aws:sagemaker:us-east-1:123456789012:model-package/{'g' * 63}/12"
    found = steps(connection, model_package_arn=package, endpoint="e" * 63)
    for name in (found["CreateModel"][0]["ModelName"], found["CreateEndpointConfig"][0]["EndpointConfigName"]):
        assert len(name) <= 63 and name.endswith("-270115-080000000")


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({"canary_percent": 60}, "A canary is 1 to 50 percent"),
        ({"linear_percent": 5}, "A linear step is 10 to 50 percent"),
        ({"canary_percent": 10, "linear_percent": 10}, "either canary or linear"),
        ({"wait_seconds": 5}, "Alarms need 10 seconds"),
        ({"max_error_rate": 5}, "share of the requests"),
        ({"endpoint": "no good"}, "failed to satisfy constraint"),
        ({"model": "m"}, "Exactly one of a model package and a model"),
        ({"model_package_arn": "", "model": "m"}, "There is no model m"),
    ],
)
def test_what_can_not_be_rolled_out(connection, more, match):
    with pytest.raises(CannotRollOut, match=match):
        steps(connection, **more)


def test_way_back_by_timeline_and_by_tag(connection):
    here = endpoint(connection)
    with pytest.raises(CannotRollOut, match="has had no other configuration"):
        rollout.undo_plan(connection, "e")
    here.tags.create(key="atelier:config-before", value="c0")
    with pytest.raises(CannotRollOut, match="no other configuration that is still there"):
        rollout.undo_plan(connection, "e")
    record(connection, "EndpointConfig", "c0")
    back = {"call": "UpdateEndpoint", "request": {"EndpointName": "e", "EndpointConfigName": "c0"}}
    assert rollout.undo_plan(connection, "e") == [back]
    record(connection, "EndpointConfig", "c-1")
    now = timezone.now()
    for config, served in (("c-1", now), ("c1", now), ("never", None)):
        Deployment.objects.create(connection=connection, endpoint="e", config=config, started=now, served=served)
    assert rollout.undo_plan(connection, "e")[0]["request"]["EndpointConfigName"] == "c-1"


def test_no_way_back(connection):
    with pytest.raises(CannotRollOut, match="There is no endpoint x"):
        rollout.undo_plan(connection, "x")
    here = endpoint(connection)
    Record.objects.filter(id=here.id).update(status="Updating")
    with pytest.raises(CannotRollOut, match="has no alarms, and SageMaker can end only one that has"):
        rollout.undo_plan(connection, "e")


def _carry_out(run) -> None:
    from jobs import submission
    from jobs.models import Run

    submission.submit(run.id)
    run.refresh_from_db()
    assert run.state == Run.FOLLOWING, run.error


def _baking(document: dict) -> bool:
    variants = document.get("PendingDeploymentSummary", {}).get("ProductionVariants", ())
    return any(state["Status"] == "Baking" for one in variants for state in one.get("VariantStatus", ()))


@pytest.mark.slow
def test_rollout_and_undo_for_real(host, cast):
    """From a Run to traffic on the new model, and back; and one that is stopped half-way."""
    connection, alice = host.aws.connection, cast.alice.user
    host.model("m")
    host.model("n", archive(**{"xgboost-model": booster(1)}))
    _carry_out(rollout.start(connection, endpoint="e", user=alice, model="m"))
    host.wait("e", "InService")
    before = host.invoke("e")["Body"]
    _carry_out(rollout.start(connection, endpoint="e", user=alice, model="n", wait_seconds=0, max_error_rate=None))
    host.wait("e", "InService")
    assert host.invoke("e")["Body"] != before
    _carry_out(rollout.undo(connection, "e", user=alice))
    host.wait("e", "InService")
    assert host.invoke("e")["Body"] == before
    _carry_out(rollout.start(connection, endpoint="e", user=alice, model="n", canary_percent=10, wait_seconds=600))
    with pytest.raises(rollout.CannotRollOut, match="still starting"):
        rollout.undo(connection, "e", user=alice)
    host.until(lambda: _baking(host.describe("e")))
    _carry_out(rollout.undo(connection, "e", user=alice))
    found = host.wait("e", "InService")
    assert f"Rolled back by hand by {alice}." in found["FailureReason"]
    assert host.invoke("e")["Body"] == before
    rows = list(Deployment.of_endpoint(connection, "e"))
    assert [row.outcome for row in rows] == ["RolledBack", "Serving", "Replaced", "Replaced"]
    assert {row.by for row in rows} == {alice.username}
    assert [[one.model for one in row.models.all()] for row in rows] == [["n"], ["m"], ["n"], ["m"]]
    assert rows[1].served and rows[2].ended and rows[2].started < rows[2].served < rows[2].ended
    host.sagemaker.delete_endpoint(EndpointName="e")
    host.until_gone("e")
    rows[1].refresh_from_db()
    assert (rows[1].outcome, bool(rows[1].ended)) == ("Deleted", True)


@pytest.mark.slow
def test_package_is_deployed_by_its_arn_and_found_where_it_runs(host, cast):
    from tests.areas.endpoints.stage import image, xgboost_archive

    connection, alice = host.aws.connection, cast.alice.user
    url = host.put("churn/model.tar.gz", xgboost_archive())
    host.sagemaker.create_model_package_group(ModelPackageGroupName="churn")
    arn = host.sagemaker.create_model_package(
        ModelPackageGroupName="churn", ModelApprovalStatus="Approved",
        InferenceSpecification={"Containers": [{"Image": image(), "ModelDataUrl": url}],
                                "SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"]},
    )["ModelPackageArn"]  # fmt: skip
    _carry_out(rollout.start(connection, endpoint="e", user=alice, model_package_arn=arn))
    host.wait("e", "InService")
    host.invoke("e")
    (row,) = Deployment.of_package(arn)
    assert (row.endpoint, row.outcome, row.ended, row.packages) == ("e", "Serving", None, [arn])
