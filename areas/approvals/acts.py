"""What people do on the pages: each a POST that calls the use case, says what became of it, and goes back to the request."""

from functools import wraps

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from areas.allowed import allowed, require
from areas.approvals.finding import PACKAGE, REQUEST, find_request
from areas.calls import CallFailed
from catalog.models import Record
from registry import decisions, rollouts
from registry.approvals import ApprovalRequest, Rollout
from registry.errors import DeskError, NotAllowed

_SAID = {
    ApprovalRequest.OPEN: ("info", "Your vote on {name} is in."),
    ApprovalRequest.DECIDING: ("info", "Your vote decides: {name} is being {decision}."),
    ApprovalRequest.APPROVED: ("success", "{name} is approved."),
    ApprovalRequest.REJECTED: ("success", "{name} is rejected."),
}


def _told(view):
    """Show a refusal on the page that it came from."""

    @wraps(view)
    def telling(request, number: int, **kwargs):
        try:
            view(request, find_request(request, number), **kwargs)
        except DeskError as error:
            messages.error(request, error.message)
        except CallFailed as error:
            messages.error(request, f"{error.code}: {error.message}")
        return redirect("approval", number)

    return telling


@allowed("approve", PACKAGE)
@require_POST
@_told
def vote(request, found: ApprovalRequest):
    """``choice`` approve, reject or changes; ``comment``; ``seen`` is what the page showed."""
    require(request, "approve", PACKAGE, found.name)
    given = {name: request.POST.get(name, "") for name in ("choice", "comment", "seen")}
    after = decisions.vote(actor=request.user, request=found, **given)
    level, text = _SAID.get(after.state, ("info", "{name} is {state} now."))
    note = text.format(name=after.name, decision=after.decision.lower(), state=after.state)
    getattr(messages, level)(request, note)


@allowed("create", "Comment")
@require_POST
@_told
def comment(request, found: ApprovalRequest):
    decisions.comment(actor=request.user, request=found, text=request.POST.get("comment", ""))


@allowed("view", REQUEST)
@require_POST
@_told
def rerun(request, found: ApprovalRequest):
    count = decisions.rerun_checks(actor=request.user, request=found, key=request.POST.get("key", ""))
    messages.info(request, f"{count} check{'s run' if count != 1 else ' runs'} again.")


@allowed("manage", "ApprovalPolicy")
@require_POST
@_told
def override(request, found: ApprovalRequest):
    decisions.override_checks(actor=request.user, request=found, reason=request.POST.get("reason", ""))
    messages.success(request, f"The checks of {found.name} don't hold it up any more.")


@allowed("approve", PACKAGE)
@require_POST
@_told
def take_back(request, found: ApprovalRequest):
    require(request, "approve", PACKAGE, found.name)
    decisions.reconsider(actor=request.user, request=found, comment=request.POST.get("comment", ""))


@allowed("update", "Endpoint")
@require_POST
@_told
def redeploy(request, found: ApprovalRequest):
    made = rollouts.redeploy(actor=request.user, request=found)
    messages.info(request, f"Endpoint {made.endpoint} gets the newest approved version.")


@allowed("update", "Endpoint")
@require_POST
@_told
def undo(request, found: ApprovalRequest, rollout: int):
    chosen = get_object_or_404(
        Rollout.objects.select_related("connection", "request__connection"), request=found, id=rollout
    )
    rollouts.undo(actor=request.user, rollout=chosen)
    messages.info(request, f"Endpoint {chosen.endpoint} is being taken back.")


@allowed("update", PACKAGE)
@require_POST
def ask(request):
    """Ask for the approval of the version ``name``; goes to its request."""
    name = request.POST.get("name", "")
    rows = Record.objects.filter(connection=request.connection, kind=PACKAGE, name=name)
    record = rows.select_related("connection").first()
    if record is None:
        raise Http404(f"There is no model version {name} on {request.connection}.")
    require(request, "update", PACKAGE, name)
    try:
        return redirect("approval", decisions.ask(actor=request.user, record=record).id)
    except NotAllowed as error:
        messages.error(request, error.message)
    except (DeskError, CallFailed) as error:
        messages.error(request, error.message)
    return redirect("approvals")
