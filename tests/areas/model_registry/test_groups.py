"""Model package groups: made, described by name or ARN, listed, deleted when empty."""

from tests.areas.model_registry.stage import refused


def test_described_by_name_and_by_arn(registry):
    arn = registry.group("churn", ModelPackageGroupDescription="Who leaves", Tags=[{"Key": "team", "Value": "crm"}])
    assert arn == registry.arn("model-package-group/churn")
    for given in ("churn", arn):
        found = registry.sagemaker.describe_model_package_group(ModelPackageGroupName=given)
        assert found["ModelPackageGroupArn"] == arn
        assert found["ModelPackageGroupDescription"] == "Who leaves"
        assert found["ModelPackageGroupStatus"] == "Completed"
        assert found["CreatedBy"]["IamIdentity"]["Arn"] == f"arn:aws:iam::{registry.aws.number}:root"
    assert registry.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "crm"}]


def test_a_taken_name_says_that_it_already_exists(registry):
    registry.group("churn")
    refused(f"already exists: {registry.arn('model-package-group/churn')}", registry.group, name="churn")


def test_unknown_group(registry):
    arn = registry.arn("model-package-group/nobody")
    describe = registry.sagemaker.describe_model_package_group
    refused(f"ModelPackageGroup {arn} does not exist.", describe, ModelPackageGroupName="nobody")
    refused(f"ModelPackageGroup {arn} does not exist.", describe, ModelPackageGroupName=arn)
    refused("does not exist", registry.sagemaker.delete_model_package_group, ModelPackageGroupName="nobody")
    refused("does not exist", registry.version, group="nobody")


def test_only_an_empty_group_is_deleted(registry):
    registry.group("churn")
    first, second = registry.version("churn"), registry.version("churn")
    delete = registry.sagemaker.delete_model_package_group
    refused("delete its 2 model packages first", delete, "ConflictException", ModelPackageGroupName="churn")
    registry.sagemaker.delete_model_package(ModelPackageName=first)
    refused("delete its 1 model package first", delete, "ConflictException", ModelPackageGroupName="churn")
    registry.sagemaker.delete_model_package(ModelPackageName=second)
    delete(ModelPackageGroupName=registry.arn("model-package-group/churn"))
    refused("does not exist", registry.sagemaker.describe_model_package_group, ModelPackageGroupName="churn")


def test_listed_with_status_oldest_first(registry):
    for name in ("b", "a", "c"):
        registry.group(name)
    found = registry.sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert [one["ModelPackageGroupName"] for one in found] == ["b", "a", "c"]
    assert {one["ModelPackageGroupStatus"] for one in found} == {"Completed"}
    by_name = registry.sagemaker.list_model_package_groups(SortBy="Name", SortOrder="Descending")
    assert [one["ModelPackageGroupName"] for one in by_name["ModelPackageGroupSummaryList"]] == ["c", "b", "a"]


def test_groups_of_other_accounts_are_not_listed_but_asking_for_them_is_no_error(registry, other):
    other.group("theirs")
    found = registry.sagemaker.list_model_package_groups(CrossAccountFilterOption="SameAccount")
    assert found["ModelPackageGroupSummaryList"] == []


def test_storage_that_sagemaker_manages_is_refused(registry):
    refused("ManagedConfiguration", registry.group, ManagedConfiguration={"ManagedStorageType": "Restricted"})
