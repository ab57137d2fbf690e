"""Running the checks of a request: claimed by a conditional UPDATE, so that each is run by one worker, and again after a kill."""

import logging
from contextlib import suppress
from datetime import timedelta

import django_rq
from django.db.models import Q, QuerySet
from django.utils import timezone
from redis.exceptions import RedisError
from rq.exceptions import DuplicateJobError

from areas.calls import CallFailed
from catalog.models import Record
from registry import artifacts, checks, decisions, requests
from registry.approvals import ApprovalRequest, CheckResult
from registry.checks import smoke
from registry.checks.case import CannotMeasure, Case, Finding
from registry.errors import DeskError
from registry.standing import fingerprint

logger = logging.getLogger(__name__)

STALE = timedelta(seconds=300)  # no sign of life for so long: whoever ran it is gone


def due() -> QuerySet[CheckResult]:
    """The checks that nobody runs and that somebody waits for."""
    waiting = Q(state=CheckResult.WAITING, request__state=ApprovalRequest.OPEN)
    left = Q(state=CheckResult.RUNNING, claimed__lt=timezone.now() - STALE)
    return CheckResult.objects.filter(waiting | left)


def queue_due(limit: int) -> None:
    """Hint RQ of the checks that are due; each stands in the queue once."""
    try:
        queue = django_rq.get_queue("slow")
        for number in due().order_by("asked").values_list("id", flat=True)[:limit]:
            with suppress(DuplicateJobError):
                queue.enqueue(
                    "registry.tasks.measure", number, job_id=f"check-{number}", unique=True, job_timeout=1800,
                    result_ttl=0, failure_ttl=60,
                )  # fmt: skip
    except RedisError as error:
        logger.warning("Checks wait for the next tick: Redis can't be reached: %s", error)


def measure(result_id: int) -> None:
    """Run one check and write down what it found; then see whether the request is decided by that."""
    now = timezone.now()
    if not due().filter(id=result_id).update(state=CheckResult.RUNNING, claimed=now, started=now, ended=None):
        return
    result = CheckResult.objects.select_related("request__connection").get(id=result_id)
    if result.scratch and not _clean_up(result):
        return  # what is left of the run before must be gone first
    if result.request.state != ApprovalRequest.OPEN:
        CheckResult.objects.filter(id=result.id, started=now).delete()
        return
    mark = fingerprint(result.request)
    found = _run(result)
    done = CheckResult.objects.filter(id=result.id, state=CheckResult.RUNNING, started=now).update(
        state=CheckResult.PASSED if found.passed else CheckResult.FAILED, content=mark, measured=found.measured[:256],
        limit=checks.limit_of(result.settings)[:256], reason=found.reason, ended=timezone.now(), claimed=None,
    )  # fmt: skip
    if done:
        decisions.decide_if_ready(result.request_id)


def _run(result: CheckResult) -> Finding:
    request = result.request
    record = Record.objects.filter(connection=request.connection, kind="ModelPackage", arn=request.arn).first()
    if record is None:
        return Finding(False, reason="The version is gone.")
    champion = requests.find_champion(request.connection, request.group, but=request.arn)
    mine = CheckResult.objects.filter(id=result.id, started=result.started)  # not one that was asked for anew meanwhile
    case = Case(
        request.connection, request.name, request.arn, record.document, champion.document if champion else None,
        champion.name if champion else "", dict(request.artifacts),
        keep=lambda scratch: mine.update(scratch=scratch), alive=lambda: mine.update(claimed=timezone.now()),
    )  # fmt: skip
    try:
        if artifacts.etags(request.connection, record.document) != request.artifacts:
            decisions.refresh(request)  # voids the votes, and has this run again
            return Finding(False, reason="What the version is made of has changed in S3.")
        return checks.run(case, result.settings)
    except (CannotMeasure, DeskError) as error:
        return Finding(False, reason=str(error))
    except Exception as error:
        logger.exception("Check %s of request %s crashed", result.settings["kind"], request.id)
        return Finding(False, reason=f"The check crashed: {type(error).__name__}: {error}")


def _clean_up(result: CheckResult) -> bool:
    try:
        smoke.clean_up(result.request.connection, result.scratch)
    except CallFailed as error:
        logger.warning("Request %s: %s can't be taken down yet: %s", result.request_id, result.scratch, error)
        return False
    CheckResult.objects.filter(id=result.id).update(scratch={})
    return True
