"""A request that goes to InvokeEndpoint as it is, and a model's answer that comes back as it is."""

from django.http import HttpResponse

from areas.calls import call

LIMIT = 6 * 1024 * 1024  # bytes, InvokeEndpoint's own
# An answer is a model's words, not a page of ours: whatever its type, nothing in it may run.
SEALED = "default-src 'none'; sandbox"


def read_body(request) -> bytes | None:
    """The request's body; None if it is longer than InvokeEndpoint takes, and then at most that much was read."""
    declared = request.headers.get("Content-Length", "")
    if declared.isdigit() and int(declared) > LIMIT:
        return None
    body = request.read(LIMIT + 1)
    return body if len(body) <= LIMIT else None


def forward(request, connection, endpoint: str, body: bytes, variant: str = "") -> HttpResponse:
    """Send the body with the request's Content-Type and Accept to an endpoint. Raises CallFailed."""
    wanted = {
        "ContentType": request.content_type and request.headers.get("Content-Type"),
        "Accept": request.headers.get("Accept", "").replace("*/*", ""),
        "TargetVariant": variant,
    }
    answer = call(
        connection, "InvokeEndpoint", service="sagemaker-runtime", EndpointName=endpoint, Body=body,
        **{name: value for name, value in wanted.items() if value},
    )  # fmt: skip
    response = HttpResponse(answer["Body"].read(), content_type=answer.get("ContentType", "application/octet-stream"))
    response["X-Invoked-Variant"] = answer.get("InvokedProductionVariant", "")
    response["Content-Security-Policy"] = SEALED
    response["Cache-Control"] = "no-store"
    return response
