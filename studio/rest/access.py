"""Who calls the REST API (a bearer token, or a signed-in browser with its CSRF token), and which Connection is meant."""

from ninja.security import HttpBearer, SessionAuth

from areas.allowed import require
from areas.rest import Problem
from catalog.access import connections_of
from catalog.actor import become
from catalog.models import Connection
from studio.access import check_declared
from studio.middleware import actor_of, choose
from studio.rest import tokens

SAFE = ("GET", "HEAD", "OPTIONS")


class BearerToken(HttpBearer):
    def authenticate(self, request, token: str):
        found = tokens.find(token)
        if found is None:
            return None
        if request.method not in SAFE and not found.writes:
            raise Problem(403, f"The token {found.prefix}… may only read.", "ReadOnlyToken")
        request.user, request.token = found.user, found
        become(actor_of(request))
        return found.user


AUTH = [BearerToken(), SessionAuth(csrf=True)]


def guarded(run, *, on_connection: bool):
    """Decorate an operation (ninja's mode "view"): once it is known who calls, find the Connection that the request means, and
    refuse who hasn't the permission that the operation declares, before anything of the request is read."""
    operation = run.__self__
    authenticate = operation._run_checks

    def checks(request):
        if refused := authenticate(request):
            return refused
        try:
            check_declared(operation.view_func, request.path)
            if on_connection:
                request.connection = _connection_of(request)
            verb, noun = getattr(operation.view_func, "needs", ("", ""))
            if verb:
                require(request, verb, noun, str(request.resolver_match.kwargs.get("name") or ""))
        except Exception as error:
            return operation.api.on_exception(request, error)
        return None

    operation._run_checks = checks
    return run


def _connection_of(request) -> Connection:
    """The Connection named by ``?connection=`` or ``Atelier-Connection``; else the session's, else the default one. Where
    somebody has no role, there is no connection for them."""
    name = request.GET.get("connection") or request.headers.get("Atelier-Connection")
    if name:
        found = connections_of(request.user).filter(name=name).first()
        if found is None:
            raise Problem(404, f"There is no connection {name!r}.", "UnknownConnection")
        return found
    choose(request, "")
    if request.connection is None:
        if Connection.objects.exists():
            words = f"{request.user.get_username()} has no role on any connection; an administrator can give one."
            raise Problem(403, words, "AccessDenied")
        raise Problem(409, "No connection is set up yet.", "NoConnection")
    return request.connection
