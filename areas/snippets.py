"""A request as code: what a person would type in Python or a shell to make the same call."""

import json
import re
import shlex


def boto3_calls(plan: list[tuple[str, dict]], service: str = "sagemaker") -> str:
    """Python that makes the calls ``[(operation in AWS's spelling, request)]`` with boto3, in order."""
    variable = {"sagemaker": "sm", "sagemaker-runtime": "runtime"}.get(service, "client")
    text = f'import boto3\n\n{variable} = boto3.client("{service}")\n'
    for operation, request in plan:
        arguments = "".join(f"    {name}={literal(value, 1)},\n" for name, value in request.items())
        text += f"{variable}.{_snake(operation)}(\n{arguments})\n"
    return text


def cli_call(operation: str, request: dict, service: str = "sagemaker") -> str:
    """The AWS CLI command that makes the call."""
    body = shlex.quote(json.dumps(request, indent=2, ensure_ascii=False))
    return f"aws {service} {_snake(operation).replace('_', '-')} --cli-input-json {body}\n"


def literal(value, depth: int = 0) -> str:
    """``value`` as a Python literal, short things on one line, long ones indented by four spaces a level."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value:
        return repr(value)
    flat = _flat(value)
    if len(flat) + 4 * depth <= 88:
        return flat
    pad, end = "    " * (depth + 1), "    " * depth
    if isinstance(value, dict):
        inner = "".join(f"{pad}{json.dumps(key)}: {literal(one, depth + 1)},\n" for key, one in value.items())
        return f"{{\n{inner}{end}}}"
    return "[\n" + "".join(f"{pad}{literal(one, depth + 1)},\n" for one in value) + f"{end}]"


def calls(plan: list[tuple[str, dict]], service: str = "sagemaker") -> dict[str, str]:
    """One or several calls as ``{"json", "boto3", "cli"}``: what the tabs of a code figure show."""
    return {
        "json": "\n\n".join(json.dumps(request, indent=2, ensure_ascii=False) for _, request in plan),
        "boto3": boto3_calls(plan, service),
        "cli": "\n".join(cli_call(*step, service) for step in plan),
    }


def _flat(value) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {_flat(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flat(one) for one in value) + "]"
    return literal(value)


def _snake(operation: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
