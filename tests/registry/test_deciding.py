"""Votes become a decision, and the decision becomes UpdateModelPackage: never otherwise."""

import pytest
from django.utils import timezone

from catalog.models import AuditEntry, Event, Record
from registry import decisions, requests
from registry import desk as ticking
from registry.approvals import ApprovalRequest
from registry.errors import Conflict, DeskError, NotAllowed
from tests.registry.desk import fresh


def test_two_reviewers_approve(group):
    policy = group.policy(approvals=2, roles=["Reviewer"])
    request = group.version()
    assert (request.state, request.authors) == ("Open", [group.cast.alice.name])

    first = group.vote(group.cast.rosa, request)
    assert (first.state, group.status(request)) == ("Open", "PendingManualApproval")
    second = group.vote(group.cast.remi, request)

    assert (second.state, second.decided_by) == ("Approved", group.cast.remi.name)
    found = group.sagemaker.describe_model_package(ModelPackageName=request.arn)
    assert found["ModelApprovalStatus"] == "Approved"
    assert found["LastModifiedBy"]["UserProfileName"] == group.cast.remi.name
    assert found["ApprovalDescription"] == (
        f'Approved by {group.cast.rosa.name} and {group.cast.remi.name} under the policy "{policy.name}" (version 1).'
    )


def test_story_is_in_the_audit_log_and_in_events(group):
    group.policy()
    request = group.version()
    group.vote(group.cast.rosa, request, comment="fine")
    entries = AuditEntry.objects.filter(connection=group.connection.name, target=request.arn).order_by("number")
    assert list(entries.values_list("user", "action")) == [
        (group.cast.alice.name, "CreateModelPackage"), (group.cast.rosa.name, "VoteApprovalRequest"),
        (group.cast.rosa.name, "UpdateModelPackage"),
    ]  # fmt: skip
    events = Event.objects.filter(connection=group.connection, detail_type=requests.KIND).order_by("id")
    events = [event for event in events if event.resources == [request.arn]]
    assert [(event.detail["PreviousState"], event.detail["State"]) for event in events] == [
        ("", "Open"), ("Deciding", "Approved"),
    ]  # fmt: skip
    assert events[1].detail["Approvals"] == [group.cast.rosa.name]


@pytest.mark.parametrize("who", ["alice", "dan", "vera", "charlie"])
def test_only_reviewers_vote(group, who):
    group.policy()
    request = group.version(by=group.cast.alice)
    with pytest.raises(NotAllowed, match="no role that allows approve_model_package"):
        group.vote(getattr(group.cast, who), request)
    assert not request.votes.exists()


def test_role_that_counts(group):
    group.policy(roles=["Reviewer"])
    request = group.version()
    with pytest.raises(NotAllowed, match="none of the roles that count: Reviewer"):
        group.vote(group.cast.ada, request)


def test_author_does_not_approve(group):
    policy = group.policy()
    request = group.version(by=group.cast.ada)
    with pytest.raises(NotAllowed, match="is an author of this version"):
        group.vote(group.cast.ada, request)
    group.change(policy, author_may_approve=True)
    assert group.vote(group.cast.ada, request).state == "Approved"


def test_owner_of_the_training_job_is_an_author(group):
    group.policy()
    uri = group.put("out/job-of-ada/output/model.tar.gz", b"trained")
    Record.objects.create(
        connection_id=group.connection.id, kind="TrainingJob", name="job-of-ada", arn="arn:job", owner=group.cast.ada.name,
        created=timezone.now(), modified=timezone.now(), document={"ModelArtifacts": {"S3ModelArtifacts": uri}},
    )  # fmt: skip
    request = group.version(by=group.cast.alice, uri=uri)
    assert request.authors == sorted([group.cast.alice.name, group.cast.ada.name])
    with pytest.raises(NotAllowed, match="is an author"):
        group.vote(group.cast.ada, request)


def test_one_rejection_rejects(group):
    group.policy(approvals=2)
    request = group.version()
    group.vote(group.cast.rosa, request)
    assert group.vote(group.cast.remi, request, "reject", "too slow").state == "Rejected"
    assert group.status(request) == "Rejected"


def test_rejection_by_quorum(group):
    group.policy(approvals=2, one_rejection_rejects=False)
    request = group.version()
    assert group.vote(group.cast.rosa, request, "reject", "no").state == "Open"
    assert group.vote(group.cast.remi, request, "reject", "no").state == "Rejected"


def test_changes_asked_for_hold_the_approval_up(group):
    group.policy()
    request = group.version()
    assert group.vote(group.cast.rosa, request, "changes", "add a card").state == "Open"
    assert group.vote(group.cast.remi, request).state == "Open"
    assert group.vote(group.cast.rosa, request).state == "Approved"


def test_a_vote_against_says_why(group):
    group.policy()
    request = group.version()
    with pytest.raises(DeskError, match="Say why"):
        group.vote(group.cast.rosa, request, "reject", " ")


def test_one_vote_a_person(group):
    group.policy(approvals=2)
    request = group.version()
    group.vote(group.cast.rosa, request)
    assert group.vote(group.cast.rosa, request).state == "Open"
    assert request.votes.count() == 1


def test_after_the_decision_nobody_votes(group):
    group.policy()
    request = group.version()
    group.vote(group.cast.rosa, request)
    with pytest.raises(Conflict, match=f"was approved by {group.cast.rosa.name} already"):
        group.vote(group.cast.remi, request, "reject", "no")


def test_without_a_policy_one_reviewer_decides(group):
    request = group.version()
    assert request.policy is None
    assert group.vote(group.cast.rosa, request).state == "Approved"


def test_without_a_policy_the_wire_decides(group):
    request = group.version()
    assert group.update(group.cast.rosa, request, ModelApprovalStatus="Approved") == ""
    found = fresh(request)
    assert (found.state, found.decided_by) == ("Approved", group.cast.rosa.name)
    assert "no policy is in force" in found.reason


def test_a_worker_that_died_is_made_good(group, monkeypatch):
    """Killed between the last vote and UpdateModelPackage: the desk's tick carries on as the last voter."""
    group.policy()
    request = group.version()
    with monkeypatch.context() as patch:
        patch.setattr(decisions, "carry_out", lambda number: None)
        assert group.vote(group.cast.rosa, request).state == "Deciding"
    assert group.status(request) == "PendingManualApproval"
    ApprovalRequest.objects.filter(id=request.id).update(due="2020-01-01T00:00:00Z")
    ticking.tick()
    assert (fresh(request).state, group.status(request)) == ("Approved", "Approved")
    found = group.sagemaker.describe_model_package(ModelPackageName=request.arn)
    assert found["LastModifiedBy"]["UserProfileName"] == group.cast.rosa.name


def test_deleted_version_cancels(group):
    group.policy()
    request = group.version()
    group.cast.alice.client("sagemaker").delete_model_package(ModelPackageName=request.arn)
    assert fresh(request).state == "Cancelled"
    with pytest.raises(Conflict, match="was cancelled"):
        group.vote(group.cast.rosa, request)


def test_taking_back_an_approval(group):
    group.policy(approvals=2)
    request = group.version()
    group.vote(group.cast.rosa, request)
    request = group.vote(group.cast.remi, request)
    with pytest.raises(NotAllowed):
        decisions.reconsider(actor=group.cast.dan.user, request=request, comment="bad")
    request.authors = [*request.authors, group.cast.remi.name]
    request.save()
    with pytest.raises(NotAllowed, match="is an author"):
        decisions.reconsider(actor=group.cast.remi.user, request=request, comment="mine")
    assert (fresh(request).state, group.cast.remi.name in fresh(request).authors) == ("Approved", True)
    found = decisions.reconsider(actor=group.cast.rosa.user, request=request, comment="drifted")
    assert (found.state, group.status(request)) == ("Rejected", "Rejected")


def test_asking_again(group):
    group.policy()
    request = group.version()
    group.vote(group.cast.rosa, request, "reject", "no")
    record = Record.objects.get(connection=group.connection, arn=request.arn)
    with pytest.raises(NotAllowed):
        decisions.ask(actor=group.cast.vera.user, record=record)
    again = decisions.ask(actor=group.cast.alice.user, record=record)
    assert again.id != request.id
    assert (again.state, group.status(request)) == ("Open", "PendingManualApproval")
    assert group.vote(group.cast.rosa, again).state == "Approved"
