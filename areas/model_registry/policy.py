"""Resource policies of model package groups: read, checked, and asked. Standard library only.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html, for one policy: an explicit Deny wins,
then an Allow, else nothing is allowed. What can't be evaluated here is refused when the policy is put, not ignored later.
"""

import json
import re
from functools import lru_cache

VERSIONS = ("2012-10-17", "2008-10-17")
_KNOWN = {"Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource"}
_ACCOUNT = re.compile(r"\d{12}")
_ASSUMED = re.compile(r"arn:(aws[a-z-]*):sts::(\d{12}):assumed-role/([^/]+)/.+")


def read(text: str) -> dict:
    """The policy in a text; ValueError with a sentence that says where it is wrong and what would be right."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("The resource policy is not JSON.") from None
    if not isinstance(document, dict):
        raise ValueError("The resource policy must be a JSON object with Version and Statement.")
    if unknown := sorted(set(document) - {"Version", "Id", "Statement"}):
        raise ValueError(f"The resource policy has no member {unknown[0]}: it has Version, Id and Statement.")
    if document.get("Version", VERSIONS[1]) not in VERSIONS:
        raise ValueError(f"Version of the resource policy must be {VERSIONS[0]}.")
    statements = _listed(document.get("Statement"))
    if not statements:
        raise ValueError("The resource policy needs at least one Statement.")
    for number, statement in enumerate(statements, 1):
        _check(statement, f"Statement {number}")
    return document


def allows(document: dict, *, principal: str, account: str, action: str, resources: tuple[str, ...]) -> bool:
    """Whether the policy lets a principal (its ARN) of an account do ``sagemaker:…`` on one of the resources' ARNs."""
    fitting = [
        statement["Effect"]
        for statement in _listed(document["Statement"])
        if _fits_principal(statement["Principal"], principal, account)
        and _fits(statement, "Action", (action,), ignore_case=True)
        and _fits(statement, "Resource", resources)
    ]
    return "Allow" in fitting and "Deny" not in fitting


def _check(statement, where: str) -> None:
    if not isinstance(statement, dict):
        raise ValueError(f"{where} must be a JSON object.")
    for member in ("Condition", "NotPrincipal"):
        if member in statement:
            raise ValueError(f"{where}: {member} is not supported by the embedded engine yet.")
    if unknown := sorted(set(statement) - _KNOWN):
        raise ValueError(f"{where} has no member {unknown[0]}.")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise ValueError(f"{where}: Effect must be Allow or Deny.")
    _check_principal(statement.get("Principal"), where)
    for member in ("Action", "Resource"):
        given = [name for name in (member, f"Not{member}") if name in statement]
        if len(given) != 1:
            raise ValueError(f"{where} needs either {member} or Not{member}.")
        values = _listed(statement[given[0]])
        if not values or not all(isinstance(value, str) and value for value in values):
            raise ValueError(f"{where}: {given[0]} must be a text or a list of texts.")
        if member == "Action" and not all(value == "*" or value.lower().startswith("sagemaker:") for value in values):
            raise ValueError(
                f"{where}: {given[0]} must name actions of SageMaker, such as sagemaker:DescribeModelPackage."
            )


def _check_principal(principal, where: str) -> None:
    if principal == "*":
        return
    if not isinstance(principal, dict) or not principal:
        raise ValueError(f'{where} needs a Principal, such as {{"AWS": "arn:aws:iam::123456789012:root"}}.')
    if unknown := sorted(set(principal) - {"AWS"}):
        raise ValueError(f"{where}: a Principal of type {unknown[0]} is not supported by the embedded engine yet.")
    for value in _listed(principal["AWS"]):
        if not isinstance(value, str) or not (
            value == "*" or _ACCOUNT.fullmatch(value) or re.fullmatch(r"arn:aws[a-z-]*:(iam|sts)::\d{12}:\S+", value)
        ):
            raise ValueError(f"{where}: Invalid principal in policy: {value}.")


def _fits_principal(given, principal: str, account: str) -> bool:
    values = ["*"] if given == "*" else _listed(given["AWS"])
    wanted = {"*", account, principal}
    assumed = _ASSUMED.fullmatch(principal)
    if assumed:  # a role's session is also the role
        wanted.add(f"arn:{assumed[1]}:iam::{assumed[2]}:role/{assumed[3]}")
    return any(value in wanted or re.fullmatch(rf"arn:aws[a-z-]*:iam::{account}:root", value) for value in values)


def _fits(statement: dict, member: str, wanted: tuple[str, ...], *, ignore_case: bool = False) -> bool:
    is_negated = member not in statement
    patterns = [
        _compiled(pattern, ignore_case) for pattern in _listed(statement[f"Not{member}" if is_negated else member])
    ]
    return any(pattern.fullmatch(one) for pattern in patterns for one in wanted) != is_negated


@lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern:
    text = "".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in pattern)
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _listed(value) -> list:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
