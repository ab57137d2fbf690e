"""Versions of an AWS account: decided at the desk like ours, and what is decided around it is found. The engine plays AWS."""

import pytest

from areas import calls
from areas.index import resources
from catalog.actor import Actor, acting
from catalog.models import AuditEntry, Connection, Grant, Record, Role
from jobs import sync
from registry import decisions, policies
from registry import desk as ticking
from registry.approvals import ApprovalRequest
from tests.registry.desk import fresh

PACKAGE = resources()["ModelPackage"]


@pytest.fixture
def far(desk, monkeypatch):
    """An ``aws`` Connection whose AWS is the engine, as a stranger's; the cast has its roles there, too."""
    aws = desk.aws
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", aws.key.key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", aws.key.secret)
    connection = Connection.objects.create(
        name=f"far-{aws.number}",
        backend=Connection.AWS,
        account=aws.number,
        region=aws.region,
        endpoint_url=aws.engine.url,
    )
    for person in (desk.cast.ada, desk.cast.rosa, desk.cast.remi):
        Grant.objects.create(role=Role.objects.get(name=person.role), connection=connection, user=person.user)
    sync.sync(connection, PACKAGE)  # what was there before is no news
    policies.save(actor=desk.cast.ada.user, connection=connection,
                  values={"name": f"far {aws.number}", "groups": "*", "approvals": 2})  # fmt: skip
    yield connection
    connection.delete()


def seen(desk, far) -> ApprovalRequest:
    """Register a version on the account, have it found; its request."""
    arn = desk.version().arn
    sync.sync(far, PACKAGE)
    return ApprovalRequest.objects.get(connection=far, arn=arn)


def test_a_version_that_is_found_is_decided_here(desk, far):
    request = seen(desk, far)
    assert (request.state, request.artifacts) == ("Open", {})
    ticking.tick()
    assert list(fresh(request).artifacts) == [desk.model]
    for person in (desk.cast.rosa, desk.cast.remi):
        decisions.vote(actor=person.user, request=request, choice="approve")
    assert (fresh(request).state, fresh(request).outside) == ("Approved", False)
    found = desk.sagemaker.describe_model_package(ModelPackageName=request.arn)
    assert found["ModelApprovalStatus"] == "Approved"
    sync.sync(far, PACKAGE)
    assert fresh(request).outside is False


def test_the_studios_own_calls_ask_the_gate(desk, far):
    request = seen(desk, far)
    for actor in (Actor(desk.cast.rosa.name, "rest"), Actor()):
        with acting(actor), pytest.raises(calls.CallFailed, match=r"was not sent to far-.* is not satisfied") as caught:
            calls.call(far, "UpdateModelPackage", ModelPackageArn=request.arn, ModelApprovalStatus="Approved")
        assert caught.value.code == "AccessDeniedException"
    with acting(Actor(desk.cast.ada.name, "rest")), pytest.raises(calls.CallFailed, match="only by the approval desk"):
        calls.call(far, "CreateModelPackage", ModelPackageGroupName=desk.group, ModelApprovalStatus="Approved")
    assert desk.status(request) == "PendingManualApproval"


def test_what_was_approved_around_the_desk_is_flagged(desk, far):
    request = seen(desk, far)
    desk.sagemaker.update_model_package(ModelPackageArn=request.arn, ModelApprovalStatus="Approved")
    sync.sync(far, PACKAGE)
    found = fresh(request)
    assert (found.state, found.outside) == ("Approved", True)
    assert "Approved outside the desk" in found.reason and "around the policy" in found.reason
    entry = AuditEntry.objects.get(connection=far.name, action="ApprovedOutsideTheDesk")
    assert entry.target == request.arn


def test_what_was_registered_as_approved_is_flagged(desk, far):
    arn = desk.version().arn
    desk.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    sync.sync(far, PACKAGE)
    assert ApprovalRequest.objects.get(connection=far, arn=arn).outside


def test_a_version_that_is_gone_is_cancelled(desk, far):
    request = seen(desk, far)
    Record.objects.filter(connection=far, arn=request.arn).delete()
    ticking.tick()
    assert fresh(request).state == "Cancelled"
