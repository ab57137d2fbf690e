"""Who calls the REST API (a bearer token, or a signed-in browser with its CSRF token), which Connection is meant, and all
that is asked before an operation runs."""

from dataclasses import replace
from functools import wraps

from ninja.security import HttpBearer, SessionAuth

from areas.allowed import access, require
from areas.rest import Problem
from catalog.access import connections_of
from catalog.actor import become
from catalog.models import Connection
from studio.access import check_declared
from studio.middleware import actor_of, choose
from studio.rest import claims, conditions, limits, tokens

SAFE = ("GET", "HEAD", "OPTIONS")
ONCE = ("POST", "PATCH", "DELETE")


class BearerToken(HttpBearer):
    def authenticate(self, request, token: str):
        found = tokens.find(token)
        if found is None:
            return None
        if request.method not in SAFE and not found.writes:
            raise Problem(403, f"The token {found.prefix}… may only read.", "ReadOnlyToken")
        request.user, request.token = found.user, found
        become(replace(actor_of(request), nouns=tuple(found.nouns)))
        return found.user


AUTH = [BearerToken(), SessionAuth(csrf=True)]


def guarded(run, *, prefix: str, on_connection: bool):
    """Decorate an operation (ninja's mode "view"): once it is known who calls, count the request, find the Connection that it
    means, and refuse who hasn't the permission that the operation declares, before anything of the request is read.

    Then a request that was done before is answered from memory, and If-Match is compared."""
    operation = run.__self__
    authenticate = operation._run_checks
    takes_json = any(model.__ninja_param_source__ == "body" for model in operation.models)
    conditions.remember(prefix, operation)

    def checks(request):
        if getattr(request, "is_inner", False):  # of conditions: all was asked already
            return None
        if refused := authenticate(request):
            return refused
        try:
            _count(request)
            check_declared(operation.view_func, request.path)
            if on_connection:
                request.connection = _connection_of(request)
            verb, noun = getattr(operation.view_func, "needs", ("", ""))
            if verb:
                require(request, verb, noun, str(request.resolver_match.kwargs.get("name") or ""))
            if takes_json:
                _check_json(request)
            if request.method in ONCE and (done := claims.begin(request)):
                return done
            if "If-Match" in request.headers and request.method not in SAFE:
                conditions.check(request, prefix, operation)
        except Exception as error:
            return operation.api.on_exception(request, error)
        return None

    @wraps(run)
    def finished(request, **given):
        response = None
        try:
            response = run(request, **given)
        finally:
            if not getattr(request, "is_inner", False):
                conditions.release(request)
                claims.end(request, response)
        _add_headers(request, response)
        return response

    operation._run_checks = checks
    return finished


def _count(request) -> None:
    token = getattr(request, "token", None)
    who = f"token {token.pk}" if token else f"user {request.user.pk}"
    request.taken = taken = limits.take(who)
    if not taken.is_fine:
        words = f"More than {taken.limit} requests a minute; ask again in {taken.wait} s."
        raise Problem(429, words, "TooManyRequests")


def _check_json(request) -> None:
    if (
        request.content_type
        and request.META.get("CONTENT_LENGTH") not in (None, "", "0")
        and not claims.is_json(request)
    ):
        words = f"The body must be application/json, not {request.content_type[:64]}."
        raise Problem(415, words, "UnsupportedMediaType")


def _add_headers(request, response) -> None:
    if taken := getattr(request, "taken", None):
        for name, value in taken.headers().items():
            response[name] = value
        if response.status_code == 429 and not taken.is_fine:
            response["Retry-After"] = str(taken.wait)
    if cursor := getattr(request, "next_cursor", None):
        query = request.GET.copy()
        query["cursor"] = cursor
        response["Link"] = f'<{request.path}?{query.urlencode()}>; rel="next"'
    response.setdefault("Cache-Control", "private, no-cache")  # ask again, with the ETag


def _connection_of(request) -> Connection:
    """The Connection named by ``?connection=`` or ``Atelier-Connection``; else the session's, else the default one. Where
    somebody has no role, there is no connection for them."""
    name = request.GET.get("connection") or request.headers.get("Atelier-Connection")
    if name:
        request.connection = Connection.objects.filter(name=name).first()
        if request.connection and (access(request).is_everything or access(request).rules):
            return request.connection  # without asking twice: what may be done there has just been read
        found = connections_of(request.user).filter(name=name).first()
        if found is None:
            request.connection = None
            raise Problem(404, f"There is no connection {name!r}.", "UnknownConnection")
        return found
    choose(request, "")
    if request.connection is None:
        if Connection.objects.exists():
            words = f"{request.user.get_username()} has no role on any connection; an administrator can give one."
            raise Problem(403, words, "AccessDenied")
        raise Problem(409, "No connection is set up yet.", "NoConnection")
    return request.connection
