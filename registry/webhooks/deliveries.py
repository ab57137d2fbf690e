"""Messages on their way: queued with the event, claimed one at a time for each webhook, retried, written down."""

import secrets
import time
from datetime import datetime, timedelta

import orjson
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from catalog.events import envelope
from catalog.models import Event
from registry.webhooks import keeping, signing
from registry.webhooks.matching import is_meant
from registry.webhooks.models import Delivery, Webhook
from registry.webhooks.sending import Answer

# Between the attempts: eight in all, the last nine hours after the first.
WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1800, 7200, 21600))
STALE = timedelta(seconds=60)  # a claim this old was its worker's last
GIVES_UP = timedelta(days=3)  # of nothing but failures, and the webhook is disabled
TEST_TYPE = "Atelier Webhook Test"


def queue(event: Event) -> None:
    """Queue a message for every webhook that the event is meant for, in the transaction that takes the event."""
    heard = Q(connection=None) | Q(connection=event.connection_id) if event.connection_id else Q(connection=None)
    hooks = [hook for hook in Webhook.objects.filter(heard, enabled=True) if is_meant(hook, event)]
    if not hooks:
        return
    body = orjson.dumps(envelope(event)).decode()
    Delivery.objects.bulk_create(
        [
            Delivery(
                webhook=hook, event=event, message=_message(), detail_type=event.detail_type, body=body,
            )
            for hook in hooks
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def queue_test(webhook: Webhook) -> Delivery:
    """Queue a message that tells nothing, to see whether the receiver takes it; to a disabled webhook too."""
    connection = webhook.connection
    body = {
        "version": "0", "id": secrets.token_hex(16), "detail-type": TEST_TYPE, "source": "atelier",
        "account": connection.account if connection else "", "region": connection.region if connection else "",
        "time": timezone.now().strftime("%Y-%m-%dT%H:%M:%SZ"), "resources": [],
        "detail": {"webhook": webhook.name, "text": "If you can read this, the webhook works."},
    }  # fmt: skip
    return Delivery.objects.create(
        webhook=webhook, message=_message(), detail_type=TEST_TYPE, body=orjson.dumps(body).decode()
    )


def redeliver(delivery: Delivery) -> bool:
    """Send a message once more, as it was and under its own id. False while it is on its way already."""
    ended = Delivery.objects.filter(id=delivery.id, state__in=(Delivery.DELIVERED, Delivery.FAILED))
    return bool(
        ended.update(state=Delivery.WAITING, attempts=0, due=timezone.now(), ended=None, claimed=None, error="")
    )


def claim(count: int) -> list[Delivery]:
    """At most ``count`` due messages, each of another webhook and of one that has none on its way: a receiver that is slow or
    dead holds up nobody else's. They are this worker's for a minute."""
    now = timezone.now()
    due = Delivery.objects.filter(state=Delivery.WAITING, due__lte=now).filter(
        Q(webhook__enabled=True) | Q(detail_type=TEST_TYPE)
    )
    if not due.exists() and not Delivery.objects.filter(state=Delivery.SENDING).exists():
        return []
    Delivery.objects.filter(state=Delivery.SENDING, claimed__lt=now - STALE).update(state=Delivery.WAITING, due=now)
    first = due.filter(webhook=OuterRef("pk")).order_by("due", "id").values("id")[:1]
    busy = Delivery.objects.filter(webhook=OuterRef("pk"), state=Delivery.SENDING)
    chosen = Webhook.objects.filter(~Exists(busy)).annotate(next=Subquery(first)).exclude(next=None)
    claimed = [
        number for number in chosen.order_by("next").values_list("next", flat=True)[:count]
        if Delivery.objects.filter(id=number, state=Delivery.WAITING).update(state=Delivery.SENDING, claimed=now)
    ]  # fmt: skip
    return list(Delivery.objects.filter(id__in=claimed).select_related("webhook").order_by("id"))


def signed(delivery: Delivery) -> tuple[str, dict[str, str], bytes]:
    """(URL, headers, body) of an attempt that is made now."""
    hook, body = delivery.webhook, delivery.body.encode()
    stamped = signing.headers(delivery.message, int(time.time()), body, keeping.secrets_of(hook))
    return hook.url, {"Content-Type": "application/json", **stamped}, body


def record(delivery: Delivery, answer: Answer) -> None:
    """Write down what came of an attempt, unless the claim was lost meanwhile: delivered, to be tried again, or failed."""
    now = timezone.now()
    with transaction.atomic():
        mine = Delivery.objects.select_for_update().filter(
            id=delivery.id, state=Delivery.SENDING, claimed=delivery.claimed
        )
        kept = mine.first()
        if kept is None:
            return
        kept.attempts += 1
        kept.status, kept.response, kept.error = answer.status, answer.text, answer.error
        attempt = {"at": now.isoformat(), "status": answer.status, "error": answer.error, "seconds": answer.seconds}
        kept.log = [*kept.log[-31:], attempt]
        kept.state, kept.due, kept.ended = _next(kept, answer, now)
        kept.claimed = None
        kept.save()
        _judge(kept.webhook_id, answer, now)


def _next(delivery: Delivery, answer: Answer, now: datetime) -> tuple[str, datetime, datetime | None]:
    if answer.is_good:
        return Delivery.DELIVERED, delivery.due, now
    if delivery.attempts > len(WAITS) or delivery.detail_type == TEST_TYPE:
        return Delivery.FAILED, delivery.due, now
    return Delivery.WAITING, now + WAITS[delivery.attempts - 1], None


def _judge(webhook_id: int, answer: Answer, now: datetime) -> None:
    hooks = Webhook.objects.filter(id=webhook_id)
    if answer.is_good:
        hooks.exclude(failing_since=None).update(failing_since=None)
        return
    hooks.filter(failing_since=None).update(failing_since=now)
    hook = hooks.get()
    if not hook.enabled:
        return
    if answer.status == 410:
        keeping.give_up(hook, "The receiver answered 410: it is gone for good.")
    elif hook.failing_since < now - GIVES_UP:
        keeping.give_up(hook, f"Nothing was delivered for {GIVES_UP.days} days. {answer.error}"[:256])


def _message() -> str:
    return f"msg_{secrets.token_hex(16)}"
