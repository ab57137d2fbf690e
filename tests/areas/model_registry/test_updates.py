"""UpdateModelPackage: approval, metadata, content; and the events that tell of it."""

from tests.areas.model_registry.stage import refused


def test_metadata_is_merged_and_removed(registry):
    registry.group()
    arn = registry.version(CustomerMetadataProperties={"a": "1", "b": "2"})
    registry.update(arn, CustomerMetadataProperties={"b": "3", "c": "4"}, CustomerMetadataPropertiesToRemove=["a", "x"])
    assert registry.read(arn)["CustomerMetadataProperties"] == {"b": "3", "c": "4"}
    registry.update(arn, CustomerMetadataPropertiesToRemove=["b", "c"])
    assert "CustomerMetadataProperties" not in registry.read(arn)


def test_at_most_50_properties_after_the_merge(registry):
    registry.group()
    arn = registry.version(CustomerMetadataProperties={f"k{number}": "v" for number in range(30)})
    more = {f"m{number}": "v" for number in range(21)}
    refused(
        "at most 50 CustomerMetadataProperties; these would be 51",
        registry.update,
        arn=arn,
        CustomerMetadataProperties=more,
    )
    registry.update(arn, CustomerMetadataProperties=more, CustomerMetadataPropertiesToRemove=["k0"])
    assert len(registry.read(arn)["CustomerMetadataProperties"]) == 50


def test_approval_with_description_and_who(registry):
    registry.group()
    arn = registry.version()
    registry.update(
        arn, ModelApprovalStatus="Approved", ApprovalDescription="good", ModelPackageRegistrationType="Registered"
    )
    found = registry.read(arn)
    assert (found["ModelApprovalStatus"], found["ApprovalDescription"]) == ("Approved", "good")
    assert found["LastModifiedBy"]["IamIdentity"]["Arn"].endswith(":root")
    assert found["LastModifiedTime"] > found["CreationTime"]


def test_every_change_of_state_is_an_event(registry):
    registry.group()
    arn = registry.version(MetadataProperties={"CommitId": "abc"})
    registry.update(arn, ApprovalDescription="only words")
    registry.update(arn, ModelApprovalStatus="Approved")
    registry.update(arn, ModelApprovalStatus="Approved")
    registry.update(arn, ModelLifeCycle={"Stage": "Staging", "StageStatus": "Approved"})
    made, approved, staged = registry.events()
    for event in (made, approved, staged):
        assert (event.detail_type, event.source) == ("SageMaker Model Package State Change", "aws.sagemaker")
        assert event.resources == [arn]
        assert event.detail["ModelPackageArn"] == arn
    assert made.detail["ModelApprovalStatus"] == "PendingManualApproval"
    detail = approved.detail
    assert detail["ModelApprovalStatus"] == "Approved"
    assert (detail["ModelPackageGroupName"], detail["ModelPackageVersion"]) == ("g", 1)
    assert (detail["ModelPackageStatus"], detail["CertifyForMarketplace"]) == ("Completed", False)
    assert detail["MetadataProperties"] == {"CommitId": "abc"}
    assert detail["InferenceSpecification"]["Containers"][0]["ModelDataUrl"] == registry.url
    created = registry.read(arn)["CreationTime"]
    assert detail["CreationTime"] == created.strftime("%Y-%m-%dT%H:%M:%S.") + f"{created.microsecond // 1000:03}Z"
    assert detail["LastModifiedTime"].endswith("Z")
    assert staged.detail["ModelLifeCycle"]["Stage"] == "Staging"


def test_content_is_replaced_and_added_to(registry):
    registry.group()
    arn = registry.version()
    registry.update(arn, InferenceSpecification=registry.specification(KEY="other"))
    assert registry.read(arn)["InferenceSpecification"]["Containers"][0]["Environment"] == {"KEY": "other"}
    more = {"Name": "big", **registry.specification(KEY="big")}
    registry.update(arn, AdditionalInferenceSpecificationsToAdd=[more])
    refused("big is there twice", registry.update, arn=arn, AdditionalInferenceSpecificationsToAdd=[more])
    assert [one["Name"] for one in registry.read(arn)["AdditionalInferenceSpecifications"]] == ["big"]
    registry.update(arn, SourceUri="https://example.org/run/1")
    assert registry.read(arn)["SourceUri"] == "https://example.org/run/1"
    refused(
        "can't be given together", registry.update, arn=arn, SourceUri="s3://b/x",
        InferenceSpecification=registry.specification(),
    )  # fmt: skip


def test_card_status_alone_keeps_the_content(registry):
    registry.group()
    content = '{"intended_uses": {"risk_rating": "Low"}}'
    arn = registry.version(ModelCard={"ModelCardContent": content, "ModelCardStatus": "Draft"})
    registry.update(arn, ModelCard={"ModelCardStatus": "Approved"})
    assert registry.read(arn)["ModelCard"] == {"ModelCardContent": content, "ModelCardStatus": "Approved"}
    refused("ModelCard: ", registry.update, arn=arn, ModelCard={"ModelCardContent": "[]", "ModelCardStatus": "Draft"})
