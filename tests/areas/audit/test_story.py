"""Entries as sentences."""

import orjson
import pytest

from areas.audit.story import sentence
from catalog.models import AuditEntry

ARN = "arn:aws:sagemaker:us-east-1:123456789012:"


def entry(action: str, target: str, **more) -> AuditEntry:
    texts = {name: orjson.dumps(value).decode() for name, value in more.items() if isinstance(value, dict)}
    return AuditEntry(number=1, user="alice", action=action, target=target, **(more | texts))


@pytest.mark.parametrize(
    "told, said",
    [
        (entry("CreateTrainingJob", f"{ARN}training-job/penguins"), "alice created training job penguins"),
        (entry("StopTrainingJob", f"{ARN}training-job/penguins"), "alice stopped training job penguins"),
        (entry("UpdateEndpointWeightsAndCapacities", f"{ARN}endpoint/e"),
         "alice changed endpoint weights and capacities of endpoint e"),
        (entry("AddTags", f"{ARN}model/m"), "alice added tags of model m"),
        (entry("UpdateModelPackage", f"{ARN}model-package/churn/3", after={"ModelApprovalStatus": "Rejected"}),
         "alice rejected version 3 of churn"),
        (entry("UpdateModelPackage", f"{ARN}model-package/churn/3", after={"CustomerMetadataProperties": {}}),
         "alice changed version 3 of churn"),
        (entry("CreateModelPackageGroup", f"{ARN}model-package-group/churn"), "alice created model package group churn"),
        (entry("RotateWebhookSecret", "Webhook chat"), "alice renewed webhook secret of webhook chat"),
        (entry("CreateWebhook", "Webhook chat"), "alice created webhook chat"),
        (entry("DisableWebhook", "Webhook chat", detail={"reason": "gone"}), "alice disabled webhook chat: gone"),
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
