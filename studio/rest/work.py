"""Routes about Runs: what was asked for, how far it got, and taking it back."""

from django.http import Http404
from ninja import Router, Status

from areas.allowed import access, anybody, require
from areas.rest import ERRORS, Problem
from jobs import runs
from jobs.models import Run
from jobs.schemas import RunOut

router = Router()


@router.get("/", response={200: list[RunOut], **ERRORS})
@anybody
def list_runs(request, state: str = "", before: int = 0, limit: int = 50):
    """The newest first, of what you asked for or may view; ``before`` is the id of the last one that you have."""
    found = runs.visible(Run.objects.filter(connection=request.connection), access(request))
    if state:
        found = found.filter(state=state)
    if before:
        found = found.filter(id__lt=before)
    return list(found.order_by("-id")[: max(1, min(limit, 200))])


@router.get("/{run_id}/", response={200: RunOut, **ERRORS})
@anybody
def get_run(request, run_id: int):
    return _find(request, run_id)


@router.post("/{run_id}/cancel/", response={204: None, **ERRORS})
@anybody
def cancel_run(request, run_id: int):
    """Whoever asked for a Run may take it back, and who may stop what it makes."""
    run = _find(request, run_id)
    if run.user != request.user:
        require(request, "stop", run.kind, run.name)
    if not runs.cancel(run):
        raise Problem(409, f"Run {run_id} is {run.state} already; stop {run.kind} {run.name} itself.", "TooLate")
    return Status(204, None)


def _find(request, run_id: int) -> Run:
    found = Run.objects.filter(connection=request.connection, id=run_id)
    run = runs.visible(found, access(request)).first()
    if run is None:
        raise Http404(f"There is no Run {run_id}.")
    return run
