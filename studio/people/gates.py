"""What concerns everybody (accounts, groups, roles, connections) is for who may manage it on every connection."""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied

from areas.permissions import Need
from catalog.access import access_of


def everywhere(noun: str) -> Callable:
    """Let a view run only for who may manage a noun on every connection, not only on the current one."""

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def checked(request, *args, **kwargs):
            if not manages_everywhere(request, noun):
                need = Need("manage", noun).codename
                raise PermissionDenied(
                    f"Only an administrator of every connection may do this: it needs {need} everywhere."
                )
            return view(request, *args, **kwargs)

        checked.permission = Need("manage", noun).codename
        checked.needs = "manage", noun
        checked.is_everywhere = True
        return checked

    return decorate


def superusers(view: Callable) -> Callable:
    """Let a view run only for administrators of the whole Studio: it shows what opens everything."""

    @wraps(view)
    def checked(request, *args, **kwargs):
        if not request.user.is_superuser:
            raise PermissionDenied("Only an administrator of the whole Studio may open this page.")
        return view(request, *args, **kwargs)

    checked.permission = "superuser"
    return checked


def manages_everywhere(request, noun: str) -> bool:
    kept = request.__dict__.setdefault("_everywhere", {})
    name = request.user.get_username()
    if name not in kept:
        kept[name] = access_of(name, None)
    return kept[name].may("manage", noun)
