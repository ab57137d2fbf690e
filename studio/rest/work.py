"""Routes about Runs: what was asked for, how far it got, and taking it back."""

from typing import Literal

from django.http import Http404
from ninja import Field, Query, Router, Schema, Status

from areas.allowed import access, anybody, require
from areas.rest import ERRORS, Problem
from catalog.paging import read_page
from jobs import runs
from jobs.models import Run
from jobs.schemas import RunOut

router = Router()


class RunQuery(Schema):
    state: Literal["", "Queued", "Submitting", "Following", "Completed", "Failed", "Stopped"] = ""
    kind: str = Field("", max_length=64, description="The noun that it is about.")
    name: str = Field("", max_length=256, description="Exactly this thing.")
    limit: int = Field(50, ge=1, le=200)
    cursor: str = Field("", max_length=2000)


class RunPage(Schema):
    items: list[RunOut]
    next_cursor: str | None


@router.get("/", response={200: RunPage, **ERRORS}, operation_id="list_runs")
@anybody
def list_runs(request, query: Query[RunQuery]):
    """The newest first, of what you asked for or may view."""
    found = runs.visible(Run.objects.filter(connection=request.connection), access(request))
    for field in ("state", "kind", "name"):
        if value := getattr(query, field):
            found = found.filter(**{field: value})
    items, cursor = read_page(found, sort="-id", limit=query.limit, cursor=query.cursor)
    return {"items": items, "next_cursor": cursor}


@router.get("/{int:number}/", response={200: RunOut, **ERRORS}, operation_id="get_run")
@anybody
def get_run(request, number: int):
    return _find(request, number)


@router.post("/{int:number}/cancel/", response={204: None, **ERRORS}, operation_id="cancel_run")
@anybody
def cancel_run(request, number: int):
    """Whoever asked for a Run may take it back, and who may stop what it makes."""
    run = _find(request, number)
    if run.user != request.user:
        require(request, "stop", run.kind, run.name)
    if not runs.cancel(run):
        raise Problem(409, f"Run {number} is {run.state} already; stop {run.kind} {run.name} itself.", "TooLate")
    return Status(204, None)


def _find(request, number: int) -> Run:
    found = Run.objects.filter(connection=request.connection, id=number)
    run = runs.visible(found, access(request)).first()
    if run is None:
        raise Http404(f"There is no Run {number}.")
    return run
