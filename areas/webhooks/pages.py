"""Pages of webhooks: the list, making and changing one, its delivery log, trying it out."""

import orjson
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from areas.allowed import allowed
from areas.webhooks.finding import (
    KINDS,
    NOUN,
    STATES,
    check_name,
    deliveries,
    find,
    find_delivery,
    kinds_of_events,
    manages_everywhere,
    mine,
)
from registry.waking import wake
from registry.webhooks import deliveries as sent
from registry.webhooks import keeping
from registry.webhooks.models import Webhook

SHOWN = 50


@allowed("manage", NOUN)
@require_safe
def show_list(request):
    """Every webhook that the person manages here, and how its newest messages went."""
    hooks = list(mine(request))
    return render(request, "areas/webhooks/list.html", {"hooks": hooks})


@allowed("manage", NOUN)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request):
    """The form; a POST makes the webhook and shows its secret this once."""
    given, error = _given(request.POST or {"events": KINDS[0]}), None
    everywhere = request.POST.get("where") == "everywhere" and manages_everywhere(request)
    if request.method == "POST":
        try:
            check_name(request, given["name"], everywhere=everywhere)
            hook, secret = keeping.create(
                actor=request.user, connection=None if everywhere else request.connection, **given
            )
            return _show_secret(request, hook, secret)
        except keeping.BadWebhook as refused:
            error = refused
    return _form(request, None, given, error, everywhere=everywhere)


@allowed("manage", NOUN)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, number: int):
    hook, error = find(request, number), None
    given = {field: getattr(hook, field) for field in ("name", "url", "events", "group", "statuses")}
    if request.method == "POST":
        given = _given(request.POST)
        try:
            check_name(request, given["name"], everywhere=hook.connection_id is None)
            keeping.change(hook, **given)
            messages.success(request, f"Webhook {given['name']} is saved.")
            return redirect("webhook", number)
        except keeping.BadWebhook as refused:
            error = refused
    return _form(request, hook, given, error)


@allowed("manage", NOUN)
@require_safe
def show(request, number: int):
    """A webhook and its delivery log; with ``part=live`` only the log, for polling."""
    hook = find(request, number)
    state = request.GET.get("state", "")
    rows, cursor = deliveries(hook, state, SHOWN, request.GET.get("cursor", ""))
    for row in rows:
        row.document = orjson.loads(row.body)
    moving = any(row.state in (row.WAITING, row.SENDING) and row.due <= timezone.now() for row in rows)
    context = {"hook": hook, "rows": rows, "cursor": cursor, "state": state, "states": STATES, "moving": moving,
               "old_secret": len(keeping.secrets_of(hook)) > 1}  # fmt: skip
    return render(request, f"areas/webhooks/{'log' if request.GET.get('part') == 'live' else 'show'}.html", context)


@allowed("manage", NOUN)
@require_POST
def rotate(request, number: int):
    hook = find(request, number)
    secret = keeping.rotate(hook)
    return _show_secret(request, hook, secret)


@allowed("manage", NOUN)
@require_POST
def switch(request, number: int):
    """Enable (``enabled=on``) or disable."""
    hook = keeping.change(find(request, number), enabled=request.POST.get("enabled") == "on")
    messages.success(request, f"Webhook {hook.name} is {'enabled' if hook.enabled else 'disabled'}.")
    return redirect("webhook", number)


@allowed("manage", NOUN)
@require_POST
def delete(request, number: int):
    hook = find(request, number)
    keeping.remove(hook)
    messages.success(request, f"Webhook {hook.name} is deleted; nothing is sent to it any more.")
    return redirect("webhooks")


@allowed("manage", NOUN)
@require_POST
def test(request, number: int):
    """Queue a test message; the delivery log shows what came of it."""
    sent.queue_test(find(request, number))
    wake()
    return redirect("webhook", number)


@allowed("manage", NOUN)
@require_POST
def redeliver(request, number: int, delivery: int):
    hook = find(request, number)
    if not hook.enabled:
        messages.error(request, f"Webhook {hook.name} is disabled; enable it first.")
    elif sent.redeliver(find_delivery(hook, delivery)):
        wake()
    else:
        messages.warning(request, "That message is on its way already.")
    return redirect("webhook", number)


def _given(form) -> dict:
    """Text areas hold a pattern or a status a line."""
    return {
        "name": form.get("name", ""), "url": form.get("url", "").strip(), "group": form.get("group", ""),
        "events": form.get("events", "").splitlines(), "statuses": form.get("statuses", "").splitlines(),
    }  # fmt: skip


def _form(request, hook: Webhook | None, given: dict, error: keeping.BadWebhook | None, *, everywhere: bool = False):
    context = {
        "hook": hook, "given": given, "error": error, "kinds": kinds_of_events(request), "everywhere": everywhere,
        "may_everywhere": hook is None and manages_everywhere(request),
        "events": "\n".join(given["events"]), "statuses": "\n".join(given["statuses"]),
    }  # fmt: skip
    return render(request, "areas/webhooks/form.html", context, status=422 if error else 200)


def _show_secret(request, hook: Webhook, secret: str):
    answer = render(request, "areas/webhooks/secret.html", {"hook": hook, "secret": secret})
    answer.headers["Cache-Control"] = "no-store"
    return answer
