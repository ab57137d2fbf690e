"""Events on their way to what reacts to them: rows of ``catalog.Event``, taken in order, each exactly once.

The reactions are rows themselves (deliveries, notifications), written in the transaction that marks the event as taken: a
worker that is killed leaves either all of it or nothing. What those rows ask for is done after that, by ``registry.work``.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from catalog.models import Event
from registry.notices import reactions
from registry.notices.models import Notification
from registry.webhooks import deliveries
from registry.webhooks.models import Delivery

logger = logging.getLogger(__name__)

REACTIONS: tuple[Callable[[Event], None], ...] = (deliveries.queue, reactions.tell_of)
BATCH = 100
KEPT = timedelta(days=30)
_LOCK = 7_365_002  # of PostgreSQL's advisory locks: one worker takes at a time, so that the order holds


def take_waiting() -> int:
    """Take all events that wait; how many. One that a reaction fails on waits for the next time, and holds up no other."""
    taken = last = 0
    while Event.objects.filter(taken=None, id__gt=last).exists():
        with transaction.atomic():
            if not _is_my_turn():
                break
            events = list(
                Event.objects.filter(taken=None, id__gt=last).select_related("connection").order_by("id")[:BATCH]
            )
            done = [event.id for event in events if _react(event)]
            Event.objects.filter(id__in=done).update(taken=timezone.now())
        if not events:
            break
        taken, last = taken + len(done), events[-1].id
    return taken


def sweep() -> None:
    """Forget what is older than 30 days: events, messages that have ended, notifications."""
    before = timezone.now() - KEPT
    Event.objects.filter(taken__lt=before).delete()
    Delivery.objects.filter(ended__lt=before).delete()
    Notification.objects.filter(time__lt=before).exclude(read=None, shown=True).delete()


def _is_my_turn() -> bool:
    if connection.vendor != "postgresql":
        return True  # SQLite has one writer
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return cursor.fetchone()[0]


def _react(event: Event) -> bool:
    try:
        with transaction.atomic():
            for react in REACTIONS:
                react(event)
    except Exception:
        logger.exception("Event %s (%s) can't be reacted to; it is tried again", event.id, event.detail_type)
        return False
    return True
