"""Asking for work: the one way for pages and REST to start something that takes time, and to see how it goes."""

import logging

import django_rq
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from redis.exceptions import RedisError
from rq.exceptions import DuplicateJobError

from areas import permissions
from catalog import audit
from catalog.access import Access, access_here
from catalog.actor import current
from catalog.models import Connection, Tag
from jobs.models import Run

logger = logging.getLogger(__name__)


def start(connection: Connection, *, user, kind: str, name: str, plan: list[dict]) -> Run:
    """Store a Run and queue it. Answers at once; ``plan`` is described in ``Run``. When Redis is away the Run is stored all
    the same, and starts when the reconciler finds it. The same creation asked for twice at once is one Run.

    Raises PermissionDenied if whoever acts may not make one of the calls.
    """
    _check_allowed(connection, plan)
    try:
        with transaction.atomic():
            run = Run.objects.create(
                connection=connection,
                user=user,
                kind=kind,
                name=name,
                plan=plan,
                due=timezone.now(),
                nouns=list(current().nouns),
            )
            calls = [step["call"] for step in plan]
            # From here to the commit no other Run begins: writers of the audit log queue.
            audit.append("StartRun", _target(run), on=connection.name, detail={"calls": calls})
            _check_new(run)
    except _Asked as asked:
        return asked.run
    transaction.on_commit(lambda: enqueue(run.id, queue=queue_for(plan)))
    return run


class _Asked(Exception):
    """The same creation is under way."""

    def __init__(self, run: Run):
        self.run = run


def _check_new(run: Run) -> None:
    if not run.plan[-1]["call"].startswith("Create"):
        return
    others = Run.objects.filter(connection=run.connection, kind=run.kind, name=run.name, state__in=Run.OPEN)
    same = next((one for one in others.exclude(id=run.id).order_by("id") if one.plan == run.plan), None)
    if same:
        raise _Asked(same)


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


def visible(rows: QuerySet[Run], access: Access) -> QuerySet[Run]:
    """The Runs for things that may be viewed, and those that the person asked for."""
    seen = access.visible_kinds(rows)
    return rows if seen is rows else seen | rows.filter(user__username=access.user)


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


@transaction.atomic
def cancel(run: Run) -> bool:
    """Take back a Run that isn't submitted yet. False when it is too late: then the thing itself must be stopped."""
    taken = Run.objects.filter(id=run.id, state__in=(Run.QUEUED, Run.SUBMITTING)).update(
        state=Run.STOPPED, claimed=None, error="Taken back before it was submitted.", ended=timezone.now()
    )
    if taken:
        audit.append("CancelRun", _target(run), on=run.connection.name)
    return bool(taken)


def _target(run: Run) -> str:
    return f"Run {run.id} for {run.kind} {run.name}"


def _check_allowed(connection: Connection, plan: list[dict]) -> None:
    """PermissionDenied for what the service would refuse: whoever asks learns it now. The service asks again."""
    access, made = access_here(connection.id), set()
    for step in plan:
        if "." in step["call"]:  # a step of an area's own
            continue
        for need in permissions.needs(step.get("service", "sagemaker"), step["call"], step["request"]):
            if need.verb == "create":
                made.add((need.noun, need.name))
            if need.verb != "view" or (need.noun, need.name) not in made:  # what a step makes, later ones may use
                _check_one(connection, access, need)


def _check_one(connection: Connection, access: Access, need: permissions.Need) -> None:
    if access.may(need.verb, need.noun, need.name, lambda: _tags(connection, need), is_prefix=need.is_prefix):
        return
    named = f" of {need.name}" if need.name else ""
    raise PermissionDenied(
        f"No role of {current().user or 'yours'} on connection {connection.name} allows {need.codename}{named}; "
        "an administrator can give one."
    )


def _tags(connection: Connection, need: permissions.Need) -> dict[str, str]:
    if need.verb == "create":
        return need.tags
    found = Tag.objects.filter(record__connection=connection, record__kind=need.noun, record__name=need.name)
    return dict(found.values_list("key", "value"))
