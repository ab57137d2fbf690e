"""The create page of any Resource whose area has none of its own: its declared fields, or the whole request as JSON."""

import json
import re

from django.shortcuts import redirect, render

from areas.allowed import allowed, require
from areas.index import resources
from areas.snippets import boto3_calls, cli_call
from areas.spec import Field, Resource
from jobs import runs
from studio.pages import as_code
from studio.pages.generic import find

WHOLE = "request"  # the path of the one field that holds everything


class Refused(ValueError):
    """A value that can't be what its field asks for. Its text is one sentence."""


@allowed("create")
def create(request, noun: str):
    """Show the form (``?from=<name>`` fills it from a record) and, when it is in order, queue a Run and follow it."""
    resource = resources()[noun]
    fields = resource.fields or (Field(WHOLE, f"{resource.singular.capitalize()} request", "json", required=True),)
    typed = request.POST if request.method == "POST" else _filled(request, resource, fields)
    wanted, errors = build(fields, typed)
    asked = request.method == "POST" and not request.htmx
    if asked and not errors:
        errors = check(resource, wanted)
    if asked and not errors:
        name = wanted.get(resource.name_field) or wanted[resource.parent_field]
        plan = [{"call": f"Create{noun}", "request": wanted}]
        runs.start(request.connection, user=request.user, kind=noun, name=name, plan=plan)
        return redirect(resource.codename, name) if resource.name_field in wanted else redirect(resource.slug)
    shown = [
        {
            "field": field,
            "value": typed.get(field.path, field.default),
            "error": errors.get(field.path, "") if asked else "",
        }
        for field in fields
    ]
    context = {
        "resource": resource,
        "plain": [one for one in shown if not one["field"].advanced],
        "advanced": [one for one in shown if one["field"].advanced],
        "general": errors.get("", "") if asked else "",
        "code": {
            "json": json.dumps(wanted, indent=2, ensure_ascii=False),
            "python": boto3_calls([(f"Create{noun}", wanted)]),
            "cli": cli_call(f"Create{noun}", wanted),
        },
        "operation": f"Create{noun}",
        "wanted": wanted,
    }
    template = "generic/create_preview.html" if request.htmx else "generic/create.html"
    return render(request, template, context, status=422 if asked else 200)


def _filled(request, resource: Resource, fields: tuple[Field, ...]) -> dict:
    source = request.GET.get("from", "")
    if source:
        require(request, "view", resource.noun, source)
        record = find(request, resource, source)
        tags = [{"Key": tag.key, "Value": tag.value} for tag in record.tags.order_by("key")]
        document = as_code.request_of(resource, record, tags) or {}
    else:
        document = as_code.example(resource) if fields[0].path == WHOLE else {}
    if fields[0].path == WHOLE:
        return {WHOLE: json.dumps(document, indent=2, ensure_ascii=False)}
    return {
        field.path: _written(field, _at(document, field.path)) for field in fields if _at(document, field.path) != ""
    }


def _at(document, path: str):
    for key in path.split("."):
        if not isinstance(document, dict) or key not in document:
            return ""
        document = document[key]
    return document


def _written(field: Field, value) -> str:
    if field.kind == "tags":
        return "\n".join(f"{tag['Key']}={tag['Value']}" for tag in value)
    if field.kind == "map":
        return "\n".join(f"{key}={one}" for key, one in value.items())
    return json.dumps(value, indent=2, ensure_ascii=False) if field.kind == "json" else str(value)


def build(fields: tuple[Field, ...], typed) -> tuple[dict, dict[str, str]]:
    """The Create request that the typed values mean, and an error sentence for each field that can't be read."""
    wanted: dict = {}
    errors = {}
    for field in fields:
        text = typed.get(field.path, "").strip()
        if not text:
            if field.required:
                errors[field.path] = f"{field.label} is required."
            continue
        try:
            value = read(field.kind, text)
        except Refused as error:
            errors[field.path] = str(error)
            continue
        if field.path == WHOLE:
            if not isinstance(value, dict):
                errors[WHOLE] = "A request is a JSON object: { … }."
                continue
            wanted = value
        else:
            place = wanted
            *keys, last = field.path.split(".")
            for key in keys:
                place = place.setdefault(key, {})
            place[last] = value
    return wanted, errors


def read(kind: str, text: str):
    """A typed text as the value that its kind of field means. Raises Refused."""
    if kind == "number":
        if not re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", text):
            raise Refused(f"{text} is not a number.")
        return int(text) if re.fullmatch(r"-?\d+", text) else float(text)
    if kind == "json":
        try:
            return json.loads(text)
        except ValueError as error:
            line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
            raise Refused(f"This is not JSON: line {line}, column {column}.") from None
    if kind in ("map", "tags"):
        pairs = {}
        for number, line in enumerate(text.splitlines(), 1):
            key, equals, value = line.partition("=")
            if line.strip() and not (equals and key.strip()):
                raise Refused(f"Line {number} is not key=value.")
            if line.strip():
                pairs[key.strip()] = value.strip()
        return [{"Key": key, "Value": value} for key, value in pairs.items()] if kind == "tags" else pairs
    return text


def check(resource: Resource, wanted: dict) -> dict[str, str]:
    """What botocore says about the request before it is sent; the service has the last word when the Run calls it."""
    from botocore.validate import ParamValidator

    name = wanted.get(resource.name_field) or wanted.get(resource.parent_field)
    if not isinstance(name, str):
        return {"": f"{resource.name_field} is missing: it is what the {resource.singular} is called."}
    shape = as_code.input_shape(f"Create{resource.noun}")
    if shape is None:
        return {"": f"SageMaker has no call that makes {resource.title.lower()}."}
    report = ParamValidator().validate(wanted, shape)
    return {"": report.generate_report()} if report.has_errors() else {}
