"""The pages for what may not be seen, what isn't there, and what broke."""

import sys

from django.db import InterfaceError, OperationalError
from django.shortcuts import render
from django.views import defaults

from studio.access import administrators
from studio.rest import problems


def forbidden(request, exception=None):
    user = getattr(request, "user", None)
    if user and user.is_authenticated and not user.is_superuser and not getattr(request, "connections", None):
        return no_role(request, 403)
    return _answer(request, 403, "Not allowed", str(exception or "") or "Your account may not open this page.")


def no_role(request, status: int = 200):
    """For somebody who has no role on any connection: whom to ask for one."""
    if request.path.startswith("/api/"):
        return problems.response(
            status, f"{request.user.get_username()} has no role on any connection.", "AccessDenied"
        )
    return render(request, "base/no_role.html", {"administrators": administrators()}, status=status)


def csrf_failed(request, reason=""):
    """A form whose token is missing or old: Django's own page has inline styles, which the policy forbids."""
    words = "This form is too old or came from another site, so nothing was done. Go back, reload the page and send it again."
    return _answer(request, 403, "Not accepted", words)


def not_found(request, exception=None):
    words = str(exception) if exception and isinstance(exception.args[0] if exception.args else None, str) else ""
    return _answer(request, 404, "Not found", words or f"There is nothing at {request.path}.")


def bad_request(request, exception=None):
    """What Django itself refuses: a host that isn't ours, too many fields."""
    if request.path.startswith("/api/"):
        return problems.response(400, "Django refused the request; the Studio's log says why.")
    return defaults.bad_request(request, exception)


def crashed(request):
    """No database, no session: what broke may be one of them. 503 while the database is away."""
    is_away = isinstance(sys.exception(), (OperationalError, InterfaceError))
    if request.path.startswith("/api/"):
        words = "The database can't be used now; try again." if is_away else "The Studio broke; its log says how."
        return problems.response(503 if is_away else 500, words)
    return render(request, "500.html", {"is_away": is_away}, status=503 if is_away else 500)


def _answer(request, status: int, title: str, words: str):
    if request.path.startswith("/api/"):
        return problems.response(status, words)
    signed_in = getattr(request, "user", None) is not None and request.user.is_authenticated
    template = "base/error.html" if signed_in else "base/error_plain.html"
    return render(request, template, {"title": title, "words": words, "status": status}, status=status)
