"""Making, changing and removing webhooks. Who may is asked before, by pages and REST; everything is written to the audit log."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog import audit
from catalog.models import Connection
from registry.notices import tell_all
from registry.notices.kinds import WEBHOOK_DISABLED
from registry.notices.people import who_may
from registry.webhooks.addresses import BadAddress, check_url
from registry.webhooks.models import Delivery, Webhook
from registry.webhooks.signing import new_secret

OLD_SECRET = timedelta(days=1)  # so long messages bear the old secret's signature beside the new one's
MOST = 20  # patterns, and statuses
FIELDS = ("name", "url", "events", "group", "statuses", "enabled")


class BadWebhook(Exception):
    """What was asked for can't be a webhook: ``field`` says where, ``message`` why, in a sentence."""

    def __init__(self, field: str, message: str):
        super().__init__(message)
        self.field, self.message = field, message


def create(*, actor, connection: Connection | None, **given) -> tuple[Webhook, str]:
    """Make a webhook of ``FIELDS``; with it comes its secret, which nobody is shown again. Raises BadWebhook."""
    hook = Webhook(connection=connection, secret=new_secret(), created_by=actor)
    _fill(hook, given)
    with transaction.atomic():
        _save(hook)
        audit.append("CreateWebhook", f"Webhook {hook.name}", on=_where(hook), after=told(hook))
    return hook, hook.secret


def change(webhook: Webhook, **given) -> Webhook:
    """Change some of ``FIELDS``. Enabling forgets past failures; disabling ends what waits to be sent. Raises BadWebhook."""
    with transaction.atomic():
        hook = Webhook.objects.select_for_update(of=("self",)).select_related("connection").get(id=webhook.id)
        before, was = told(hook), hook.enabled
        _fill(hook, given)
        if hook.enabled and not was:
            hook.failing_since, hook.disabled_because = None, ""
        _save(hook)
        if was and not hook.enabled:
            _end_waiting(hook, "The webhook was disabled.")
        before, after = audit.changed(before, told(hook))
        if after:
            audit.append("UpdateWebhook", f"Webhook {hook.name}", on=_where(hook), before=before, after=after)
    return hook


def remove(webhook: Webhook) -> None:
    """Remove a webhook with its deliveries."""
    with transaction.atomic():
        before, name, where = told(webhook), webhook.name, _where(webhook)
        webhook.delete()
        audit.append("DeleteWebhook", f"Webhook {name}", on=where, before=before)


def rotate(webhook: Webhook) -> str:
    """A new secret. For a day messages are signed with the old one too, so that a receiver can change over."""
    with transaction.atomic():
        hook = Webhook.objects.select_for_update(of=("self",)).select_related("connection").get(id=webhook.id)
        hook.old_secret, hook.secret, hook.rotated = hook.secret, new_secret(), timezone.now()
        hook.save(update_fields=["secret", "old_secret", "rotated"])
        audit.append("RotateWebhookSecret", f"Webhook {hook.name}", on=_where(hook))
    return hook.secret


def secrets_of(hook: Webhook) -> list[str]:
    """What messages are signed with now."""
    both = hook.old_secret and hook.rotated and hook.rotated > timezone.now() - OLD_SECRET
    return [hook.secret, hook.old_secret] if both else [hook.secret]


def give_up(hook: Webhook, because: str) -> None:
    """Disable a webhook that fails and fails, and tell who made it and who may mend it. In the caller's transaction."""
    if not Webhook.objects.filter(id=hook.id, enabled=True).update(enabled=False, disabled_because=because):
        return
    _end_waiting(hook, "The webhook was disabled.")
    people = who_may("manage", "Webhook", connection=hook.connection, name=hook.name)
    tell_all(
        [*people, hook.created_by], kind=WEBHOOK_DISABLED, url=f"/webhooks/{hook.id}/",
        text=f"Webhook {hook.name} is disabled. {because}",
    )  # fmt: skip
    audit.append(
        "DisableWebhook", f"Webhook {hook.name}", on=_where(hook), before={"enabled": True}, after={"enabled": False},
        detail={"reason": because},
    )  # fmt: skip


def told(hook: Webhook) -> dict:
    """A webhook as the audit log has it: no secret, and of its address only the host, since paths hold tokens."""
    parts = urlsplit(hook.url)
    return {field: getattr(hook, field) for field in FIELDS} | {"url": f"{parts.scheme}://{parts.netloc}/…"}


def _fill(hook: Webhook, given: dict) -> None:
    if unknown := given.keys() - set(FIELDS):
        raise BadWebhook(min(unknown), f"A webhook has no {min(unknown)}.")
    for field, value in given.items():
        setattr(hook, field, value)
    hook.name, hook.group = hook.name.strip(), hook.group.strip()
    hook.events = _words("events", hook.events)
    hook.statuses = _words("statuses", hook.statuses)
    if not hook.name or len(hook.name) > 64 or "/" in hook.name:
        raise BadWebhook("name", "A webhook needs a name of at most 64 characters without a slash.")
    if len(hook.group) > 256:
        raise BadWebhook("group", "A pattern of group names has at most 256 characters.")
    if not hook.events:
        raise BadWebhook("events", "Name at least one kind of event; * is all of them.")
    if len(hook.url) > 2048:
        raise BadWebhook("url", "The address has more than 2048 characters.")
    try:
        check_url(hook.url)
    except BadAddress as error:
        raise BadWebhook("url", str(error)) from None


def _words(field: str, given: list[str]) -> list[str]:
    words = list(dict.fromkeys(filter(None, (word.strip() for word in given))))
    if len(words) > MOST or any(len(word) > 128 for word in words):
        raise BadWebhook(field, f"At most {MOST} {field}, of at most 128 characters each.")
    return words


def _save(hook: Webhook) -> None:
    try:
        with transaction.atomic():
            hook.save()
    except IntegrityError:
        raise BadWebhook("name", f"There is a webhook called {hook.name} already.") from None


def _end_waiting(hook: Webhook, error: str) -> None:
    waiting = Delivery.objects.filter(webhook=hook.id, state=Delivery.WAITING)
    waiting.update(state=Delivery.FAILED, error=error, ended=timezone.now())


def _where(hook: Webhook) -> str:
    return hook.connection.name if hook.connection else ""
