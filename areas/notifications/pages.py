"""A person's notifications, and which of them they want where."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from areas.allowed import anybody
from catalog.paging import BadCursor, read_page
from registry.notices.kinds import KINDS
from registry.notices.models import Notification, Wish

SIZE = 50


def own(request):
    """The notifications that the request's user is shown."""
    return Notification.objects.filter(user=request.user, shown=True)


@anybody
@require_safe
def show(request):
    """The newest first, ``state=unread`` only those; ``cursor`` goes on."""
    rows, unread = own(request), own(request).filter(read=None)
    if request.GET.get("state") == "unread":
        rows = unread
    try:
        found, cursor = read_page(rows, sort="-id", limit=SIZE, cursor=request.GET.get("cursor", ""))
    except BadCursor:
        return redirect("notifications")
    for row in found:
        row.about = KINDS.get(row.kind)
    return render(request, "areas/notifications/show.html", {
        "rows": found, "cursor": cursor, "unread": unread.count(), "wishes": wishes(request.user),
        "has_mail": bool(settings.EMAIL_URL),
    })  # fmt: skip


@anybody
@require_POST
def read(request):
    """Mark one (``number``) or all as read; then ``next``."""
    rows, number = own(request).filter(read=None), request.POST.get("number", "")
    if number:
        rows = rows.filter(id=int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0)
    rows.update(read=timezone.now())
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return redirect(target if target and safe else reverse("notifications"))


@anybody
@require_safe
def follow(request, number: int):
    """Mark as read, and go where the notification leads."""
    row = own(request).filter(id=number).first()
    if row is None:
        raise Http404(f"You have no notification {number}.")
    own(request).filter(id=number, read=None).update(read=timezone.now())
    safe = url_has_allowed_host_and_scheme(row.url, {request.get_host()}, require_https=request.is_secure())
    return redirect(row.url if row.url and safe else reverse("notifications"))


@anybody
@require_POST
def choose(request):
    """Keep what the person wants to hear of: ``here-<kind>`` and ``mail-<kind>``."""
    for kind in KINDS:
        chosen = {"here": f"here-{kind}" in request.POST, "mail": f"mail-{kind}" in request.POST}
        Wish.objects.update_or_create(user=request.user, kind=kind, defaults=chosen)
    messages.success(request, "What you hear of is saved.")
    return redirect("notifications")


def wishes(user) -> list[dict]:
    """Every kind, and where the person wants it."""
    chosen = {wish.kind: wish for wish in Wish.objects.filter(user=user)}
    return [
        {"kind": kind, "here": wish.here if wish else True, "mail": wish.mail if wish else kind.mail}
        for kind in KINDS.values()
        for wish in [chosen.get(kind.key)]
    ]
