"""What changes while a request waits: the rule of the moment of the decision counts."""

import pytest

from catalog.models import Grant, Role
from registry import desk as ticking
from registry import policies
from registry.approvals import ApprovalRequest, PolicyVersion
from registry.errors import Conflict, DeskError, NotAllowed
from tests.registry.desk import fresh


def test_a_voter_who_lost_the_role_counts_no_more(desk):
    desk.policy(approvals=2)
    request = desk.version()
    desk.vote(desk.cast.rosa, request)
    desk.cast.rosa.grant.delete()
    assert desk.vote(desk.cast.remi, request).state == "Open"
    assert desk.vote(desk.cast.ada, request).state == "Approved"


def test_a_voter_who_was_deactivated_counts_no_more(desk):
    desk.policy(approvals=2)
    request = desk.version()
    desk.vote(desk.cast.rosa, request)
    desk.cast.rosa.user.is_active = False
    desk.cast.rosa.user.save()
    assert desk.vote(desk.cast.remi, request).state == "Open"


def test_a_role_by_a_group_counts(desk):
    from django.contrib.auth.models import Group

    desk.policy(roles=["Reviewer"])
    request = desk.version()
    group = Group.objects.create(name=f"reviewers-{desk.aws.number}")
    Grant.objects.create(role=Role.objects.get(name="Reviewer"), connection_id=desk.connection.id, group=group)
    with pytest.raises(NotAllowed):
        desk.vote(desk.cast.dan, request)
    desk.cast.dan.user.groups.add(group)
    assert desk.vote(desk.cast.dan, request).state == "Approved"


def test_policy_made_stricter_meanwhile(desk):
    policy = desk.policy()
    request = desk.version()
    desk.change(policy, approvals=2)
    assert desk.vote(desk.cast.rosa, request).state == "Open"
    assert desk.vote(desk.cast.remi, request).state == "Approved"


def test_policy_made_laxer_meanwhile(desk):
    policy = desk.policy(approvals=2)
    request = desk.version()
    desk.vote(desk.cast.rosa, request)
    desk.change(policy, approvals=1)
    ticking.tick()
    assert fresh(request).state == "Approved"


def test_policy_deleted_meanwhile(desk):
    policy = desk.policy(approvals=2)
    request = desk.version()
    policies.delete(actor=desk.cast.ada.user, policy=policy)
    assert desk.vote(desk.cast.rosa, request).state == "Approved"
    versions = list(PolicyVersion.objects.filter(policy=policy.id).values_list("number", "deleted", "by"))
    assert versions == [(2, True, desk.cast.ada.name), (1, False, desk.cast.ada.name)]


def test_expiry(desk):
    policy = desk.policy(expiry_days=7)
    request = desk.version()
    assert (request.expires - request.opened).days == 7
    ApprovalRequest.objects.filter(id=request.id).update(opened="2020-01-01T00:00:00Z")
    with pytest.raises(Conflict, match="expired on 8 January 2020"):
        desk.vote(desk.cast.rosa, request)
    assert fresh(request).state == "Expired"
    assert desk.status(request) == "PendingManualApproval"
    other = desk.version()
    desk.change(policy, expiry_days=0)
    ApprovalRequest.objects.filter(id=other.id).update(opened="2020-01-01T00:00:00Z", expires="2020-01-08T00:00:00Z")
    ticking.tick()
    assert (fresh(other).state, fresh(other).expires) == ("Open", None)


def test_expired_requests_end_by_themselves(desk):
    desk.policy(expiry_days=7)
    request = desk.version()
    ApprovalRequest.objects.filter(id=request.id).update(opened="2020-01-01T00:00:00Z", expires="2020-01-08T00:00:00Z")
    ticking.tick()
    assert fresh(request).state == "Expired"
    assert "ask for its approval" in desk.update(desk.cast.rosa, request, ModelApprovalStatus="Approved")


def test_only_who_manages_policies_changes_them(desk):
    policy = desk.policy()
    for who in (desk.cast.alice, desk.cast.rosa, desk.cast.vera, desk.cast.charlie):
        with pytest.raises(NotAllowed, match="manage_approval_policy"):
            policies.save(actor=who.user, values={"approvals": 5}, connection=desk.connection, policy=policy)
        with pytest.raises(NotAllowed, match="manage_approval_policy"):
            policies.delete(actor=who.user, policy=policy)
    with pytest.raises(NotAllowed, match="on every connection"):
        policies.save(actor=desk.cast.ada.user, values={"name": "mine"}, connection=None)


def test_two_editors(desk):
    policy = desk.policy()
    desk.change(policy, approvals=2)
    with pytest.raises(Conflict, match="was changed by"):
        policies.save(actor=desk.cast.ada.user, values={"approvals": 3}, connection=desk.connection, policy=policy,
                      seen_version=1)  # fmt: skip


@pytest.mark.parametrize(("values", "field"), [
    ({"approvals": 0}, "approvals"), ({"approvals": True}, "approvals"), ({"groups": "a b"}, "groups"),
    ({"roles": ["Nobody"]}, "roles"), ({"name": ""}, "name"), ({"expiry_days": -1}, "expiry_days"),
    ({"checks": [{"kind": "magic"}]}, "checks"), ({"checks": [{"kind": "metric"}]}, "checks"),
    ({"checks": [{"kind": "metric", "metric": "auc"}]}, "checks"),
    ({"checks": [{"kind": "metric", "metric": "auc", "tolerance": 0}]}, "checks"),
    ({"checks": [{"kind": "metric", "metric": "auc", "at_least": "x"}]}, "checks"),
    ({"on_approval": {"endpoint": ""}}, "on_approval"), ({"on_approval": {"endpoint": "e", "count": "x"}}, "on_approval"),
    ({"on_approval": {"endpoint": "e", "connection": "nowhere"}}, "on_approval"),
    ({"on_approval": {"endpoint": "e", "canary_percent": 90}}, "on_approval"), ({"colour": 1}, "colour"),
])  # fmt: skip
def test_policies_that_cant_be_right(desk, values, field):
    with pytest.raises(DeskError) as caught:
        desk.policy(**values)
    assert caught.value.field == field
