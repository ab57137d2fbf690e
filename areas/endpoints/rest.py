"""Predictions by REST, for whoever may use the Studio; clients outside of it have the predict gateway and its keys."""

from django.http import HttpResponse
from ninja import Router

from areas.allowed import allowed
from areas.calls import CallFailed
from areas.endpoints.invoking import forward, read_body
from areas.rest import ERRORS, Problem, ProblemOut

PREFIX = "/endpoints/"
router = Router()

ANY = {"schema": {"type": "string", "format": "binary"}}
SHOWN = {
    "requestBody": {"required": True, "content": {
        "text/csv": {"schema": {"type": "string"}, "example": "39.1,18.7,181,3750"},
        "application/json": {"schema": {}, "example": {"instances": [[39.1, 18.7, 181, 3750]]}},
        "*/*": {**ANY, "example": "39.1,18.7,181,3750"},
    }},
    "parameters": [{"in": "header", "name": "X-Target-Variant", "schema": {"type": "string"}, "required": False,
                    "description": "The variant that shall answer, whatever the weights."}],
    "responses": {200: {"description": "The model's answer, in the type that it says.", "content": {"*/*": ANY}}},
}  # fmt: skip


@router.post(
    "/{name}/invocations", response={200: None, **ERRORS, 413: ProblemOut, 424: ProblemOut, 429: ProblemOut},
    operation_id="invoke_endpoint", openapi_extra=SHOWN,
)  # fmt: skip
@allowed("invoke", "Endpoint")
def invoke(request, name: str) -> HttpResponse:
    """Ask a model. Body, Content-Type and Accept go to it as they are; its answer and its type come back as they are.

    424 is the model's own refusal, with its status and words in OriginalStatusCode and OriginalMessage.
    """
    body = read_body(request)
    if body is None:
        raise Problem(413, "The body may have 6 MB (6291456 bytes) at most.", "BodyTooLarge")
    try:
        return forward(request, request.connection, name, body, request.headers.get("X-Target-Variant", ""))
    except CallFailed as failed:
        if failed.code == "ValidationError" and "not found" in failed.message:
            raise Problem(404, failed.message, failed.code) from failed
        raise
