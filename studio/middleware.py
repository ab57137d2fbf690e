"""What every page request passes: the content security policy, who acts, and which Connection it is about."""

from django.db.models import Case, When
from django.http import HttpResponseBadRequest

from catalog.access import connections_of
from catalog.actor import ADMIN, PAGE, REST, Actor, acting
from studio.rest import problems

SHOWN = 100  # connections in the menu

# Nothing inline, nothing from elsewhere. Plotly sets styles on the elements that it draws, hence style-src-attr.
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src-elem 'self'; style-src-attr 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
)


def content_security_policy(get_response):
    def middleware(request):
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Referrer-Policy", "same-origin")
        return response

    return middleware


FORM = "application/x-www-form-urlencoded"


def addresses_without_nul(get_response):
    """400 for an address or a form with a NUL: nothing of ours has one, and PostgreSQL takes none, not even to compare."""

    def middleware(request):
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            words = "An address must have no NUL."
            if request.path.startswith("/api/"):
                return problems.response(400, words)
            return HttpResponseBadRequest(words, content_type="text/plain")
        # Forms with files are read where they are expected and not before anybody has asked who sends them.
        is_form = request.method == "POST" and request.content_type == FORM and not request.path.startswith("/api/")
        if is_form and any("\0" in text for _, texts in request.POST.lists() for text in texts):
            return HttpResponseBadRequest("A form must have no NUL.", content_type="text/plain")
        return get_response(request)

    return middleware


def who_acts(get_response):
    """Whatever a request changes, its user changes: calls to SageMaker and the audit log say so. After authentication."""

    def middleware(request):
        with acting(actor_of(request)):
            return get_response(request)

    return middleware


def actor_of(request) -> Actor:
    via = REST if request.path.startswith("/api/") else ADMIN if request.path.startswith("/admin/") else PAGE
    # A user without a name has no roles, so what an anonymous request calls is refused.
    return Actor(request.user.get_username(), via, request.META.get("REMOTE_ADDR") or "")


def current_connection(get_response):
    """Set ``request.connection``: of those on which the user has a role, the one the session chose, else the default one,
    else any; None if there is none. The REST API chooses its own, because who calls is known only by the token."""

    def middleware(request):
        if request.path == "/healthz":  # it answers for itself when the database is away
            return get_response(request)
        request.connections, request.connection = {}, None
        if not request.path.startswith("/api/"):
            choose(request, request.GET.get("connection", ""))
        return get_response(request)

    return middleware


def choose(request, chosen: str) -> None:
    """Let ``request.connection`` be the one called ``chosen``, which the session then remembers, if the user may know it."""
    remembered = request.session.get("connection") or ""
    first = Case(When(name__in=[chosen, remembered], then=0), When(is_default=True, then=1), default=2)
    found = connections_of(request.user).order_by(first, "name")[
        :SHOWN
    ]  # the menu ends somewhere, but not before these
    connections = {connection.name: connection for connection in sorted(found, key=lambda one: one.name)}
    if chosen in connections and remembered != chosen:
        request.session["connection"] = remembered = chosen
    default = next((one for one in connections.values() if one.is_default), None)
    request.connections = connections
    request.connection = connections.get(remembered) or default or next(iter(connections.values()), None)
