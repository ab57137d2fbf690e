"""Who may see a page or use a route: every view of pages and REST says which permission it needs.

``@allowed("view", "TrainingJob")`` refuses who may not, and names the permission on the function (``view.permission``), where
the Studio checks that no view is without one.
"""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied

from areas.permissions import Need
from areas.rest import Problem
from catalog.access import Access, access_of
from catalog.models import Tag

ANYBODY = "anybody"  # every signed-in person: their own settings, the shell


def allowed(verb: str, noun: str = "", *, name: str = "name") -> Callable:
    """Let a view run only for who may ``verb`` the ``noun`` (without one: the noun in the view's ``noun`` argument) called as
    the view's argument ``name`` says, if it has one. Refuses with PermissionDenied on pages, a 403 Problem in REST."""

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def checked(request, *args, **kwargs):
            require(request, verb, noun or kwargs["noun"], str(kwargs.get(name) or ""))
            return view(request, *args, **kwargs)

        checked.permission = Need(verb, noun or "*").codename if noun else f"{verb}_{{noun}}"
        return checked

    return decorate


def anybody(view: Callable) -> Callable:
    """Declare that every signed-in person may use a view: what it shows is their own, or it asks for itself."""

    @wraps(view)
    def open_to_all(request, *args, **kwargs):
        return view(request, *args, **kwargs)

    open_to_all.permission = ANYBODY
    return open_to_all


def access(request) -> Access:
    """What the request's user may do on its connection, read once a request."""
    connection = getattr(request, "connection", None)
    key = (request.user.get_username(), connection.id if connection else None)
    kept = getattr(request, "_access", None)
    if kept is None or kept[0] != key:
        kept = request._access = (key, access_of(*key))
    return kept[1]


def may(request, verb: str, noun: str, name: str = "") -> bool:
    """Whether to offer it: a button, a link, a field."""
    return access(request).may(verb, noun, name, lambda: _tags(request, noun, name))


def require(request, verb: str, noun: str, name: str = "") -> None:
    if may(request, verb, noun, name):
        return
    connection = getattr(request, "connection", None)
    where = f" on connection {connection.name}" if connection else ""
    words = (
        f"No role of {request.user.get_username() or 'yours'}{where} allows {Need(verb, noun).codename}"
        f"{f' of {name}' if name else ''}; an administrator can give one."
    )
    if request.path.startswith("/api/"):
        raise Problem(403, words, "AccessDenied")
    raise PermissionDenied(words)


def _tags(request, noun: str, name: str) -> dict[str, str]:
    found = Tag.objects.filter(record__connection=request.connection, record__kind=noun, record__name=name)
    return dict(found.values_list("key", "value"))
