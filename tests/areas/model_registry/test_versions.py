"""Versions: their numbers, their ARNs, what Describe says of them, what is refused."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.areas.model_registry.stage import refused


def test_numbers_are_never_given_twice(registry):
    registry.group()
    assert [registry.version() for _ in range(2)] == [
        registry.arn("model-package/g/1"), registry.arn("model-package/g/2"),
    ]  # fmt: skip
    registry.sagemaker.delete_model_package(ModelPackageName=registry.arn("model-package/g/2"))
    assert registry.version() == registry.arn("model-package/g/3")


def test_numbers_of_concurrent_registrations_are_without_gap(registry):
    registry.group()
    with ThreadPoolExecutor(8) as pool:
        arns = list(pool.map(lambda _: registry.version(), range(24)))
    assert sorted(arns) == sorted(registry.arn(f"model-package/g/{number}") for number in range(1, 25))


def test_a_refused_version_takes_no_number(registry):
    registry.group()
    refused(
        "Could not find model data", registry.version, InferenceSpecification=registry.specification("s3://no-such/x")
    )
    assert registry.version().endswith("/g/1")


def test_described_by_arn_and_by_group_and_number(registry):
    registry.group()
    arn = registry.version(
        "g", ModelPackageDescription="first", CustomerMetadataProperties={"k": "v"}, Domain="COMPUTER_VISION",
        MetadataProperties={"CommitId": "abc", "GeneratedBy": "job"},
        ModelMetrics={"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://b/e.json"}}},
        DriftCheckBaselines={"Bias": {"ConfigFile": {"S3Uri": "s3://b/c.json"}}},
        ModelLifeCycle={"Stage": "Development", "StageStatus": "PendingApproval"},
    )  # fmt: skip
    for given in (arn, "g/1"):
        found = registry.read(given)
        assert found["ModelPackageArn"] == arn
        assert (found["ModelPackageGroupName"], found["ModelPackageVersion"]) == ("g", 1)
        assert "ModelPackageName" not in found, "as on AWS: the SDK v3 would go on to ask for a package of that name"
        assert found["ModelApprovalStatus"] == "PendingManualApproval"
        assert found["ModelPackageStatus"] == "Completed"
        assert found["ModelPackageStatusDetails"] == {"ValidationStatuses": [], "ImageScanStatuses": []}
        assert found["CustomerMetadataProperties"] == {"k": "v"}
        assert found["MetadataProperties"] == {"CommitId": "abc", "GeneratedBy": "job"}
        assert found["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"] == "s3://b/e.json"
        assert found["ModelLifeCycle"]["Stage"] == "Development"
        assert len(found["InferenceSpecification"]["Containers"][0]["ModelDataETag"]) == 32


def test_into_a_group_by_its_arn(registry):
    assert registry.version(registry.group()) == registry.arn("model-package/g/1")
    assert registry.read("g/1")["ModelPackageGroupName"] == "g"


def test_a_package_without_group(registry):
    arn = registry.package("alone", Tags=[{"Key": "a", "Value": "b"}])
    assert arn == registry.arn("model-package/alone")
    found = registry.read("alone")
    assert "ModelApprovalStatus" not in found and "ModelPackageVersion" not in found
    assert registry.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    refused(f"ModelPackage already exists: {arn}", registry.package, name="alone")


def test_same_client_token_same_version(registry):
    registry.group()
    assert registry.version(ClientToken="t") == registry.version(ClientToken="t")
    assert registry.version(ClientToken="u").endswith("/2")


def test_unknown_package(registry):
    arn = registry.arn("model-package/g/7")
    for given in (arn, "g/7"):
        refused(f"ModelPackage {arn} does not exist.", registry.read, name=given)
        refused("does not exist", registry.sagemaker.delete_model_package, ModelPackageName=given)
    refused("does not exist", registry.update, arn=arn, ModelApprovalStatus="Approved")


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({"ModelPackageName": "alone"}, "Exactly one of ModelPackageName and ModelPackageGroupName"),
        ({"Tags": [{"Key": "a", "Value": "b"}]}, "Tag the group instead"),
        ({"CertifyForMarketplace": True}, "CertifyForMarketplace.*not supported"),
        ({"SourceAlgorithmSpecification": {"SourceAlgorithms": [{"AlgorithmName": "a"}]}}, "SourceAlgorithmSpecification"),
        ({"ValidationSpecification": {"ValidationRole": "arn:aws:iam::123456789012:role/R", "ValidationProfiles": []}},
         "ValidationSpecification.*not supported"),
        ({"SecurityConfig": {"KmsKeyId": "k"}}, "SecurityConfig.*not supported"),
        ({"ManagedStorageType": "Restricted"}, "ManagedStorageType.*not supported"),
        ({"SourceUri": "s3://b/x"}, "SourceUri and InferenceSpecification can't be given together"),
        ({"ModelCard": {"ModelCardContent": "{", "ModelCardStatus": "Draft"}}, "ModelCard: content: not JSON"),
        ({"ModelCard": {"ModelCardContent": '{"intended_uses": {"risk_rating": "None"}}', "ModelCardStatus": "Draft"}},
         "ModelCard: intended_uses.risk_rating"),
    ],
)  # fmt: skip
def test_what_is_refused(registry, more, match):
    registry.group()
    refused(match, registry.version, **more)
    assert registry.listed(ModelPackageType="Both") == []


def test_image_and_data_are_checked(registry):
    registry.group()
    unknown = {"Containers": [{"Image": "1.dkr.ecr.us-east-1.amazonaws.com/nobodys:1", "ModelDataUrl": registry.url}]}
    refused("nobodys:1 not found", registry.version, InferenceSpecification=unknown)
    absent = registry.specification(registry.url + "x")
    refused("Could not find model data at .*x", registry.version, InferenceSpecification=absent)
    refused("needs an Image", registry.version, InferenceSpecification={"Containers": [{"ModelDataUrl": registry.url}]})


def test_skipped_validation_lets_an_image_of_elsewhere_in_but_not_out(registry):
    registry.group()
    unknown = {"Containers": [{"Image": "1.dkr.ecr.us-east-1.amazonaws.com/nobodys:1", "ModelDataUrl": registry.url}]}
    arn = registry.version(InferenceSpecification=unknown, SkipModelValidation="All", ModelApprovalStatus="Approved")
    refused(
        "nobodys:1 not found", registry.sagemaker.create_model, ModelName="m", ExecutionRoleArn=registry.role,
        PrimaryContainer={"ModelPackageName": arn},
    )  # fmt: skip


def test_a_source_that_is_a_package_or_a_model_brings_its_containers(registry):
    registry.group()
    source = registry.version()
    copy = registry.sagemaker.create_model_package(ModelPackageGroupName="g", SourceUri=source)["ModelPackageArn"]
    assert registry.read(copy)["InferenceSpecification"] == registry.read(source)["InferenceSpecification"]
    assert registry.read(copy)["SourceUri"] == source
    registry.model("m", KEY="value")
    of_model = registry.sagemaker.create_model_package(ModelPackageGroupName="g", SourceUri=registry.arn("model/m"))
    container = registry.read(of_model["ModelPackageArn"])["InferenceSpecification"]["Containers"][0]
    assert container["Environment"] == {"KEY": "value"}
    missing = registry.arn("model/nobody")
    refused(
        "Could not find model", registry.sagemaker.create_model_package, ModelPackageGroupName="g", SourceUri=missing
    )


def test_metadata_only_leaves_the_cards_content_out(registry):
    registry.group()
    content = '{"intended_uses": {"purpose_of_model": "to test"}}'
    arn = registry.version(ModelCard={"ModelCardContent": content, "ModelCardStatus": "Draft"})
    assert registry.read(arn)["ModelCard"]["ModelCardContent"] == content
    assert registry.read(arn, IncludedData="MetadataOnly")["ModelCard"] == {"ModelCardStatus": "Draft"}
