"""Votes become a decision, and the decision becomes UpdateModelPackage: never otherwise."""

import pytest
from django.utils import timezone

from catalog.models import AuditEntry, Event, Record
from registry import decisions, requests
from registry import desk as ticking
from registry.approvals import ApprovalRequest
from registry.errors import Conflict, DeskError, NotAllowed
from tests.registry.desk import fresh


def test_two_reviewers_approve(desk):
    policy = desk.policy(approvals=2, roles=["Reviewer"])
    request = desk.version()
    assert (request.state, request.authors) == ("Open", [desk.cast.alice.name])

    first = desk.vote(desk.cast.rosa, request)
    assert (first.state, desk.status(request)) == ("Open", "PendingManualApproval")
    second = desk.vote(desk.cast.remi, request)

    assert (second.state, second.decided_by) == ("Approved", desk.cast.remi.name)
    found = desk.sagemaker.describe_model_package(ModelPackageName=request.arn)
    assert found["ModelApprovalStatus"] == "Approved"
    assert found["LastModifiedBy"]["UserProfileName"] == desk.cast.remi.name
    assert found["ApprovalDescription"] == (
        f'Approved by {desk.cast.rosa.name} and {desk.cast.remi.name} under the policy "{policy.name}" (version 1).'
    )


def test_story_is_in_the_audit_log_and_in_events(desk):
    desk.policy()
    request = desk.version()
    desk.vote(desk.cast.rosa, request, comment="fine")
    entries = AuditEntry.objects.filter(connection=desk.connection.name, target=request.arn).order_by("number")
    assert list(entries.values_list("user", "action")) == [
        (desk.cast.alice.name, "CreateModelPackage"), (desk.cast.rosa.name, "VoteApprovalRequest"),
        (desk.cast.rosa.name, "UpdateModelPackage"),
    ]  # fmt: skip
    events = Event.objects.filter(connection=desk.connection, detail_type=requests.KIND).order_by("id")
    assert [(event.detail["PreviousState"], event.detail["State"]) for event in events] == [
        ("", "Open"), ("Deciding", "Approved"),
    ]  # fmt: skip
    assert events[1].detail["Approvals"] == [desk.cast.rosa.name]
    assert events[1].resources == [request.arn]


@pytest.mark.parametrize("who", ["alice", "dan", "vera", "charlie"])
def test_only_reviewers_vote(desk, who):
    desk.policy()
    request = desk.version(by=desk.cast.alice)
    with pytest.raises(NotAllowed, match="no role that allows approve_model_package"):
        desk.vote(getattr(desk.cast, who), request)
    assert not request.votes.exists()


def test_role_that_counts(desk):
    desk.policy(roles=["Reviewer"])
    request = desk.version()
    with pytest.raises(NotAllowed, match="none of the roles that count: Reviewer"):
        desk.vote(desk.cast.ada, request)


def test_author_does_not_approve(desk):
    policy = desk.policy()
    request = desk.version(by=desk.cast.ada)
    with pytest.raises(NotAllowed, match="is an author of this version"):
        desk.vote(desk.cast.ada, request)
    desk.change(policy, author_may_approve=True)
    assert desk.vote(desk.cast.ada, request).state == "Approved"


def test_owner_of_the_training_job_is_an_author(desk):
    desk.policy()
    uri = desk.put("out/job-of-ada/output/model.tar.gz", b"trained")
    Record.objects.create(
        connection_id=desk.connection.id, kind="TrainingJob", name="job-of-ada", arn="arn:job", owner=desk.cast.ada.name,
        created=timezone.now(), modified=timezone.now(), document={"ModelArtifacts": {"S3ModelArtifacts": uri}},
    )  # fmt: skip
    request = desk.version(by=desk.cast.alice, uri=uri)
    assert request.authors == sorted([desk.cast.alice.name, desk.cast.ada.name])
    with pytest.raises(NotAllowed, match="is an author"):
        desk.vote(desk.cast.ada, request)


def test_one_rejection_rejects(desk):
    desk.policy(approvals=2)
    request = desk.version()
    desk.vote(desk.cast.rosa, request)
    assert desk.vote(desk.cast.remi, request, "reject", "too slow").state == "Rejected"
    assert desk.status(request) == "Rejected"


def test_rejection_by_quorum(desk):
    desk.policy(approvals=2, one_rejection_rejects=False)
    request = desk.version()
    assert desk.vote(desk.cast.rosa, request, "reject", "no").state == "Open"
    assert desk.vote(desk.cast.remi, request, "reject", "no").state == "Rejected"


def test_changes_asked_for_hold_the_approval_up(desk):
    desk.policy()
    request = desk.version()
    assert desk.vote(desk.cast.rosa, request, "changes", "add a card").state == "Open"
    assert desk.vote(desk.cast.remi, request).state == "Open"
    assert desk.vote(desk.cast.rosa, request).state == "Approved"


def test_a_vote_against_says_why(desk):
    desk.policy()
    request = desk.version()
    with pytest.raises(DeskError, match="Say why"):
        desk.vote(desk.cast.rosa, request, "reject", " ")


def test_one_vote_a_person(desk):
    desk.policy(approvals=2)
    request = desk.version()
    desk.vote(desk.cast.rosa, request)
    assert desk.vote(desk.cast.rosa, request).state == "Open"
    assert request.votes.count() == 1


def test_after_the_decision_nobody_votes(desk):
    desk.policy()
    request = desk.version()
    desk.vote(desk.cast.rosa, request)
    with pytest.raises(Conflict, match=f"was approved by {desk.cast.rosa.name} already"):
        desk.vote(desk.cast.remi, request, "reject", "no")


def test_without_a_policy_one_reviewer_decides(desk):
    request = desk.version()
    assert request.policy is None
    assert desk.vote(desk.cast.rosa, request).state == "Approved"


def test_without_a_policy_the_wire_decides(desk):
    request = desk.version()
    assert desk.update(desk.cast.rosa, request, ModelApprovalStatus="Approved") == ""
    found = fresh(request)
    assert (found.state, found.decided_by) == ("Approved", desk.cast.rosa.name)
    assert "no policy is in force" in found.reason


def test_a_worker_that_died_is_made_good(desk, monkeypatch):
    """Killed between the last vote and UpdateModelPackage: the desk's tick carries on as the last voter."""
    desk.policy()
    request = desk.version()
    with monkeypatch.context() as patch:
        patch.setattr(decisions, "carry_out", lambda number: None)
        assert desk.vote(desk.cast.rosa, request).state == "Deciding"
    assert desk.status(request) == "PendingManualApproval"
    ApprovalRequest.objects.filter(id=request.id).update(due="2020-01-01T00:00:00Z")
    ticking.tick()
    assert (fresh(request).state, desk.status(request)) == ("Approved", "Approved")
    found = desk.sagemaker.describe_model_package(ModelPackageName=request.arn)
    assert found["LastModifiedBy"]["UserProfileName"] == desk.cast.rosa.name


def test_deleted_version_cancels(desk):
    desk.policy()
    request = desk.version()
    desk.cast.alice.client("sagemaker").delete_model_package(ModelPackageName=request.arn)
    assert fresh(request).state == "Cancelled"
    with pytest.raises(Conflict, match="was cancelled"):
        desk.vote(desk.cast.rosa, request)


def test_taking_back_an_approval(desk):
    desk.policy(approvals=2)
    request = desk.version()
    desk.vote(desk.cast.rosa, request)
    desk.vote(desk.cast.remi, request)
    with pytest.raises(NotAllowed):
        decisions.reconsider(actor=desk.cast.dan.user, request=request, comment="bad")
    found = decisions.reconsider(actor=desk.cast.rosa.user, request=request, comment="drifted")
    assert (found.state, desk.status(request)) == ("Rejected", "Rejected")


def test_asking_again(desk):
    desk.policy()
    request = desk.version()
    desk.vote(desk.cast.rosa, request, "reject", "no")
    record = Record.objects.get(connection=desk.connection, arn=request.arn)
    with pytest.raises(NotAllowed):
        decisions.ask(actor=desk.cast.vera.user, record=record)
    again = decisions.ask(actor=desk.cast.alice.user, record=record)
    assert again.id != request.id
    assert (again.state, desk.status(request)) == ("Open", "PendingManualApproval")
    assert desk.vote(desk.cast.rosa, again).state == "Approved"
