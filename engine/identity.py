"""Who the caller is: what STS and IAM answer about the one role that every embedded account has."""

import hashlib
import json
import re
from urllib.parse import quote

from engine.context import Context
from engine.errors import AwsError
from engine.operations import operation

ROLE = "AtelierExecutionRole"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


@operation("GetCallerIdentity", service="sts")
def get_caller_identity(context: Context, request: dict) -> dict:
    """The caller as an assumed role: the SageMaker SDK finds its execution role in this very ARN."""
    kind, _, name = context.principal.rpartition(":")[2].partition("/")
    role = name.rpartition("/")[2] if kind == "role" else ROLE
    session = re.sub(r"[^\w+=,.@-]", "-", context.user or name.rpartition("/")[2] or kind)[:64]
    return {
        "Account": context.account,
        "Arn": f"arn:aws:sts::{context.account}:assumed-role/{role}/{session}",
        "UserId": f"{_role_id(context.account)}:{session}",
    }


@operation("GetRole", service="iam")
def get_role(context: Context, request: dict) -> dict:
    if request["RoleName"] != ROLE:
        raise AwsError("NoSuchEntity", f"The role with name {request['RoleName']} cannot be found.", 404)
    return {"Role": _role(context)}


@operation("ListRoles", service="iam")
def list_roles(context: Context, request: dict) -> dict:
    is_below = request.get("PathPrefix", "/") == "/"
    return {"Roles": [_role(context)] if is_below else [], "IsTruncated": False}


@operation("SimulatePrincipalPolicy", service="iam")
def simulate_principal_policy(context: Context, request: dict) -> dict:
    """What the role may do: everything in its account, because the engine knows no policy that says less. The SageMaker SDK
    v3 asks before it uses a role."""
    name = request["PolicySourceArn"].rpartition("/")[2]
    if name != ROLE:
        raise AwsError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)
    resource = (request.get("ResourceArns") or ["*"])[0]
    results = [
        {"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": "allowed", "MatchedStatements": []}
        for action in request["ActionNames"]
    ]
    return {"EvaluationResults": results, "IsTruncated": False}


def _role(context: Context) -> dict:
    return {
        "Path": "/",
        "RoleName": ROLE,
        "RoleId": _role_id(context.account),
        "Arn": f"arn:aws:iam::{context.account}:role/{ROLE}",
        "CreateDate": context.connection.created.timestamp(),
        "AssumeRolePolicyDocument": quote(json.dumps(_TRUST), safe=""),
        "Description": "The role that the embedded engine's jobs run as.",
        "MaxSessionDuration": 43200,
    }


def _role_id(account: str) -> str:
    """An identifier of AWS's form, the same each time: AROA and 17 letters or digits."""
    return "AROA" + hashlib.sha256(f"{account}/{ROLE}".encode()).hexdigest()[:17].upper()
