"""The predict gateway: ``POST /predict/<endpoint>`` with an API key, for clients outside the account.

The body and its Content-Type and Accept go to InvokeEndpoint as they are; the model's answer comes back as it is. A key may
do what the roles of whoever made it allow at the moment of the request.
Errors are JSON: ``{"error": {"code": …, "message": …}}``.
"""

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from areas.allowed import strangers
from areas.calls import CallFailed
from areas.endpoints import limits
from areas.endpoints.invoking import SEALED, forward, read_body
from areas.endpoints.models import PredictKey, digest
from catalog.actor import REST, Actor, acting

ALLOWED_HEADERS = "Authorization, X-Api-Key, Content-Type, Accept, X-Target-Variant"


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str, **headers):
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers


@strangers
@csrf_exempt
def predict(request, endpoint):
    """Answer one prediction, a preflight, or a refusal: 401, 403, 404, 405, 413, 424, 429 or 503."""
    if request.method == "OPTIONS":
        return _preflight(request, endpoint)
    try:
        if request.method != "POST":
            raise Refused(405, "MethodNotAllowed", "Send the request with POST.", Allow="POST, OPTIONS")
        key = _key(request, endpoint)
        response = _invoke(request, endpoint, key)
    except Refused as refused:
        key = getattr(request, "predict_key", None)
        body = {"error": {"code": refused.code, "message": refused.message}}
        response = JsonResponse(body, status=refused.status, headers=refused.headers)
    response["Content-Security-Policy"] = SEALED
    response["Cache-Control"] = "no-store"
    _allow_origin(response, request, [key] if key else [])
    return response


def _key(request, endpoint: str) -> PredictKey:
    scheme, _, word = request.headers.get("Authorization", "").partition(" ")
    word = word.strip() if scheme.lower() == "bearer" else request.headers.get("X-Api-Key", "").strip()
    challenge = {"WWW-Authenticate": 'Bearer realm="predict"'}
    if not word:
        text = "Send an API key, as Authorization: Bearer <key> or as X-Api-Key: <key>."
        raise Refused(401, "MissingKey", text, **challenge)
    key = PredictKey.objects.select_related("connection", "created_by").filter(hashed=digest(word)).first()
    if key is None:
        raise Refused(401, "UnknownKey", "This API key does not exist.", **challenge)
    request.predict_key = key
    if key.revoked:
        raise Refused(401, "RevokedKey", f"This API key was revoked on {key.revoked:%d %b %Y}.", **challenge)
    if key.expires and key.expires <= timezone.now():
        raise Refused(401, "ExpiredKey", f"This API key expired on {key.expires:%d %b %Y}.", **challenge)
    if key.created_by is None:
        raise Refused(401, "RevokedKey", "Whoever made this API key has been deleted.", **challenge)
    if key.endpoint != endpoint:
        raise Refused(403, "WrongEndpoint", f"This API key does not open the endpoint {endpoint}.")
    origin = request.headers.get("Origin")
    if origin and not key.allows_origin(origin) and origin != f"{request.scheme}://{request.get_host()}":
        raise Refused(403, "OriginNotAllowed", f"This API key may not be used from {origin}.")
    return key


def _invoke(request, endpoint: str, key: PredictKey) -> HttpResponse:
    try:
        wait = limits.take(key)
    except limits.CountingFailed as error:
        raise Refused(503, "RateLimitUnavailable", str(error), **{"Retry-After": "5"}) from error
    if wait:
        text = f"This API key may make {key.per_minute} requests a minute; try again in {wait} s."
        raise Refused(429, "RateLimited", text, **{"Retry-After": str(wait)})
    body = read_body(request)
    if body is None:
        raise Refused(413, "BodyTooLarge", "The body may have 6 MB (6291456 bytes) at most.")
    try:
        with acting(Actor(key.created_by.get_username(), REST, request.META.get("REMOTE_ADDR") or "")):
            return forward(request, key.connection, endpoint, body, request.headers.get("X-Target-Variant", ""))
    except CallFailed as failed:
        return _failure(failed)


def _failure(failed: CallFailed) -> JsonResponse:
    """The service's own words; an endpoint that doesn't exist is 404 to the outside, whatever AWS calls it."""
    gone = failed.code == "ValidationError" and "not found" in failed.message
    error = {"code": failed.code, "message": failed.message}
    for member in ("OriginalStatusCode", "OriginalMessage"):
        if member in failed.data:
            error[member[0].lower() + member[1:]] = failed.data[member]
    return JsonResponse({"error": error}, status=404 if gone else failed.status)


def _preflight(request, endpoint: str) -> HttpResponse:
    """A preflight carries no key: an origin passes if any live key of the endpoint lists it."""
    response = HttpResponse(status=204)
    live = PredictKey.objects.filter(endpoint=endpoint, revoked=None)
    if _allow_origin(response, request, [key for key in live if key.state == "Active"]):
        response["Access-Control-Allow-Methods"] = "POST"
        response["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        response["Access-Control-Max-Age"] = "600"
    return response


def _allow_origin(response: HttpResponse, request, keys: list[PredictKey]) -> bool:
    origin = request.headers.get("Origin")
    response["Vary"] = "Origin"
    if not origin or not any(key.allows_origin(origin) for key in keys):
        return False
    response["Access-Control-Allow-Origin"] = origin
    response["Access-Control-Expose-Headers"] = "X-Invoked-Variant, Retry-After"
    return True
