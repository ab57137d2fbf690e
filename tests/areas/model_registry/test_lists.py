"""ListModelPackages, BatchDescribeModelPackage, Search and tags of names with a slash."""

import pytest


@pytest.fixture
def filled(registry):
    for group in ("g", "h1"):
        registry.group(group)
    registry.version("g")
    registry.version("g", ModelApprovalStatus="Approved")
    registry.version("g", ModelApprovalStatus="Approved")
    registry.version("h1")
    registry.package("alone")
    return registry


def test_without_group_and_type_only_unversioned(filled):
    assert filled.listed() == ["alone"]
    assert filled.listed(ModelPackageType="Unversioned") == ["alone"]


def test_types_and_groups(filled):
    assert filled.listed(ModelPackageType="Versioned") == ["g/1", "g/2", "g/3", "h1/1"]
    assert filled.listed(ModelPackageType="Both") == ["g/1", "g/2", "g/3", "h1/1", "alone"]
    assert filled.listed(ModelPackageGroupName="g") == ["g/1", "g/2", "g/3"]
    assert filled.listed(ModelPackageGroupName=filled.arn("model-package-group/g")) == ["g/1", "g/2", "g/3"]
    assert filled.listed(ModelPackageGroupName="g", ModelPackageType="Unversioned") == []


def test_latest_approved_as_the_sdk_asks(filled):
    asked = {"ModelPackageGroupName": "g", "ModelApprovalStatus": "Approved", "SortBy": "CreationTime"}
    found = filled.sagemaker.list_model_packages(**asked, SortOrder="Descending", MaxResults=1)
    assert [one["ModelPackageVersion"] for one in found["ModelPackageSummaryList"]] == [3]
    rest = filled.sagemaker.list_model_packages(
        **asked, SortOrder="Descending", MaxResults=1, NextToken=found["NextToken"]
    )
    assert [one["ModelPackageVersion"] for one in rest["ModelPackageSummaryList"]] == [2]
    assert "NextToken" not in rest


def test_a_name_filter_means_the_group_not_the_number(filled):
    assert filled.listed(ModelPackageType="Both", NameContains="1") == ["h1/1"]
    assert filled.listed(ModelPackageType="Both", NameContains="lon") == ["alone"]


def test_many_described_at_once(filled, other):
    other.group()
    arns = [filled.arn("model-package/g/2"), filled.arn("model-package/g/9"), other.version()]
    found = filled.sagemaker.batch_describe_model_package(ModelPackageArnList=arns)
    assert set(found["ModelPackageSummaries"]) == {arns[0]}
    summary = found["ModelPackageSummaries"][arns[0]]
    assert (summary["ModelPackageVersion"], summary["ModelApprovalStatus"]) == (2, "Approved")
    assert set(found["BatchDescribeModelPackageErrorMap"]) == set(arns[1:])
    assert found["BatchDescribeModelPackageErrorMap"][arns[1]] == {
        "ErrorCode": "ValidationException", "ErrorResponse": f"ModelPackage {arns[1]} does not exist.",
    }  # fmt: skip


def test_search_finds_versions_and_groups(filled):
    one = {"Filters": [
        {"Name": "ModelPackageGroupName", "Value": "g"}, {"Name": "ModelPackageVersion", "Value": "2"},
        {"Name": "ModelApprovalStatus", "Value": "Approved"},
    ]}  # fmt: skip
    found = filled.sagemaker.search(Resource="ModelPackage", SearchExpression=one)["Results"]
    assert [result["ModelPackage"]["ModelPackageArn"] for result in found] == [filled.arn("model-package/g/2")]
    by_name = {"Filters": [{"Name": "ModelPackageGroupName", "Value": "h1"}]}
    found = filled.sagemaker.search(Resource="ModelPackageGroup", SearchExpression=by_name)["Results"]
    assert [result["ModelPackageGroup"]["ModelPackageGroupName"] for result in found] == ["h1"]


def test_tags_of_a_version(filled):
    arn = filled.arn("model-package/g/1")
    filled.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    assert filled.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    filled.sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a"])
    assert filled.sagemaker.list_tags(ResourceArn=arn)["Tags"] == []
