"""No page is answered whose view doesn't say which permission it needs; and who would be let in where."""

import logging
from functools import lru_cache

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db.models import Q
from django.urls import Resolver404, resolve

from areas.allowed import may
from catalog.access import Rule
from catalog.models import Role

log = logging.getLogger(__name__)

# Rooms with checks of their own: Django's admin, and the REST API, whose operations are checked in studio.rest.api.
ELSEWHERE = {"admin", "rest"}
ASKED = 5  # administrators named to somebody who has no role


class PermissionsDeclared:
    """Refuse every view that declares no permission: 403 and a line in the log, an error where STUDIO_STRICT is set."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, arguments, keywords):
        if ELSEWHERE.isdisjoint(request.resolver_match.app_names + request.resolver_match.namespaces):
            check_declared(view, request.path)


def check_declared(view, where: str) -> None:
    if not getattr(view, "permission", ""):
        words = f"{where}: {view.__module__}.{view.__qualname__} declares no permission (areas.allowed)."
        if settings.STUDIO_STRICT:
            raise ImproperlyConfigured(words)
        log.error(words)
        raise PermissionDenied("This page doesn't say who may see it, so nobody may.")


def opens(request, url: str) -> bool:
    """Whether the page at an address of ours would let the request's user in, as far as its declaration tells."""
    verb, noun, name = _needs(url.partition("?")[0])
    return not verb or may(request, verb, noun, name)


@lru_cache(4096)
def _needs(path: str) -> tuple[str, str, str]:
    """(verb, noun, name) that the page asks for; verb "" where that can't be told."""
    try:
        match = resolve(path)
    except Resolver404:
        return "", "", ""
    verb, noun = getattr(match.func, "needs", ("", ""))
    return verb, noun or match.kwargs.get("noun", ""), str(match.kwargs.get("name") or "")


def administrators() -> list[str]:
    """User names of those who can give a role: superusers, and whose role manages users on every connection."""
    giving = [
        role.pk for role in Role.objects.all() if any(Rule.read(rule).covers("manage", "User") for rule in role.rules)
    ]
    held = Q(grants__role__in=giving, grants__connection=None)
    held |= Q(groups__grants__role__in=giving, groups__grants__connection=None)
    found = get_user_model().objects.filter(held | Q(is_superuser=True), is_active=True)
    return list(found.order_by("username").values_list("username", flat=True).distinct()[:ASKED])
