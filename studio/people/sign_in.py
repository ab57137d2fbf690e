"""Signing in and out: what the audit log says of it, and what somebody reads whose account is locked.

django-axes counts failed passwords by user name and address together, wherever they are tried, and refuses more than
``AXES_FAILURE_LIMIT`` of them for ``AXES_COOLOFF_TIME``. A stranger can't lock out anybody but themselves that way.
"""

import math
from datetime import timedelta

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models import Max
from django.dispatch import receiver
from django.shortcuts import render
from django.utils import timezone

from catalog import audit
from catalog.actor import PAGE, Actor, become, current
from studio.people import sessions

NOBODY = "(not signed in)"  # no user is called so


@receiver(user_logged_in)
def _signed_in(request, user, **_) -> None:
    by = "oidc" if getattr(request, "signed_in_by", "") == "oidc" else "password"
    row = sessions.begin(request, user, by)
    actor = Actor(user.get_username(), PAGE, row.source)
    audit.append("SignIn", _target(user), detail={"by": by, "browser": row.browser}, actor=actor)
    if not current().is_system:  # a program that signs somebody in goes on as itself
        become(actor)


@receiver(user_logged_out)
def _signed_out(request, user, **_) -> None:
    if user is None:
        return
    sessions.end(request)
    audit.append("SignOut", _target(user), actor=Actor(user.get_username(), PAGE, sessions.address_of(request)))


@receiver(user_login_failed)
def _failed(credentials, request=None, **_) -> None:
    if request is None or request.axes_failures_since_start is None:  # refused unread: the account is locked
        return
    _refused("SignIn", request, credentials, {"reason": "wrong user name or password"})
    if request.axes_locked_out:
        _refused("LockOut", request, credentials, {"failures": request.axes_failures_since_start})


def _refused(action: str, request, credentials: dict, detail: dict) -> None:
    # A name that nobody has may be a password that was typed into the wrong field: it isn't kept.
    user = get_user_model().objects.filter(username=credentials.get("username") or "").first()
    actor = Actor("", PAGE, sessions.address_of(request), principal=NOBODY)
    audit.append(action, _target(user), outcome=audit.REFUSED, detail=detail, actor=actor)


def _target(user) -> str:
    return f"User {user.get_username()}" if user else "User (unknown)"


def locked_page(request, response=None, credentials=None):
    """Instead of the answer to a sign-in that was refused unread: since when, until when, and who can help."""
    name = (credentials or {}).get("username") or ""
    minutes = max(1, math.ceil(_locked_for(name, sessions.address_of(request)).total_seconds() / 60))
    context = {"minutes": minutes, "limit": settings.AXES_FAILURE_LIMIT, "name": name}
    answer = render(request, "registration/locked.html", context, status=429)
    answer.headers["Retry-After"] = str(60 * minutes)
    return answer


def _locked_for(name: str, source: str) -> timedelta:
    last = AccessAttempt.objects.filter(username=name, ip_address=source).aggregate(last=Max("attempt_time"))["last"]
    return max(timedelta(0), (last or timezone.now()) + settings.AXES_COOLOFF_TIME - timezone.now())


def locked_from(username: str) -> list[str]:
    """The addresses from which an account is locked now."""
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    failures: dict[str, int] = {}
    rows = AccessAttempt.objects.filter(username=username, attempt_time__gte=since)
    for source, count in rows.values_list("ip_address", "failures_since_start"):
        failures[str(source)] = failures.get(str(source), 0) + count
    return sorted(source for source, count in failures.items() if count >= settings.AXES_FAILURE_LIMIT)
