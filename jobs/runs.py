"""Asking for work: the one way for pages and REST to start something that takes time, and to see how it goes."""

import logging

import django_rq
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from redis.exceptions import RedisError
from rq.exceptions import DuplicateJobError

from catalog.models import Connection
from jobs.models import Run

logger = logging.getLogger(__name__)


def start(connection: Connection, *, user, kind: str, name: str, plan: list[dict]) -> Run:
    """Store a Run and queue it. Answers at once; ``plan`` is described in ``Run``. When Redis is away the Run is stored all
    the same, and starts when the reconciler finds it. The same creation asked for twice at once is one Run."""
    run = Run.objects.create(connection=connection, user=user, kind=kind, name=name, plan=plan, due=timezone.now())
    if plan[-1]["call"].startswith("Create"):
        open_ones = Run.objects.filter(connection=connection, kind=kind, name=name, id__lt=run.id, state__in=Run.OPEN)
        same = next((one for one in open_ones.order_by("id") if one.plan == plan), None)
        if same:
            run.delete()
            return same
    transaction.on_commit(lambda: enqueue(run.id, queue=queue_for(plan)))
    return run


def queue_for(steps: list[dict]) -> str:
    """``slow`` if a step is work of the Studio's own (``datasets.prepare``), which may take minutes; calls take moments."""
    return "slow" if any("." in step["call"] for step in steps) else "default"


def enqueue(run_id: int, attempt: int = 0, *, queue: str = "default") -> None:
    """Hint RQ that a Run is due. The hint is named by Run and attempt, so that it stands in the queue once."""
    try:
        django_rq.get_queue(queue).enqueue(
            "jobs.tasks.submit", run_id, job_id=f"run-{run_id}-{attempt}", unique=True,
            job_timeout=3600, result_ttl=0, failure_ttl=60,
        )  # fmt: skip
    except DuplicateJobError:
        pass
    except RedisError as error:
        logger.warning("Run %s waits for the reconciler: Redis can't be reached: %s", run_id, error)


def open_runs(connection: Connection) -> QuerySet[Run]:
    return Run.objects.filter(connection=connection, state__in=Run.OPEN).order_by("created")


def for_target(connection: Connection, kind: str, name: str) -> Run | None:
    """The newest Run that asked for a thing, whether the thing is there yet or not."""
    return Run.objects.filter(connection=connection, kind=kind, name=name).order_by("-created").first()


def queue_position(run: Run) -> int:
    """How many Runs are before this one: 0 is next. All connections share the workers."""
    return Run.objects.filter(state__in=(Run.QUEUED, Run.SUBMITTING), created__lt=run.created).count()


def failed_since(connection: Connection, since) -> QuerySet[Run]:
    return Run.objects.filter(connection=connection, state=Run.FAILED, ended__gte=since).order_by("-ended")


def cancel(run: Run) -> bool:
    """Take back a Run that isn't submitted yet. False when it is too late: then the thing itself must be stopped."""
    taken = Run.objects.filter(id=run.id, state__in=(Run.QUEUED, Run.SUBMITTING)).update(
        state=Run.STOPPED, claimed=None, error="Taken back before it was submitted.", ended=timezone.now()
    )
    return bool(taken)
