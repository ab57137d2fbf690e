"""Entries as sentences."""

import orjson
import pytest

from areas.audit.story import sentence
from catalog.models import AuditEntry

ARN = "arn:aws:sagemaker:us-east-1:123456789012:"


def entry(action: str, target: str, **more) -> AuditEntry:
    texts = {name: orjson.dumps(value).decode() for name, value in more.items() if isinstance(value, dict)}
    return AuditEntry(**({"number": 1, "user": "alice", "action": action, "target": target} | more | texts))


@pytest.mark.parametrize(
    "told, said",
    [
        (entry("CreateTrainingJob", f"{ARN}training-job/penguins"), "alice created training job penguins"),
        (entry("StopTrainingJob", f"{ARN}training-job/penguins"), "alice stopped training job penguins"),
        (entry("UpdateEndpointWeightsAndCapacities", f"{ARN}endpoint/e"),
         "alice changed the weights and capacities of endpoint e"),
        (entry("AddTags", f"{ARN}model/m"), "alice added the tags of model m"),
        (entry("UpdateModelPackage", f"{ARN}model-package/churn/3", after={"ModelApprovalStatus": "Rejected"}),
         "alice rejected version 3 of churn"),
        (entry("UpdateModelPackage", f"{ARN}model-package/churn/3", after={"CustomerMetadataProperties": {}}),
         "alice changed version 3 of churn"),
        (entry("CreateModelPackageGroup", f"{ARN}model-package-group/churn"), "alice created model package group churn"),
        (entry("RotateWebhookSecret", "Webhook chat"), "alice renewed the secret of webhook chat"),
        (entry("CreateWebhook", "Webhook chat"), "alice created webhook chat"),
        (entry("DisableWebhook", "Webhook chat", detail={"reason": "gone"}), "alice disabled webhook chat: gone"),
        (entry("SignIn", "User alice"), "alice signed in"),
        (entry("SignIn", "User bob", outcome="Refused"), "alice was not allowed to sign in as user bob"),
        (entry("GiveRole", "User bob", after={"role": "Reviewer", "connection": "*"}),
         "alice gave user bob the role Reviewer on every connection"),
        (entry("TakeRole", "Group team", before={"role": "Reviewer", "connection": "prod"}),
         "alice took the role Reviewer on prod from group team"),
        (entry("AddGroupMember", "Group team", after={"user": "bob"}), "alice added bob to group team"),
        (entry("StartRun", "Run 5 for TrainingJob penguins"), "alice asked for training job penguins"),
        (entry("VoteApprovalRequest", f"{ARN}model-package/churn/3", detail={"request": 7, "vote": "approve", "comment": "good"}),
         "alice voted to approve version 3 of churn: good"),
        (entry("UndoRollout", f"{ARN}model-package/churn/3", detail={"request": 7, "endpoint": "live"}),
         "alice undid the rollout of version 3 of churn to endpoint live"),
        (entry("GiveRole", "User bob", after={"role": "{user.__class__}"}), "alice gave user bob the role {user.__class__}"),
        (entry("UploadDatasetVersion", "Dataset penguins v3"), "alice uploaded dataset penguins v3"),
        (entry("PutModelPackageGroupPolicy", f"{ARN}model-package-group/churn"),
         "alice set the policy of model package group churn"),
        (entry("SignIn", "User bob", outcome="Refused", user="(not signed in)"),
         "somebody was not allowed to sign in as user bob"),
        (entry("VoteApprovalRequest", f"{ARN}model-package/churn/3", detail={"vote": "changes", "comment": "no bias report"}),
         "alice voted to ask for changes to version 3 of churn: no bias report"),
        (entry("PolishModel", f"{ARN}model/m"), "alice did PolishModel on model m"),
        (entry("DeleteModel", "", outcome="Failed"), "alice failed to delete model"),
        (entry("", ""), "alice did  on"),
    ],
)  # fmt: skip
def test_an_entry_is_a_sentence(told, said):
    assert sentence(told) == said


def test_nobody_is_the_studio_and_an_arn_is_its_end():
    assert sentence(AuditEntry(action="DeleteModel", target="Model m")) == "Atelier deleted model m"
    root = AuditEntry(user="arn:aws:iam::123456789012:user/ci", action="DeleteModel", target="Model m")
    assert sentence(root) == "ci deleted model m"
