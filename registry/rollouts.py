"""Approved versions on their way to an endpoint, and back: Runs with the plans of ``areas.<area>.rollout``, as whoever saved
the policy last. What becomes of them is written on the request."""

from types import ModuleType

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from areas.index import modules
from areas.permissions import of_arn
from catalog.access import access_of
from catalog.actor import WORKER, Actor, acting, current
from catalog.models import Record
from jobs import runs
from jobs.models import Run
from registry import artifacts, gate, requests
from registry.approvals import ApprovalRequest, Rollout
from registry.errors import Conflict, DeskError, NotAllowed
from registry.notices.kinds import ROLLED_BACK
from registry.notices.telling import tell_all

_ENDED = ("InService", "Failed", "UpdateRollbackFailed", "OutOfService")
_SAID = {
    Rollout.DONE: "{package} serves on endpoint {endpoint}.",
    Rollout.FAILED: "{package} was not deployed to endpoint {endpoint}: {reason}",
    Rollout.ROLLED_BACK: "{package} was rolled back from endpoint {endpoint}: {reason}",
}


def start(rollout_id: int) -> None:
    """Begin a rollout that waits. Safe to call twice and at the same time."""
    rollout = Rollout.objects.select_related("connection", "request__connection").filter(
        id=rollout_id, state=Rollout.WAITING
    ).first()  # fmt: skip
    if rollout is None:
        return
    user = get_user_model().objects.filter(username=rollout.user, is_active=True).first()
    reason = _fault(rollout, user)
    with transaction.atomic():
        if not Rollout.objects.filter(id=rollout.id, state=Rollout.WAITING).update(state=Rollout.RUNNING):
            return
        rollout.state = Rollout.RUNNING
        if not reason:
            reason = _begin(rollout, user)
        if reason:
            _end(rollout, Rollout.FAILED, reason)
        else:
            requests.note(
                rollout.request, "rollout", f"Deploying {_short(rollout)} to endpoint {rollout.endpoint}.", rollout.user
            )


def follow(rollout_id: int) -> None:
    """Write down what has become of a rollout, if something has."""
    rollout = Rollout.objects.select_related("connection", "request__connection").get(id=rollout_id)
    run = Run.objects.filter(id=rollout.run).first()
    if rollout.state != Rollout.RUNNING or (run and run.state in (Run.QUEUED, Run.SUBMITTING)):
        return
    found = _outcome(rollout, run)
    if found:
        with transaction.atomic():
            locked = Rollout.objects.select_for_update().filter(id=rollout.id, state=Rollout.RUNNING).first()
            if locked:
                _end(rollout, *found)


def undo(*, actor, rollout: Rollout) -> Rollout:
    """Take an endpoint back to what it served before a rollout, or end one that is under way. Raises NotAllowed, Conflict."""
    user = actor.get_username()
    if not access_of(user, rollout.connection_id).may("update", "Endpoint", rollout.endpoint):
        raise NotAllowed(f"No role of {user} on connection {rollout.connection} allows update_endpoint.")
    if rollout.is_undo or rollout.state not in (Rollout.RUNNING, Rollout.DONE):
        raise Conflict(f"Only a rollout that runs or is done can be undone; this one is {rollout.state}.")
    made = Rollout(
        request=rollout.request, connection=rollout.connection, endpoint=rollout.endpoint, package=rollout.package,
        user=user, is_undo=True, created=timezone.now(), state=Rollout.RUNNING,
    )  # fmt: skip
    module = _module()
    with acting(Actor(user, WORKER, nouns=current().nouns)), transaction.atomic():
        try:
            steps = module.undo_plan(rollout.connection, rollout.endpoint, by=user)
            run = runs.start(rollout.connection, user=actor, kind="Endpoint", name=rollout.endpoint, plan=steps)
        except (module.CannotRollOut, PermissionDenied) as error:
            raise Conflict(str(error)) from None
        made.run, made.config = run.id, _config(steps)
        made.save()
        requests.note(rollout.request, "rollout", f"Taking endpoint {rollout.endpoint} back.", user)
        requests.write_down("UndoRollout", rollout.request, endpoint=rollout.endpoint)
    return made


def redeploy(*, actor, request: ApprovalRequest) -> Rollout:
    """After a rejection: deploy the newest version that is still approved to where the rejected one was deployed last."""
    user = actor.get_username()
    if request.state != ApprovalRequest.REJECTED:
        raise Conflict(f"{request.name} is {request.state}; only after a rejection another version takes its place.")
    last = replaced_by_redeploy(request)
    if last is None:
        raise Conflict(f"{request.name} was never deployed from here.")
    champion = requests.find_champion(request.connection, request.group, but=request.arn)
    if champion is None:
        raise Conflict(f"No version of {request.group} is approved any more.")
    if not access_of(user, last.connection_id).may("update", "Endpoint", last.endpoint):
        raise NotAllowed(f"No role of {user} on connection {last.connection} allows update_endpoint.")
    with transaction.atomic():
        made = Rollout.objects.create(
            request=request, connection=last.connection, endpoint=last.endpoint, package=champion.arn,
            settings=last.settings, user=user, created=timezone.now(),
        )  # fmt: skip
        requests.write_down("RedeployChampion", request, endpoint=last.endpoint, package=champion.arn)
    return made


def replaced_by_redeploy(request: ApprovalRequest) -> Rollout | None:
    """Where the version of a rejected request was deployed last."""
    return request.rollouts.filter(is_undo=False, package=request.arn, state=Rollout.DONE).first()


def _fault(rollout: Rollout, user) -> str:
    """Why this can't be deployed; looked at before the transaction, because it may go over the network."""
    if user is None:
        return f"{rollout.user}, who saved the policy, has no active account: save the policy again."
    record = Record.objects.filter(
        connection=rollout.request.connection, kind="ModelPackage", arn=rollout.package
    ).first()
    if record is None or record.document.get("ModelApprovalStatus") != requests.APPROVED:
        return "the version is not approved any more."
    try:
        gate.check_bytes(record, artifacts.etags(rollout.request.connection, record.document))
    except gate.Refused as error:
        return error.reason
    except DeskError as error:
        return error.message
    return ""


def _begin(rollout: Rollout, user) -> str:
    """Store the Run; or say why there can be none."""
    module = _module()
    settings = {name: value for name, value in rollout.settings.items() if name not in ("endpoint", "connection")}
    with acting(Actor(rollout.user, WORKER)):
        try:
            with transaction.atomic():
                steps = module.plan(
                    rollout.connection, endpoint=rollout.endpoint, model_package_arn=rollout.package, **settings
                )
                run = runs.start(rollout.connection, user=user, kind="Endpoint", name=rollout.endpoint, plan=steps)
        except (module.CannotRollOut, PermissionDenied) as error:
            return str(error)
    rollout.run, rollout.config = run.id, _config(steps)
    rollout.save()
    return ""


def _outcome(rollout: Rollout, run: Run | None) -> tuple[str, str] | None:
    if run is None:
        return Rollout.FAILED, "Its Run is gone."
    if run.state == Run.FAILED and run.position < len(run.plan):
        return Rollout.FAILED, run.error
    record = Record.objects.filter(connection=rollout.connection, kind="Endpoint", name=rollout.endpoint).first()
    if record is None:
        return Rollout.FAILED, f"Endpoint {rollout.endpoint} has been deleted."
    if record.status not in _ENDED:
        return None
    reason = record.document.get("FailureReason") or ""
    if record.status != "InService":
        return Rollout.FAILED, reason or f"The endpoint is {record.status}."
    if not rollout.config or record.document.get("EndpointConfigName") == rollout.config:
        return Rollout.DONE, ""
    return Rollout.ROLLED_BACK, reason or "The endpoint serves another configuration."


def _end(rollout: Rollout, state: str, reason: str) -> None:
    rollout.state, rollout.reason, rollout.ended = state, reason, timezone.now()
    rollout.save()
    request = rollout.request
    if rollout.is_undo:
        text = f"Endpoint {rollout.endpoint} was {'' if state == Rollout.DONE else 'not '}taken back. {reason}".strip()
    else:
        text = _SAID[state].format(package=_short(rollout), endpoint=rollout.endpoint, reason=reason)
    requests.note(request, "rollout", text)
    requests.announce(
        request, request.state, request.policy,
        Rollout={"Endpoint": rollout.endpoint, "Connection": rollout.connection.name, "State": state, "Reason": reason,
                 "IsUndo": rollout.is_undo, "ModelPackageArn": rollout.package},
    )  # fmt: skip
    if state in (Rollout.FAILED, Rollout.ROLLED_BACK):
        url = f"{requests.address(request)}?connection={request.connection.name}"
        tell_all({*request.authors, request.decided_by, rollout.user}, kind=ROLLED_BACK, text=text, url=url)


def _module() -> ModuleType:
    """The module that knows how a model gets onto an endpoint."""
    return modules("rollout")[0]


def _config(steps: list[dict]) -> str:
    return next(
        (
            step["request"]["EndpointConfigName"]
            for step in steps
            if step["call"] in ("UpdateEndpoint", "CreateEndpoint")
        ),
        "",
    )


def _short(rollout: Rollout) -> str:
    return of_arn(rollout.package)[1]
