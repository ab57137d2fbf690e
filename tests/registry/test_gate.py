"""Nothing goes around a policy: not the wire, not the account's own key, not new content under old votes."""

import pytest
from botocore.exceptions import ClientError

from catalog.models import AuditEntry
from registry import decisions
from registry.errors import Conflict, NotAllowed
from tests.registry.desk import fresh


@pytest.mark.parametrize("who", ["rosa", "ada", None])
def test_wire_approval_is_refused_and_says_why(group, who):
    policy = group.policy(approvals=2, roles=["Reviewer"])
    request = group.version()
    group.vote(group.cast.remi, request)
    person = getattr(group.cast, who) if who else None
    said = group.update(person, request, ModelApprovalStatus="Approved")
    assert f'approval policy "{policy.name}" is not satisfied' in said
    assert f"it needs 2 approvals of Reviewer and has 1 ({group.cast.remi.name})" in said
    assert f"/approvals/{request.id}/" in said
    said = group.update(person, request, ModelApprovalStatus="Rejected")
    assert "lets only its voters reject the version" in said
    assert group.status(request) == "PendingManualApproval"
    refusals = AuditEntry.objects.filter(connection=group.connection.name, outcome="Refused", target=request.arn)
    assert refusals.count() == 2


def test_registering_as_approved_is_refused(group):
    group.policy()
    with pytest.raises(ClientError, match="only by the approval desk: register it as PendingManualApproval") as caught:
        group.version(by=group.cast.ada, ModelApprovalStatus="Approved")
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert group.sagemaker.list_model_packages(ModelPackageGroupName=group.group)["ModelPackageSummaryList"] == []


def test_other_groups_and_packages_without_versions_are_free(group):
    group.policy(groups=f"{group.group}-*")
    assert group.version(by=group.cast.ada).policy is None


def test_global_policy_and_the_one_that_is_nearer(desk):
    """A connection's own policy goes first, then the exact name, then the longer pattern."""
    from registry import policies

    wide = desk.policy(groups="*")
    longer = desk.policy(groups=f"{desk.group[:1]}*")
    exact = desk.policy(groups=desk.group)
    found = []
    for policy in (exact, longer, wide):
        found.append(policies.in_force(desk.connection, desk.group))
        desk.change(policy, enabled=False)
    assert found == [exact, longer, wide]
    assert policies.in_force(desk.connection, desk.group) is None


def test_content_changed_over_the_wire_voids_the_votes(group):
    group.policy(approvals=2)
    request = group.version()
    group.vote(group.cast.rosa, request)
    other = group.put("other-model.tar.gz", b"another model")
    specification = group.sagemaker.describe_model_package(ModelPackageName=request.arn)["InferenceSpecification"]
    specification["Containers"][0]["ModelDataUrl"] = other
    specification["Containers"] = [
        {name: value for name, value in specification["Containers"][0].items() if name in ("Image", "ModelDataUrl")}
    ]
    group.update(group.cast.ada, request, InferenceSpecification=specification)
    found = fresh(request)
    assert found.authors == sorted([group.cast.alice.name, group.cast.ada.name])
    assert list(found.votes.values_list("void", flat=True)) == [True]
    with pytest.raises(NotAllowed, match="is an author"):
        group.vote(group.cast.ada, request)
    assert group.vote(group.cast.remi, request).state == "Open"
    assert group.vote(group.cast.rosa, request).state == "Approved"


def test_bytes_swapped_in_s3_void_the_votes(group):
    group.policy(approvals=2)
    request = group.version()
    group.vote(group.cast.rosa, request)
    group.put(f"{group.group}/model.tar.gz", b"not the model that rosa saw")
    with pytest.raises(Conflict, match="all votes are void"):
        group.vote(group.cast.remi, request)
    assert not request.votes.filter(void=False).exists()
    group.put(f"{group.group}/model.tar.gz", b"again another")
    with pytest.raises(Conflict, match="all votes are void"):
        group.vote(group.cast.remi, request)
    assert group.vote(group.cast.remi, request).state == "Open"


def test_bytes_swapped_between_vote_and_decision(group, monkeypatch):
    group.policy()
    request = group.version()
    carry_out = decisions.carry_out
    monkeypatch.setattr(
        decisions, "carry_out", lambda number: (group.put(f"{group.group}/model.tar.gz", b"x"), carry_out(number))
    )
    assert group.vote(group.cast.rosa, request).state == "Open"
    assert group.status(request) == "PendingManualApproval"
    assert "what was voted on has changed" in request.remarks.last().text


def test_bytes_swapped_after_the_approval_are_not_deployed(group):
    group.policy()
    request = group.version()
    group.vote(group.cast.rosa, request)
    container = {"ModelPackageName": request.arn}
    role = group.aws.role
    group.sagemaker.create_model(ModelName="before", PrimaryContainer=container, ExecutionRoleArn=role)
    group.put(f"{group.group}/model.tar.gz", b"poisoned")
    with pytest.raises(
        ClientError, match=r"no longer what was approved|is not what the model package was registered with"
    ):
        group.sagemaker.create_model(ModelName="after", PrimaryContainer=container, ExecutionRoleArn=role)
    variant = {"VariantName": "v", "ModelName": "before", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    with pytest.raises(ClientError, match="no longer what was approved"):
        group.sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])


def test_an_approved_version_stays_what_it_is(group):
    group.policy()
    request = group.version()
    group.vote(group.cast.rosa, request)
    said = group.update(group.cast.alice, request, SourceUri="https://example.org/other")
    assert "lets nobody change what an approved version contains" in said
    said = group.update(group.cast.rosa, request, ModelApprovalStatus="Rejected")
    assert "ask for its approval at /approvals/ first" in said
    assert group.update(group.cast.alice, request, ModelApprovalStatus="PendingManualApproval") == ""
    again = request.__class__.objects.get(arn=request.arn, state="Open")
    assert again.authors == [group.cast.alice.name]


def test_stale_eyes(group):
    """A vote is about what the voter has seen: the page sends its fingerprint."""
    from registry.standing import fingerprint

    group.policy()
    request = group.version()
    seen = fingerprint(request)
    group.put(f"{group.group}/model.tar.gz", b"changed")
    decisions.refresh(request)
    with pytest.raises(Conflict, match="no longer what you have looked at"):
        group.vote(group.cast.rosa, request, seen=seen)
    assert group.vote(group.cast.rosa, request, seen=fingerprint(fresh(request))).state == "Approved"
