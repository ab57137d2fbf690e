"""Things as the boto3 call and the CLI command that make them, from botocore's own description of the Create operation."""

import json
import re
from functools import cache

from areas.snippets import boto3_calls, cli_call
from areas.spec import Resource
from catalog.models import Record

PLACEHOLDERS = {"string": "…", "integer": 1, "long": 1, "boolean": True, "float": 1.0, "double": 1.0, "timestamp": 0}


@cache
def _service():
    from botocore.session import Session

    return Session().get_service_model("sagemaker")


def input_shape(operation: str):
    """botocore's shape of an operation's request; None where SageMaker has no such operation."""
    if operation not in _service().operation_names:
        return None
    return _service().operation_model(operation).input_shape


def request_of(resource: Resource, record: Record, tags: list[dict]) -> dict | None:
    """The Create request that makes this again: what the Describe document and the request have in common."""
    shape = input_shape(f"Create{resource.noun}")
    if shape is None:
        return None
    request = _common(shape, record.document) or {}
    if tags and "Tags" in shape.members:
        request["Tags"] = tags
    return request


def _common(shape, value):
    """``value`` without the members that the shape doesn't take."""
    if shape.type_name == "structure" and isinstance(value, dict):
        return {key: _common(shape.members[key], inner) for key, inner in value.items() if key in shape.members}
    if shape.type_name == "list" and isinstance(value, list):
        return [_common(shape.member, inner) for inner in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: _common(shape.value, inner) for key, inner in value.items()}
    return value


def create_calls(resource: Resource, record: Record) -> dict:
    """``{"python", "cli", "json"}``: texts of the call that made the record; {} where it can't be made by a call."""
    tags = [{"Key": tag.key, "Value": tag.value} for tag in record.tags.order_by("key")]
    request = request_of(resource, record, tags)
    if request is None:
        return {}
    return {
        "python": boto3_calls([(f"Create{resource.noun}", request)]),
        "cli": cli_call(f"Create{resource.noun}", request),
        "json": json.dumps(request, indent=2, ensure_ascii=False),
    }


def example(resource: Resource) -> dict:
    """The shortest Create request: its required members with values to replace. {} where there is no such call."""
    shape = input_shape(f"Create{resource.noun}")
    return {name: _example(shape.members[name], name) for name in shape.required_members} if shape else {}


def skeleton(resource: Resource) -> str:
    """The shortest create call as Python, for a page that is still empty; "" where there is none."""
    request = example(resource)
    return boto3_calls([(f"Create{resource.noun}", request)]) if request else ""


def _example(shape, name: str, depth: int = 0):
    if shape.type_name == "structure":
        return (
            {key: _example(shape.members[key], key, depth + 1) for key in shape.required_members} if depth < 3 else {}
        )
    if shape.type_name == "list":
        return [_example(shape.member, name, depth + 1)] if depth < 3 else []
    if shape.type_name == "map":
        return {}
    if getattr(shape, "enum", None):
        return shape.enum[0]
    if shape.type_name == "string":
        role = "arn:aws:iam::123456789012:role/AtelierExecutionRole"
        return role if name == "RoleArn" else f"my-{spaced(name).replace(' ', '-').lower()}"
    return PLACEHOLDERS.get(shape.type_name, "…")


def spaced(key: str) -> str:
    """``TrainingImage`` → ``Training image``; ``RoleArn`` → ``Role ARN``"""
    words = re.findall(r"[A-Z]+(?=[A-Z][a-z]|$|\d)|[A-Z]?[a-z0-9]+|[A-Z]+|\d+", key) or [key]
    text = " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in words)
    text = re.sub(r"\b(arn|uri|url|kms|vpc|id|gb|s3)\b", lambda match: match[0].upper(), text)
    return text[:1].upper() + text[1:]
