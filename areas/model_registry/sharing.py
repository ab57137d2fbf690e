"""A group's resource policy as a plain form, and back: which accounts may use the group."""

import json
import re

from areas.calls import CallFailed, call
from catalog.models import Connection

_READ = ("sagemaker:DescribeModelPackageGroup", "sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages",
         "sagemaker:CreateModel")  # fmt: skip
_APPROVE = "sagemaker:UpdateModelPackage"


def read_policy(connection: Connection, group: str) -> str:
    """The policy's text, "" if there is none. Raises CallFailed."""
    try:
        return call(connection, "GetModelPackageGroupPolicy", ModelPackageGroupName=group)["ResourcePolicy"]
    except CallFailed as failed:
        if "Cannot find resource policy" in failed.message or failed.code == "ResourceNotFound":
            return ""
        raise


def policy_for(connection: Connection, group: str, accounts: list[str], *, may_approve: bool) -> str:
    """The policy that lets accounts see, deploy and, if so wanted, decide about the versions of a group."""
    base = f"arn:aws:sagemaker:{connection.region}:{connection.account}"
    statement = {
        "Sid": "SharedByAtelier", "Effect": "Allow",
        "Principal": {"AWS": [f"arn:aws:iam::{account}:root" for account in accounts]},
        "Action": [*_READ, *([_APPROVE] if may_approve else [])],
        "Resource": [f"{base}:model-package-group/{group}", f"{base}:model-package/{group}/*"],
    }  # fmt: skip
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


def form_of(connection: Connection, group: str, text: str) -> dict | None:
    """``{"accounts", "may_approve"}`` of a policy that the plain form could have written; None for any other."""
    try:
        statements = json.loads(text)["Statement"]
        principals = statements[0]["Principal"]["AWS"]
        accounts = [re.fullmatch(r"arn:aws:iam::(\d{12}):root", one)[1] for one in principals]
    except (ValueError, LookupError, TypeError):
        return None
    may_approve = _APPROVE in statements[0].get("Action", ())
    same = json.loads(policy_for(connection, group, accounts, may_approve=may_approve))
    return {"accounts": "\n".join(accounts), "may_approve": may_approve} if same == json.loads(text) else None
