"""Resource policies of groups: what is put is what is read, and it decides what another account may do."""

import json

import pytest

from tests.areas.model_registry.stage import refused
from tests.stage import Cast

GROUP_ACTIONS = ["sagemaker:DescribeModelPackageGroup"]
VERSION_ACTIONS = [
    "sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages", "sagemaker:UpdateModelPackage", "sagemaker:CreateModel",
]  # fmt: skip


def convention(registry, other, *more: dict, group: str = "g") -> str:
    """The policy that AWS's guide shows: the account may see the group, and use its versions."""
    principal = {"AWS": f"arn:aws:iam::{other.aws.number}:root"}
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "1", "Effect": "Allow", "Principal": principal, "Action": GROUP_ACTIONS,
         "Resource": registry.arn(f"model-package-group/{group}")},
        {"Sid": "2", "Effect": "Allow", "Principal": principal, "Action": VERSION_ACTIONS,
         "Resource": registry.arn(f"model-package/{group}/*")},
        *more,
    ]})  # fmt: skip


def share(registry, text: str, group: str = "g") -> None:
    registry.sagemaker.put_model_package_group_policy(ModelPackageGroupName=group, ResourcePolicy=text)


def test_round_trip(registry, other):
    registry.group()
    api = registry.sagemaker
    missing = f"Cannot find resource policy for: {registry.arn('model-package-group/g')}"
    refused(missing, api.get_model_package_group_policy, ModelPackageGroupName="g")
    refused(missing, api.delete_model_package_group_policy, ModelPackageGroupName="g")
    text = convention(registry, other).replace(", ", ",   ")
    assert api.put_model_package_group_policy(ModelPackageGroupName="g", ResourcePolicy=text)["ModelPackageGroupArn"]
    assert api.get_model_package_group_policy(ModelPackageGroupName="g")["ResourcePolicy"] == text
    api.delete_model_package_group_policy(ModelPackageGroupName="g")
    refused(missing, api.get_model_package_group_policy, ModelPackageGroupName="g")
    unknown = f"Cannot find Model Package Group: {registry.arn('model-package-group/nobody')}"
    refused(unknown, api.get_model_package_group_policy, ModelPackageGroupName="nobody")
    refused(unknown, api.put_model_package_group_policy, ModelPackageGroupName="nobody", ResourcePolicy=text)


def statement(**changes) -> str:
    base = {"Effect": "Allow", "Principal": "*", "Action": "sagemaker:*", "Resource": "*"} | changes
    return json.dumps({"Version": "2012-10-17", "Statement": [{k: v for k, v in base.items() if v is not None}]})


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("{", "not JSON"), ("[]", "must be a JSON object"), ('{"Version": "2012-10-17"}', "at least one Statement"),
        ('{"Version": "1", "Statement": {}}', "Version"), (statement(Effect="Maybe"), "Statement 1: Effect must be"),
        (statement(Principal=None), "needs a Principal"), (statement(Principal={"AWS": "alice"}), "Invalid principal"),
        (statement(Principal={"Service": "sagemaker.amazonaws.com"}), "Service is not supported"),
        (statement(Action=None), "Action or NotAction"), (statement(Action="s3:GetObject"), "actions of SageMaker"),
        (statement(Resource=[1]), "Resource must be"), (statement(NotResource="*"), "either Resource or NotResource"),
        (statement(Condition={"Bool": {}}), "Condition is not supported"), (statement(Extra=1), "has no member Extra"),
    ],
)  # fmt: skip
def test_what_could_not_be_evaluated_is_refused(registry, text, match):
    registry.group()
    refused(match, registry.sagemaker.put_model_package_group_policy, ModelPackageGroupName="g", ResourcePolicy=text)
    refused("Cannot find resource policy", registry.sagemaker.get_model_package_group_policy, ModelPackageGroupName="g")


def test_another_account_sees_approves_and_lists_what_is_shared(registry, other):
    group, arn = registry.group(), registry.version()
    read = {"describe": lambda: other.read(arn), "list": lambda: other.listed(ModelPackageGroupName=group),
            "group": lambda: other.sagemaker.describe_model_package_group(ModelPackageGroupName=group)}  # fmt: skip
    for call in read.values():
        refused("does not exist", call)
    share(registry, convention(registry, other))
    assert read["describe"]()["ModelPackageArn"] == arn
    assert read["list"]() == ["g/1"]
    assert read["group"]()["ModelPackageGroupArn"] == group
    other.update(arn, ModelApprovalStatus="Approved")
    assert registry.read(arn)["ModelApprovalStatus"] == "Approved"
    assert str(other.aws.number) in registry.read(arn)["LastModifiedBy"]["IamIdentity"]["Arn"]
    found = other.sagemaker.list_model_package_groups(CrossAccountFilterOption="CrossAccount")
    assert [one["ModelPackageGroupArn"] for one in found["ModelPackageGroupSummaryList"]] == [group]
    registry.sagemaker.delete_model_package_group_policy(ModelPackageGroupName="g")
    for call in read.values():
        refused("does not exist", call)
    refused("does not exist", other.update, arn=arn, ModelApprovalStatus="Rejected")


def test_what_the_policy_does_not_name_stays_shut(registry, other):
    group, arn = registry.group(), registry.version()
    registry.group("private")
    private = registry.version("private")
    share(registry, convention(registry, other))
    refused("does not exist", other.sagemaker.delete_model_package, ModelPackageName=arn)
    refused("does not exist", other.sagemaker.delete_model_package_group, ModelPackageGroupName=group)
    refused("does not exist", other.read, name=private)
    refused("does not exist", other.version, group=group)
    assert other.listed(ModelPackageType="Both") == []
    errors = other.sagemaker.batch_describe_model_package(ModelPackageArnList=[arn])[
        "BatchDescribeModelPackageErrorMap"
    ]
    assert list(errors) == [arn]  # BatchDescribeModelPackage is an action of its own


def test_their_own_thing_of_the_same_name_is_not_meant(registry, other):
    arn = registry.arn("model-package/g/1")
    for one in (registry, other):
        one.group()
        one.version()
    refused("does not exist", other.read, name=arn)
    refused("does not exist", other.update, arn=arn, ModelApprovalStatus="Approved")
    assert other.read("g/1")["ModelApprovalStatus"] == "PendingManualApproval"


def test_deny_wins(registry, other):
    registry.group()
    first, second = registry.version(), registry.version()
    deny = {
        "Effect": "Deny",
        "Principal": {"AWS": other.aws.number},
        "Action": "sagemaker:Describe*",
        "Resource": second,
    }
    share(registry, convention(registry, other, deny))
    assert other.read(first)["ModelPackageVersion"] == 1
    refused("does not exist", other.read, name=second)


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, "account", "person"])
def test_principals(registry, other, principal):
    registry.group()
    arn = registry.version()
    who = {"account": {"AWS": other.aws.number}, "person": {"AWS": f"arn:aws:iam::{other.aws.number}:user/alice"}}
    share(registry, statement(Principal=who.get(principal, principal) if isinstance(principal, str) else principal))
    if principal == "person":  # the caller is the account's root, not alice
        refused("does not exist", other.read, name=arn)
    else:
        assert other.read(arn)["ModelPackageArn"] == arn


def test_content_of_another_accounts_version_stays(registry, other):
    registry.group()
    arn = registry.version()
    share(registry, statement())
    refused("not supported", other.version, group=registry.arn("model-package-group/g"))
    refused("not supported", other.update, arn=arn, SourceUri="s3://b/x")
    batch = other.sagemaker.batch_describe_model_package(ModelPackageArnList=[arn])
    assert list(batch["ModelPackageSummaries"]) == [arn]


def test_a_person_needs_a_role_in_their_own_account_too(registry, other):
    registry.group()
    arn = registry.version()
    share(registry, convention(registry, other))
    cast = Cast(other.aws)
    viewer, nobody = cast.vera.client("sagemaker"), cast.charlie.client("sagemaker")
    assert viewer.describe_model_package(ModelPackageName=arn)["ModelPackageArn"] == arn
    refused("no role of .* allows (update|approve)_model_package", viewer.update_model_package, "AccessDeniedException",
            ModelPackageArn=arn, ModelApprovalStatus="Approved")  # fmt: skip
    refused("no role of .* allows view_model_package", nobody.describe_model_package, "AccessDeniedException",
            ModelPackageName=arn)  # fmt: skip
