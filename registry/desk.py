"""What the desk does without being asked, every few seconds: the database says what is due, RQ only ticks."""

import logging
from collections.abc import Callable, Iterable

from django.db import close_old_connections
from django.utils import timezone

from registry import decisions, measuring, outside, rollouts
from registry.approvals import ApprovalRequest, Rollout

logger = logging.getLogger(__name__)

BATCH = 200  # of each kind, a tick


def tick() -> None:
    """Carry on with everything that is due. Safe to run twice and at the same time."""
    close_old_connections()
    now = timezone.now()
    due = ApprovalRequest.objects.filter(due__lte=now).order_by("due")
    _each(due.filter(state=ApprovalRequest.DECIDING), decisions.carry_out)
    _each(due.filter(state=ApprovalRequest.OPEN), decisions.look_at)
    _each(ApprovalRequest.objects.filter(state=ApprovalRequest.OPEN, expires__lte=now), decisions.expire)
    _each(outside.gone(), outside.cancel_gone)
    _each(Rollout.objects.filter(state=Rollout.WAITING), rollouts.start)
    _each(Rollout.objects.filter(state=Rollout.RUNNING), rollouts.follow)
    measuring.queue_due(BATCH)


def _each(rows: Iterable, do: Callable[[int], None]) -> None:
    """Do it for each row; one that crashes is logged and holds up no other."""
    for number in rows.values_list("id", flat=True)[:BATCH]:
        try:
            do(number)
        except Exception:
            logger.exception("%s(%s) failed; it is tried again", do.__qualname__, number)
