"""Asking for work: the one way for pages and REST to start something that takes time."""

from catalog.models import Connection
from django.db import transaction
from django.utils import timezone

from jobs.models import Run


def start(connection: Connection, *, user, kind: str, name: str, plan: list[dict]) -> Run:
    """Store a Run and queue it. Answers at once; ``plan`` is described in ``Run``. Safe when Redis is away: reconcile
    queues what the database says is due."""
    run = Run.objects.create(connection=connection, user=user, kind=kind, name=name, plan=plan, due=timezone.now())
    transaction.on_commit(lambda: enqueue(run.id))
    return run


def enqueue(run_id: int) -> None:
    import logging

    import django_rq
    from redis.exceptions import RedisError

    try:
        django_rq.get_queue("default").enqueue("jobs.tasks.submit", run_id)
    except RedisError as error:
        logging.getLogger(__name__).warning("Run %s waits for the reconciler, Redis can't be reached: %s", run_id, error)
