"""If-Match: a change is made only if the thing is still as its caller has seen it.

An ETag is the digest of what GET of the same address answers to the same person (Django's ConditionalGetMiddleware makes it),
so every address that can be read can be guarded, whatever is behind it.
"""

from copy import copy

from django.utils.cache import set_response_etag
from django.utils.http import parse_etags

from areas.rest import Problem
from studio.rest.claims import OneAtATime

_readers: dict[tuple[str, str], object] = {}  # (prefix of the router, path) → the operation that answers GET


def remember(prefix: str, operation) -> None:
    if "GET" in operation.methods:
        _readers[prefix, operation.path] = operation


def check(request, prefix: str, operation) -> None:
    """Raises Problem 412 if what If-Match names is not what is there. From here to ``release`` no other guarded request changes
    the same thing; one without If-Match, or over the wire, may."""
    reader = _readers.get((prefix, operation.path))
    if reader is None:
        raise Problem(
            412, f"{request.path} can't be read, so If-Match can't be compared with it.", "PreconditionFailed"
        )
    connection = getattr(request, "connection", None)
    request.held = OneAtATime(f"{connection.pk if connection else ''} {request.path}")
    inner = copy(request)
    inner.method, inner.is_inner, inner.GET = "GET", True, request.GET.copy()
    for name in set(inner.GET) - {"connection"}:  # those of the change, not of the reading
        del inner.GET[name]
    answer = reader.run(inner, **request.resolver_match.kwargs)
    wanted = parse_etags(request.headers["If-Match"])
    if answer.status_code == 404:
        return  # which the change will say better
    if answer.status_code != 200 or (wanted != ["*"] and set_response_etag(answer)["ETag"] not in wanted):
        words = "This has been changed since you read it: read it again, and decide anew."
        raise Problem(412, words, "PreconditionFailed")


def release(request) -> None:
    if held := request.__dict__.pop("held", None):
        held.release()
