"""Errors of the REST API as problem+json (RFC 9457)."""

import json

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DataError
from django.http import Http404, HttpResponse, UnreadablePostError
from ninja.errors import AuthenticationError, HttpError, ValidationError

from areas.calls import CallFailed
from areas.rest import Problem
from catalog.paging import BadCursor

TITLES = {400: "Bad request", 401: "Not signed in", 403: "Forbidden", 404: "Not found", 405: "Method not allowed",
          409: "Conflict", 411: "Length required", 412: "Precondition failed", 413: "Too large",
          415: "Unsupported media type", 422: "Invalid input", 424: "Failed dependency", 429: "Too many requests",
          503: "Unavailable"}  # fmt: skip


def response(status: int, detail: str, code: str = "", **more) -> HttpResponse:
    title = TITLES.get(status, "Error")
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code or title, **more}
    return HttpResponse(json.dumps(body), status=status, content_type="application/problem+json")


def install(api) -> None:
    """Make ``api`` answer every error as a problem."""
    api.add_exception_handler(Problem, lambda request, e: response(e.status, e.detail, e.code, **e.more))
    api.add_exception_handler(CallFailed, _service_error)
    api.add_exception_handler(BadCursor, lambda request, e: response(400, str(e), "BadCursor"))
    api.add_exception_handler(
        AuthenticationError, lambda request, e: response(401, "Send a token: Authorization: Bearer <token>.")
    )
    api.add_exception_handler(HttpError, lambda request, e: response(e.status_code, str(e)))
    api.add_exception_handler(PermissionDenied, lambda request, e: response(403, str(e), "AccessDenied"))
    api.add_exception_handler(Http404, lambda request, e: response(404, str(e) or "There is nothing at this address."))
    api.add_exception_handler(ValidationError, _invalid)
    words = "A value can't be stored: text must have no NUL, and numbers must be in range."
    for error in (DataError, OverflowError):  # PostgreSQL's and SQLite's
        api.add_exception_handler(error, lambda request, e: response(422, words, "InvalidInput"))
    large = "The body is larger than what this route takes."
    api.add_exception_handler(RequestDataTooBig, lambda request, e: response(413, large, "TooLarge"))
    api.add_exception_handler(UnreadablePostError, lambda request, e: response(400, "The body broke off.", "CutOff"))


def _service_error(request, error: CallFailed) -> HttpResponse:
    """SageMaker's own code and words, its HTTP status where that says more than 400, and what a model itself said."""
    told = {key: error.data[key] for key in ("OriginalStatusCode", "OriginalMessage") if key in error.data}
    return response(_status(error), error.message, error.code, **told)


def _status(error: CallFailed) -> int:
    if error.code == "ResourceNotFound" or "not found" in error.message or "Could not find" in error.message:
        return 404
    if error.code in ("ResourceInUse", "ConflictException") or "already exist" in error.message:
        return 409
    if error.code.startswith("AccessDenied"):
        return 403
    return 503 if error.status >= 500 else error.status if error.status in (424, 429) else 400


def _invalid(request, error: ValidationError) -> HttpResponse:
    places = [{"at": ".".join(str(part) for part in item["loc"]), "message": item["msg"]} for item in error.errors]
    first = places[0] if places else {"at": "", "message": "The input is not valid."}
    return response(422, f"{first['at']}: {first['message']}", "InvalidInput", errors=places)
