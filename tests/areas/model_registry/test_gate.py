"""Every change of a version asks the approval policies' gate, and what it refuses doesn't happen."""

import pytest

from registry import gate
from tests.areas.model_registry.stage import refused


@pytest.fixture
def asked(monkeypatch) -> list[dict]:
    """What the gate is asked, in order. It refuses what the test puts into ``asked.forbidden``."""

    class Asked(list):
        forbidden: tuple[str, ...] = ()

    questions = Asked()

    def check(**question) -> None:
        questions.append(question)
        if question["wanted"] in questions.forbidden or (
            "content" in questions.forbidden and question["changes_content"]
        ):
            raise gate.Refused("policy two-eyes wants two approvals")

    monkeypatch.setattr(gate, "check", check)
    return questions


def test_what_is_asked(registry, asked):
    registry.group()
    arn = registry.version()
    registry.update(arn, ModelApprovalStatus="Approved")
    registry.update(arn, ApprovalDescription="words")
    registry.update(arn, SourceUri="https://example.org/1")
    registry.update(arn, InferenceSpecification=registry.specification(KEY="x"))
    registry.update(arn, AdditionalInferenceSpecificationsToAdd=[{"Name": "n", **registry.specification()}])
    registry.sagemaker.delete_model_package(ModelPackageName="g/1")
    found = [(one["wanted"], one["changes_content"]) for one in asked]
    assert found == [
        ("PendingManualApproval", False), ("Approved", False), ("", False), ("", True), ("", True), ("", True),
        ("Deleted", True),
    ]  # fmt: skip
    assert {one["arn"] for one in asked} == {arn}
    assert {one["group"] for one in asked} == {"g"}
    assert {one["user"] for one in asked} == {f"arn:aws:iam::{registry.aws.number}:root"}
    assert {one["connection"].account for one in asked} == {registry.aws.number}


def test_what_is_refused_did_not_happen(registry, asked):
    registry.group()
    arn = registry.version()
    before = registry.read(arn)
    asked.forbidden = ("Approved", "Deleted", "content")
    because = f"sagemaker:UpdateModelPackage on resource: {arn} because policy two-eyes wants two approvals"
    refused(because, registry.update, "AccessDeniedException", arn=arn, ModelApprovalStatus="Approved")
    refused("two-eyes", registry.update, "AccessDeniedException", arn=arn, SourceUri="https://example.org/1")
    refused("two-eyes", registry.sagemaker.delete_model_package, "AccessDeniedException", ModelPackageName=arn)
    refused("two-eyes", registry.version, "AccessDeniedException", ModelApprovalStatus="Approved")
    assert registry.read(arn) == before
    asked.forbidden = ()
    assert registry.version().endswith("/g/2")  # the refused one took no number
    assert len(registry.events()) == 2


def test_the_studios_user_is_asked_about(registry, asked):
    from tests.stage import Cast

    registry.group()
    arn = registry.version()
    rosa = Cast(registry.aws).rosa
    rosa.client("sagemaker").update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Rejected")
    assert (asked[-1]["user"], asked[-1]["wanted"]) == (rosa.name, "Rejected")
    assert registry.read(arn)["LastModifiedBy"]["UserProfileName"] == rosa.name
