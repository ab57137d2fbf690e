"""Roles: who may approve may not therefore change or register; who may register may not therefore approve."""

import pytest

from tests.areas.model_registry.stage import refused


@pytest.fixture
def version(registry) -> str:
    registry.group()
    return registry.version()


def test_a_reviewer_decides_and_does_no_more(registry, cast, version):
    rosa = cast.rosa.client("sagemaker")
    rosa.update_model_package(ModelPackageArn=version, ModelApprovalStatus="Rejected", ApprovalDescription="no")
    denied = "no role of .* allows update_model_package"
    for more in (
        {"InferenceSpecification": registry.specification(KEY="x")}, {"CustomerMetadataProperties": {"a": "b"}},
        {"ModelLifeCycle": {"Stage": "Production", "StageStatus": "Approved"}},
    ):  # fmt: skip
        for decision in ({"ModelApprovalStatus": "Approved"}, {}):
            refused(
                denied, rosa.update_model_package, "AccessDeniedException", ModelPackageArn=version, **more, **decision
            )
    refused("allows create_model_package", rosa.create_model_package, "AccessDeniedException",
            ModelPackageGroupName="g", ModelApprovalStatus="Approved")  # fmt: skip
    found = registry.read(version)
    assert (found["ModelApprovalStatus"], "ModelLifeCycle" in found) == ("Rejected", False)
    assert registry.listed(ModelPackageGroupName="g") == ["g/1"]


def test_a_scientist_registers_and_approves_nothing(registry, cast, version):
    alice = cast.alice.client("sagemaker")
    denied = "no role of .* allows approve_model_package"
    arn = alice.create_model_package(
        ModelPackageGroupName="g",
        InferenceSpecification=registry.specification(),
        CustomerMetadataProperties={"a": "b"},
    )["ModelPackageArn"]
    for status in ("Approved", "Rejected"):
        refused(
            denied, alice.update_model_package, "AccessDeniedException", ModelPackageArn=arn, ModelApprovalStatus=status
        )
        refused(denied, alice.create_model_package, "AccessDeniedException",
                ModelPackageGroupName="g", ModelApprovalStatus=status)  # fmt: skip
    assert registry.read(arn)["CreatedBy"]["UserProfileName"] == cast.alice.name


def test_an_outsider_is_refused_everywhere(registry, cast, version):
    charlie = cast.charlie.client("sagemaker")
    for call, request in (
        (charlie.describe_model_package, {"ModelPackageName": version}),
        (charlie.list_model_packages, {}),
        (charlie.create_model_package, {"ModelPackageGroupName": "g"}),
        (charlie.list_model_package_groups, {}),
        (charlie.update_model_package, {"ModelPackageArn": version, "ModelApprovalStatus": "Approved"}),
        (charlie.delete_model_package, {"ModelPackageName": version}),
        (charlie.delete_model_package_group, {"ModelPackageGroupName": "g"}),
        (charlie.get_model_package_group_policy, {"ModelPackageGroupName": "g"}),
        (charlie.put_model_package_group_policy, {"ModelPackageGroupName": "g", "ResourcePolicy": "{}"}),
        (charlie.search, {"Resource": "ModelPackage"}),
    ):
        refused("is not authorized to perform", call, "AccessDeniedException", **request)
    answer = charlie.batch_describe_model_package
    refused("is not authorized to perform", answer, "AccessDeniedException", ModelPackageArnList=[version])
    assert registry.listed(ModelPackageGroupName="g") == ["g/1"]


def test_a_role_for_some_groups_sees_only_those(registry, cast, version):
    from catalog.models import Grant, Role

    registry.group("secret")
    hidden = registry.version("secret")
    vera = cast.charlie
    role = Role.objects.create(
        name=f"g-only-{registry.aws.number}",
        rules=[{"verbs": ["view", "create"], "nouns": ["ModelPackage", "ModelPackageGroup"], "names": ["g", "g/*"]}],
    )
    Grant.objects.create(role=role, connection_id=registry.aws.connection.id, user=vera.user)
    api = vera.client("sagemaker")
    found = api.list_model_packages(ModelPackageType="Both")["ModelPackageSummaryList"]
    assert [one["ModelPackageArn"] for one in found] == [version]
    assert [
        one["ModelPackageGroupName"] for one in api.list_model_package_groups()["ModelPackageGroupSummaryList"]
    ] == ["g"]
    batch = api.batch_describe_model_package(ModelPackageArnList=[version, hidden])
    assert (list(batch["ModelPackageSummaries"]), list(batch["BatchDescribeModelPackageErrorMap"])) == (
        [version],
        [hidden],
    )
    refused("is not authorized", api.describe_model_package, "AccessDeniedException", ModelPackageName=hidden)
    assert api.create_model_package(ModelPackageGroupName="g")["ModelPackageArn"].endswith("g/2")
    refused("is not authorized", api.create_model_package, "AccessDeniedException", ModelPackageGroupName="secret")
