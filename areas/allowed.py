"""Who may see a page or use a route: every view of pages and REST says which permission it needs.

``@allowed("view", "TrainingJob")``, outermost, refuses who may not, and names the permission on the function
(``view.permission``). The Studio answers no view without one (``studio.access``).
"""

from collections.abc import Callable
from functools import wraps
from inspect import signature

from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db.models import QuerySet

from areas.permissions import Need
from areas.rest import Problem
from catalog.access import Access, access_here, access_of, keep_here
from catalog.models import Tag

ANYBODY = "anybody"  # every signed-in person: their own settings, the shell
STRANGERS = "strangers"  # nobody needs to sign in: the sign-in page, health, what has keys of its own


def allowed(verb: str, noun: str = "", *, name: str = "name") -> Callable:
    """Let a view run only for who may ``verb`` the ``noun`` (without one: the noun in the view's ``noun`` argument) called as
    the view's argument ``name`` says, if it has one. Refuses with PermissionDenied on pages, a 403 Problem in REST."""

    def decorate(view: Callable) -> Callable:
        arguments = list(signature(view).parameters)[1:]

        @wraps(view)
        def checked(request, *args, **kwargs):
            given = {**dict(zip(arguments, args, strict=False)), **kwargs}
            require(request, verb, noun or given["noun"], str(given.get(name) or ""))
            return view(request, *args, **kwargs)

        checked.permission = Need(verb, noun).codename if noun else f"{verb}_{{noun}}"
        checked.needs = verb, noun
        return checked

    return decorate


def asks(permission: str) -> Callable:
    """Declare that a view asks for itself, by ``require``, because what it needs is in the request; ``permission`` says what.

    An answer that was given without asking is thrown away."""

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def asking(request, *args, **kwargs):
            request._asked = False
            answer = view(request, *args, **kwargs)
            if not request._asked and getattr(answer, "status_code", 200) < 400:
                raise ImproperlyConfigured(f"{view.__qualname__} answered without asking for {permission}.")
            return answer

        asking.permission = permission
        return asking

    return decorate


def anybody(view: Callable) -> Callable:
    """Declare that every signed-in person may use a view: what it shows is their own, or it asks for itself."""

    @wraps(view)
    def open_to_all(request, *args, **kwargs):
        return view(request, *args, **kwargs)

    open_to_all.permission = ANYBODY
    return open_to_all


def strangers(view: Callable) -> Callable:
    """Declare that a view needs nobody signed in: it shows nothing of anybody's, or checks keys of its own."""

    @wraps(view)
    def open_to_strangers(request, *args, **kwargs):
        return view(request, *args, **kwargs)

    open_to_strangers.permission = STRANGERS
    open_to_strangers.login_required = False
    return open_to_strangers


def access(request) -> Access:
    """What the request's user may do on its connection, read once a request."""
    connection = getattr(request, "connection", None)
    token = getattr(request, "token", None)  # of REST: it may be good for less than its owner
    key = (request.user.get_username(), connection.id if connection else None, token)
    kept = getattr(request, "_access", None)
    if kept is None or kept[0] != key:
        found = access_of(*key[:2])
        kept = request._access = (key, keep_here(key[1], token.narrow(found, key[1]) if token else found))
    return kept[1]


def access_everywhere(request) -> Access:
    """What the request's user may do on every connection: for what belongs to none, or to all of them."""
    token = getattr(request, "token", None)
    found = access_of(request.user.get_username(), None)
    return token.narrow(found, None) if token else found


def may(request, verb: str, noun: str, name: str = "") -> bool:
    """Whether to offer it: a button, a link, a field."""
    return access(request).may(verb, noun, name, lambda: _tags(request, noun, name))


def require(request, verb: str, noun: str, name: str = "") -> None:
    """Refuse who may not."""
    request._asked = True
    if not may(request, verb, noun, name):
        _refuse(request, Need(verb, noun, name))


def visible(request, rows: QuerySet, noun: str, *, name: str = "name") -> QuerySet:
    """The rows of a ``noun`` that the request's user may view."""
    return access(request).visible(rows, noun, name=name)


def visible_here(connection, rows: QuerySet, noun: str, *, name: str = "name") -> QuerySet:
    """As ``visible``, below a view, where no request is at hand: for whoever acts now."""
    return access_here(connection.id if connection else None).visible(rows, noun, name=name)


def _refuse(request, need: Need) -> None:
    connection = getattr(request, "connection", None)
    where = f" on connection {connection.name}" if connection else ""
    words = (
        f"No role of {request.user.get_username() or 'yours'}{where} allows {need.codename}"
        f"{f' of {need.name}' if need.name else ''}; an administrator can give one."
    )
    if request.path.startswith("/api/"):
        raise Problem(403, words, "AccessDenied")
    raise PermissionDenied(words)


def _tags(request, noun: str, name: str) -> dict[str, str]:
    found = Tag.objects.filter(record__connection=request.connection, record__kind=noun, record__name=name)
    return dict(found.values_list("key", "value"))
