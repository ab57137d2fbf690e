"""The playground: ask an endpoint by a form or a raw body, and read the answer."""

import shlex
import time

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from areas.allowed import allowed
from areas.calls import CallFailed, call
from areas.endpoints.schema import BadRow, Schema
from areas.endpoints.view import EndpointView
from areas.snippets import literal

SHOWN = 20_000  # characters of a raw answer
TYPES = ("text/csv", "application/json", "application/jsonlines", "text/libsvm", "application/x-npy")
ACCEPTS = ("", "text/csv", "application/json", "application/jsonlines")


@allowed("invoke", "Endpoint")
@require_POST
def invoke(request, name):
    """Send one request to the endpoint and show what came back; for htmx, a part of the page."""
    endpoint = EndpointView(request.connection, name)
    if not endpoint.exists:
        raise Http404(f"There is no endpoint {name} on {request.connection}.")
    typed, context = request.POST, {"endpoint": endpoint}
    schema, _ = read_schema(endpoint)
    content_type, accept = typed.get("content_type") or "text/csv", typed.get("accept", "")
    if typed.get("mode") == "raw" or schema is None:
        body = typed.get("body", "")
    else:
        try:
            body = schema.row(typed.dict())
        except BadRow as bad:
            context |= {"errors": [schema.features[i]["name"] for i in bad.errors], "sentences": bad.errors.values()}
            return render(request, "areas/endpoints/result.html", context)
        content_type, accept = "text/csv", ""
    asked = {"EndpointName": name, "ContentType": content_type, "Body": body}
    asked |= {key: value for key, value in (("Accept", accept), ("TargetVariant", typed.get("variant", ""))) if value}
    context |= ask(request.connection, asked)
    if schema and "text" in context:
        context["predictions"] = schema.predictions(context["text"], context["content_type"])[:20]
    # A label belongs to its row: once a value is changed, nobody knows the truth any more.
    actual = typed.get("actual", "") if typed.get("actual_row") == body else ""
    context |= {"actual": actual, "code": as_code(request, asked), "label": schema.label if schema else None}
    return render(request, "areas/endpoints/result.html", context)


@allowed("view", "Endpoint")
@require_GET
def random_row(request, name):
    """The form filled with a row of the validation data, and its true label."""
    endpoint = EndpointView(request.connection, name)
    schema, problem = read_schema(endpoint)
    context = {"endpoint": endpoint, "schema": schema, "problem": problem}
    if schema:
        try:
            values, actual = schema.random_row()
            context |= {"fields": schema.fields(values), "actual": actual, "actual_row": schema.row(values)}
        except (CallFailed, ValueError) as error:
            context |= {"fields": schema.fields(), "row_problem": str(error)}
    return render(request, "areas/endpoints/fields.html", context)


def playground_context(endpoint: EndpointView, mode: str = "") -> dict:
    """What the playground's card needs: the form's fields, or why there is only the raw body."""
    schema, problem = read_schema(endpoint)
    context = {"schema": schema, "problem": problem, "types": TYPES, "accepts": ACCEPTS, "mode": "raw"}
    if schema:
        fields = schema.fields()
        example = {field["key"]: field["value"] for field in fields}
        context |= {"fields": fields, "mode": "raw" if mode == "raw" else "form", "example": schema.row(example)}
    elif endpoint.algorithm:
        context |= _example_of(endpoint.algorithm)
    return context


def _example_of(algorithm) -> dict:
    """The raw body filled with a request that the algorithm reads."""
    given = algorithm.example
    told = f"An example of what {algorithm.title} reads: yours has the columns that it learned from."
    if not given.body:
        told = f"{algorithm.title} reads the bytes of an image, which can't be typed: send a file by code."
    return {
        "example": given.body.rstrip("\n"), "content_type": given.content_type, "accept": given.accept, "told": told,
        "types": list(dict.fromkeys([given.content_type, *TYPES])),
        "accepts": list(dict.fromkeys([*ACCEPTS, given.accept])),
    }  # fmt: skip


def read_schema(endpoint: EndpointView) -> tuple[Schema | None, str]:
    """The schema behind an endpoint, or why there is none."""
    if not endpoint.schema_uri:
        return None, "Nothing says what this model reads: it was not made from a dataset of the Studio."
    try:
        return Schema(endpoint.connection, endpoint.schema_uri), ""
    except CallFailed as failed:
        return None, f"The schema can't be read: {failed.code}: {failed.message}"
    except ValueError as error:
        return None, f"The schema can't be read: {error}"


def ask(connection, asked: dict) -> dict:
    """Invoke and time it: the whole of the call, seen from this web server. An error comes as the service's own words."""
    started = time.perf_counter()
    try:
        answer = call(connection, "InvokeEndpoint", service="sagemaker-runtime", **asked)
        body = answer["Body"].read()
    except CallFailed as failed:
        data = failed.data
        return {
            "failed": failed, "milliseconds": 1000 * (time.perf_counter() - started),
            "original_status": data.get("OriginalStatusCode"), "original": data.get("OriginalMessage", ""),
        }  # fmt: skip
    text = body.decode(errors="replace")
    return {
        "milliseconds": 1000 * (time.perf_counter() - started), "status": 200, "text": text[:SHOWN],
        "cut": len(text) > SHOWN, "size": len(body), "content_type": answer.get("ContentType", ""),
        "served_by": answer.get("InvokedProductionVariant", ""),
    }  # fmt: skip


def as_code(request, asked: dict) -> dict[str, str]:
    """The same request for curl (through the predict gateway), boto3 and the AWS CLI."""
    url = request.build_absolute_uri(reverse("predict", args=[asked["EndpointName"]]))
    heads = {"Authorization": "Bearer $ATELIER_KEY", "Content-Type": asked["ContentType"]}
    heads |= {"Accept": asked["Accept"]} if "Accept" in asked else {}
    heads |= {"X-Target-Variant": asked["TargetVariant"]} if "TargetVariant" in asked else {}
    lines = [f'  -H "{name}: {value}" \\' for name, value in heads.items()]
    curl = "\n".join([f"curl -X POST {shlex.quote(url)} \\", *lines, f"  --data-binary {shlex.quote(asked['Body'])}"])
    arguments = "".join(f"    {name}={literal(value, 1)},\n" for name, value in asked.items())
    python = (
        'import boto3\n\nruntime = boto3.client("sagemaker-runtime")\n'
        f'response = runtime.invoke_endpoint(\n{arguments})\nprint(response["Body"].read().decode())\n'
    )
    options = {
        "endpoint-name": asked["EndpointName"], "content-type": asked["ContentType"], "accept": asked.get("Accept"),
        "target-variant": asked.get("TargetVariant"), "body": asked["Body"],
    }  # fmt: skip
    flags = " \\\n".join(f"  --{name} {shlex.quote(value)}" for name, value in options.items() if value)
    cli = f"aws sagemaker-runtime invoke-endpoint --cli-binary-format raw-in-base64-out \\\n{flags} \\\n  /dev/stdout"
    return {"curl": curl, "boto3": python, "cli": cli}
