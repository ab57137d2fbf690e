"""Who calls the REST API: a bearer token, or a signed-in browser with its CSRF token."""

from ninja.security import HttpBearer, SessionAuth

from catalog.models import Connection
from studio.rest import tokens
from studio.rest.problems import Problem

SAFE = ("GET", "HEAD", "OPTIONS")


class BearerToken(HttpBearer):
    def authenticate(self, request, token: str):
        found = tokens.find(token)
        if found is None:
            return None
        if request.method not in SAFE and not found.writes:
            raise Problem(403, f"The token {found.prefix}… may only read.", "ReadOnlyToken")
        request.user = found.user
        return found.user


AUTH = [BearerToken(), SessionAuth(csrf=True)]


def connection_of(request) -> Connection:
    """The Connection that a request names by ``?connection=`` or ``Atelier-Connection``; else the default one."""
    name = request.GET.get("connection") or request.headers.get("Atelier-Connection")
    if name:
        found = Connection.objects.filter(name=name).first()
        if found is None:
            raise Problem(404, f"There is no connection {name!r}.", "UnknownConnection")
        return found
    if request.connection is None:
        raise Problem(409, "No connection is set up yet.", "NoConnection")
    return request.connection
