"""Make the calls of a Run's plan, in order, each exactly once as far as SageMaker can tell."""

import logging
import threading
from contextlib import contextmanager
from datetime import timedelta

from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, connection
from django.db.models import F, Q
from django.utils import timezone

from areas import calls
from areas.index import modules, resources
from areas.spec import Resource
from catalog.actor import WORKER, Actor, acting
from jobs.models import Run

logger = logging.getLogger(__name__)

HEARTBEAT = 3  # seconds between signs of life of a worker that has a Run
STALE = timedelta(seconds=15)  # no sign for so long: the worker is gone
RETRIED = {"Throttling", "ThrottlingException", "RequestLimitExceeded", "ServiceUnavailable", "InternalFailure",
           "EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionClosedError"}  # fmt: skip
MOST_ATTEMPTS = 60
LONGEST_WAIT = 60  # seconds


class StepFailed(Exception):
    """A step of the Studio's own (``datasets.prepare``) that can't be done; its text is the sentence to show."""


def due(limit: int = 1000) -> list[tuple[int, int, list[dict]]]:
    """(id, attempts so far, steps that are left) of the Runs that nobody has and whose time has come, oldest first."""
    found = _claimable().order_by("due").values_list("id", "attempts", "plan", "position")[:limit]
    return [(run_id, attempts, plan[position:]) for run_id, attempts, plan, position in found]


def submit(run_id: int) -> None:
    """Claim the Run and make the calls that are left. Does nothing if somebody else has it, or it isn't due."""
    now = timezone.now()
    if not _claimable().filter(id=run_id).update(state=Run.SUBMITTING, claimed=now, attempts=F("attempts") + 1):
        return
    run = Run.objects.select_related("connection", "user").get(id=run_id)
    if run.user is None:
        _fail(run, "Who asked for this has been deleted, so nobody's roles allow it any more.")
        return
    with _heartbeat(run_id), acting(Actor(run.user.get_username(), WORKER, nouns=tuple(run.nouns))):
        _carry_out(run)


def _claimable():
    now = timezone.now()
    return Run.objects.filter(
        Q(state=Run.QUEUED, due__lte=now) | Q(state=Run.SUBMITTING, claimed__lt=now - STALE),
    )


def _carry_out(run: Run) -> None:
    for step in run.plan[run.position :]:
        if not Run.objects.filter(id=run.id, state=Run.SUBMITTING).exists():
            return  # stopped meanwhile
        try:
            _do(run, step)
        except calls.CallFailed as error:
            if _may_pass(error) and run.attempts < MOST_ATTEMPTS:
                _wait(run, error)
            else:
                _fail(run, f"{error.code}: {error.message}")
            return
        except StepFailed as error:
            _fail(run, str(error))
            return
        except (OperationalError, InterfaceError):
            raise  # the database is away: the claim grows stale, and the Run is taken up again where it was
        except Exception as error:
            logger.exception("Run %s: %s crashed", run.id, step["call"])
            _fail(run, f"{step['call']} crashed: {type(error).__name__}: {error}")
            return
        run.position += 1
        Run.objects.filter(id=run.id).update(position=run.position)
    _follow_or_end(run)


def _do(run: Run, step: dict) -> None:
    area, dot, function = step["call"].partition(".")
    if dot:
        _own_step(area, function)(run.connection, step["request"])
        return
    request = _tagged(run, step["call"], step["request"])
    try:
        answer = calls.call(run.connection, step["call"], step.get("service", "sagemaker"), **request)
    except calls.CallFailed as error:
        # A worker that died between the call and writing it down, or a retry after a lost answer: it is there, and ours.
        if not (_says_exists(error) and _made_by(run, step)):
            raise
    else:
        _take_name(run, step, answer)


def _take_name(run: Run, step: dict, answer: dict) -> None:
    """What is numbered by the service (a model version) has its name only now: the Run is for that from here on."""
    resource = _numbered(step["call"], step["request"])
    if resource and resource.noun == run.kind:
        run.name = resource.name_of(answer[resource.arn_field])
        Run.objects.filter(id=run.id).update(name=run.name)


def _numbered(operation: str, request: dict) -> Resource | None:
    resource = resources().get(operation.removeprefix("Create")) if operation.startswith("Create") else None
    return resource if resource and resource.parent_field and resource.parent_field in request else None


def _own_step(area: str, function: str):
    module = next((m for m in modules("runs") if m.__name__ == f"areas.{area}.runs"), None)
    if module is None or function.startswith("_") or not hasattr(module, function):
        raise StepFailed(f"This Studio has no step {area}.{function}.")
    return getattr(module, function)


def _tagged(run: Run, operation: str, request: dict) -> dict:
    """Creates carry the Run's id, so that a repeated one can be told from somebody else's of the same name."""
    if not operation.startswith("Create") or not calls.accepts(run.connection, operation, "Tags"):
        return request
    if _numbered(operation, request):  # it has its group's tags, and a token to be told by
        return {"ClientToken": f"run-{run.id}", **request}
    tags = [tag for tag in request.get("Tags", []) if tag["Key"] != "atelier:run"]
    return {**request, "Tags": [*tags, {"Key": "atelier:run", "Value": str(run.id)}]}


def _says_exists(error: calls.CallFailed) -> bool:
    return error.code == "ResourceInUse" or "already exist" in error.message


def _made_by(run: Run, step: dict) -> bool:
    noun = step["call"].removeprefix("Create")
    resource = resources().get(noun)
    if resource is None:
        return False
    name = step["request"].get(resource.name_field, "")
    arn = calls.call(run.connection, f"Describe{noun}", **{resource.name_field: name})[resource.arn_field]
    tags = calls.call(run.connection, "ListTags", ResourceArn=arn)["Tags"]
    return {"Key": "atelier:run", "Value": str(run.id)} in tags


def _may_pass(error: calls.CallFailed) -> bool:
    return error.status >= 500 or error.status == 429 or error.code in RETRIED


def _wait(run: Run, error: calls.CallFailed) -> None:
    seconds = min(2 ** min(run.attempts, 10), LONGEST_WAIT)
    Run.objects.filter(id=run.id, state=Run.SUBMITTING).update(
        state=Run.QUEUED, claimed=None, due=timezone.now() + timedelta(seconds=seconds),
        error=f"Waiting to try again: {error.code}: {error.message}",
    )  # fmt: skip


def _fail(run: Run, words: str) -> None:
    Run.objects.filter(id=run.id, state=Run.SUBMITTING).update(
        state=Run.FAILED, claimed=None, error=words, ended=timezone.now()
    )


def _follow_or_end(run: Run) -> None:
    resource = resources().get(run.kind)
    followed = bool(resource and resource.terminal)
    Run.objects.filter(id=run.id, state=Run.SUBMITTING).update(
        state=Run.FOLLOWING if followed else Run.COMPLETED,
        claimed=None, error="", due=timezone.now(), ended=None if followed else timezone.now(),
    )  # fmt: skip


@contextmanager
def _heartbeat(run_id: int):
    done = threading.Event()

    def beat():
        while not done.wait(HEARTBEAT):
            close_old_connections()
            try:
                Run.objects.filter(id=run_id, state=Run.SUBMITTING).update(claimed=timezone.now())
            except (DatabaseError, InterfaceError) as error:
                logger.warning("Run %s: no sign of life could be given: %s", run_id, error)
        connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
