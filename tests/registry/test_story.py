"""From registration to traffic and back, for real: the smoke invocation starts the container, the approval deploys it, a bad
version is rolled back by itself, and one click takes a good one back."""

import json
import threading
import time

import pytest
from botocore.exceptions import ClientError

from catalog.models import Event, Grant, Role
from jobs import submission
from jobs.models import Run
from registry import decisions, measuring, requests, rollouts
from registry import desk as ticking
from registry.approvals import Rollout
from registry.checks import smoke
from registry.errors import NotAllowed
from tests.areas.endpoints.stage import image, script_archive, xgboost_archive
from tests.registry.desk import Desk, fresh
from tests.stage import Account, Cast

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("runner")]

ANSWERS = "def model_fn(d): return 1\ndef predict_fn(data, model): return data[:, :1]\n"
FAILS = "def model_fn(d): return 1\ndef predict_fn(data, model): raise RuntimeError('bad version')\n"
RECORD = "0.9,0.1,0.2,0.3"


def until(happened, seconds: float = 90):
    deadline = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.2)
    return found


def script_version(desk, key: str, script: str):
    uri = desk.put(f"{key}.tar.gz", script_archive(script))
    container = {"Image": image("sagemaker-scikit-learn"), "ModelDataUrl": uri,
                 "Environment": {"SAGEMAKER_PROGRAM": "inference.py"}}  # fmt: skip
    specification = {"Containers": [container], "SupportedContentTypes": ["text/csv"],
                     "SupportedResponseMIMETypes": ["text/csv"]}  # fmt: skip
    return desk.version(InferenceSpecification=specification)


def carried_out(rollout: Rollout) -> Rollout:
    """What the workers do for a rollout, until it ends."""

    def ended():
        ticking.tick()
        for run in Run.objects.filter(connection=rollout.connection, state=Run.QUEUED):
            submission.submit(run.id)
        found = Rollout.objects.get(id=rollout.id)
        return found if found.state not in Rollout.OPEN else None

    return until(ended)


def take_down(desk, endpoint: str) -> None:
    until(lambda: desk.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointStatus"] != "Updating")
    desk.sagemaker.delete_endpoint(EndpointName=endpoint)


def test_smoke_invocation(desk):
    desk.policy(checks=[{"kind": "smoke", "samples": [RECORD, RECORD]}])
    good = desk.version(uri=desk.put("good.tar.gz", xgboost_archive()))
    found = desk.measure(good)["smoke"]
    assert (found.state, found.measured[:6]) == ("Passed", "2 of 2")
    assert 0 < float(found.reason.removeprefix("The first record was answered: ")) < 1
    bad = script_version(desk, "bad", FAILS)
    found = desk.measure(bad)["smoke"]
    assert (found.state, found.measured) == ("Failed", "0 of 2")
    assert "Record 1 failed" in found.reason
    broken = desk.version(uri=desk.put("broken.tar.gz", b"no archive"))
    assert "does not serve" in desk.measure(broken)["smoke"].reason
    for noun, members in (("endpoints", "Endpoints"), ("endpoint_configs", "EndpointConfigs"), ("models", "Models")):
        left = getattr(desk.sagemaker, f"list_{noun}")()[members]
        assert [one for one in left if one.get("EndpointStatus") != "Deleting"] == [], noun


def test_what_a_killed_smoke_run_left_is_taken_down(desk):
    desk.policy(checks=[{"kind": "smoke", "samples": [RECORD]}])
    request = desk.version(uri=desk.put("good.tar.gz", xgboost_archive()))
    name = f"{smoke.PREFIX}-0123456789ab"
    container = {"Image": image(), "ModelDataUrl": f"s3://{desk.aws.bucket}/good.tar.gz"}
    desk.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=desk.aws.role)
    request.results.update(state="Running", claimed="2020-01-01T00:00:00Z", scratch={"name": name})
    assert measuring.due().filter(request=request).exists()
    assert desk.measure(request)["smoke"].state == "Passed"
    with pytest.raises(ClientError, match="Could not find model"):
        desk.sagemaker.describe_model(ModelName=name)


def test_deploy_roll_back_and_undo(desk):
    endpoint = f"prod-{desk.group}"
    policy = desk.policy(on_approval={"endpoint": "prod-{group}", "instance_type": "ml.m5.large", "count": 1})
    first = script_version(desk, "one", ANSWERS)
    desk.vote(desk.cast.rosa, first)
    made = carried_out(first.rollouts.get())
    assert (made.state, made.user) == ("Done", desk.cast.ada.name)
    assert first.remarks.last().text == f"{first.name} serves on endpoint {endpoint}."

    desk.change(
        policy, on_approval={"endpoint": endpoint, "canary_percent": 50, "wait_seconds": 20, "max_error_rate": 0.1}
    )
    bad = script_version(desk, "two", FAILS)
    desk.vote(desk.cast.rosa, bad)
    with _Load(desk, endpoint):
        back = carried_out(bad.rollouts.get())
    assert back.state == "RolledBack", back.reason
    assert "errors" in back.reason
    event = Event.objects.filter(connection=desk.connection, detail_type=requests.KIND).order_by("id").last()
    assert event.detail["Rollout"]["State"] == "RolledBack"

    desk.change(policy, on_approval={"endpoint": endpoint, "wait_seconds": 10, "max_error_rate": 0.1})
    third = script_version(desk, "three", ANSWERS)
    desk.vote(desk.cast.rosa, third)
    with _Load(desk, endpoint) as load:
        good = carried_out(third.rollouts.get())
    assert (good.state, load.failed) == ("Done", 0)
    with pytest.raises(NotAllowed):
        rollouts.undo(actor=desk.cast.rosa.user, rollout=good)
    undone = carried_out(rollouts.undo(actor=desk.cast.alice.user, rollout=good))
    assert undone.state == "Done"
    described = desk.sagemaker.describe_endpoint(EndpointName=endpoint)
    assert described["EndpointConfigName"] == made.config
    take_down(desk, endpoint)


def test_into_another_account(desk):
    """As who saved the policy, if they may there; and if the group's resource policy lets that account in."""
    there = Desk(Cast(Account(desk.aws.engine, str(int(desk.aws.number) + 300_000_000_000))))
    to = {"endpoint": "prod", "connection": there.connection.name, "instance_type": "ml.m5.large", "count": 1}
    desk.policy(on_approval=to)
    first = script_version(desk, "shared", ANSWERS)
    desk.vote(desk.cast.rosa, first)
    refused = carried_out(first.rollouts.get())
    assert refused.state == "Failed"
    assert f"No role of {desk.cast.ada.name} on connection {there.connection.name}" in refused.reason
    assert fresh(first).state == "Approved"

    role = Role.objects.get(name="Admin")
    Grant.objects.create(role=role, connection_id=there.connection.id, user=desk.cast.ada.user)
    second = script_version(desk, "shared2", ANSWERS)
    desk.vote(desk.cast.rosa, second)
    refused = carried_out(second.rollouts.get())
    assert (refused.state, "does not exist" in refused.reason) == ("Failed", True), "the group isn't shared"

    statement = {
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{there.aws.number}:root"},
        "Action": ["sagemaker:DescribeModelPackage", "sagemaker:CreateModel"],
        "Resource": f"arn:aws:sagemaker:us-east-1:{desk.aws.number}:model-package/{desk.group}/*",
    }  # fmt: skip
    desk.sagemaker.put_model_package_group_policy(
        ModelPackageGroupName=desk.group, ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    third = script_version(desk, "shared3", ANSWERS)
    desk.vote(desk.cast.rosa, third)
    made = carried_out(third.rollouts.get())
    assert made.state == "Done", made.reason
    answer = there.aws.client("sagemaker-runtime").invoke_endpoint(
        EndpointName="prod", ContentType="text/csv", Body=RECORD
    )
    assert abs(json.loads(answer["Body"].read())[0][0] - 0.9) < 1e-6

    found = decisions.reconsider(actor=desk.cast.rosa.user, request=third, comment="drifts")
    assert found.state == "Rejected"
    again = carried_out(rollouts.redeploy(actor=desk.cast.ada.user, request=fresh(third)))
    assert (again.state, again.package) == ("Done", second.arn)
    take_down(there, "prod")


class _Load:
    """Steady requests to an endpoint; ``failed`` counts those that weren't answered well."""

    def __init__(self, desk, endpoint: str):
        self.runtime, self.endpoint, self.failed, self.done = desk.aws.client("sagemaker-runtime"), endpoint, 0, False

    def __enter__(self):
        self.thread = threading.Thread(target=self._go, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done = True
        self.thread.join(10)

    def _go(self):
        while not self.done:
            try:
                self.runtime.invoke_endpoint(EndpointName=self.endpoint, ContentType="text/csv", Body=RECORD)
            except ClientError:
                self.failed += 1
            time.sleep(0.1)
