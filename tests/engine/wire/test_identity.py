"""STS and IAM answer in XML about the one role that an account has."""

import pytest
from botocore.exceptions import ClientError


def test_the_caller_is_an_assumed_role_of_the_keys_account(aws):
    caller = aws.client("sts").get_caller_identity()
    assert caller["Account"] == aws.number
    assert caller["Arn"] == f"arn:aws:sts::{aws.number}:assumed-role/AtelierExecutionRole/root"
    assert caller["UserId"].startswith("AROA")


def test_the_execution_role_is_found_from_a_session_in_another_region(aws):
    role = aws.client("iam", "eu-west-1").get_role(RoleName="AtelierExecutionRole")["Role"]
    assert role["Arn"] == aws.role
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert role["CreateDate"].year > 2000


def test_a_missing_role_is_no_such_entity(aws):
    with pytest.raises(ClientError) as raised:
        aws.client("iam").get_role(RoleName="Nobody")
    assert raised.value.response["Error"]["Code"] == "NoSuchEntity"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert isinstance(raised.value, aws.client("iam").exceptions.NoSuchEntityException)


def test_roles_are_listed(aws):
    assert [role["RoleName"] for role in aws.client("iam").list_roles()["Roles"]] == ["AtelierExecutionRole"]
