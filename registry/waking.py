"""A hint to RQ, as soon as an event is committed, for processes that have a queue: others' events wait for the next tick."""

import logging

import django_rq
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from redis.exceptions import RedisError
from rq.exceptions import DuplicateJobError

from catalog.models import Event

logger = logging.getLogger(__name__)


def wake() -> None:
    """Ask for a round of ``registry.work``; the question stands in the queue once."""
    try:
        django_rq.get_queue("notify").enqueue(
            "registry.tasks.work", job_id="notify-work", unique=True, job_timeout=120, result_ttl=0, failure_ttl=60, ttl=30,
        )  # fmt: skip
    except DuplicateJobError:
        pass
    except RedisError as error:
        logger.warning("Events wait for the next tick: Redis can't be reached: %s", error)


@receiver(post_save, sender=Event)
def _wake_after_commit(created, **_) -> None:
    if created:
        transaction.on_commit(wake)
