"""Routes about the Studio itself: who am I, connections, Runs."""

from datetime import datetime

from django.http import Http404
from ninja import Router, Schema, Status
from pydantic import Field

from catalog.models import Connection
from jobs import runs
from jobs.models import Run
from studio.rest.access import connection_of
from studio.rest.problems import Problem

router = Router()


class Me(Schema):
    username: str
    is_admin: bool = Field(validation_alias="is_superuser")


class ConnectionOut(Schema):
    name: str
    backend: str
    account: str
    region: str
    endpoint_url: str
    is_default: bool


class RunOut(Schema):
    """What was asked for and how far it got; ``status`` is the followed thing's own, ``error`` the service's words."""

    id: int
    kind: str
    name: str
    state: str
    status: str
    error: str
    created: datetime
    ended: datetime | None


@router.get("/me/", response=Me)
def me(request):
    return request.user


@router.get("/connections/", response=list[ConnectionOut])
def list_connections(request):
    return list(Connection.objects.all()[:200])


@router.get("/runs/", response=list[RunOut])
def list_runs(request, state: str = "", before: int = 0, limit: int = 50):
    """The newest first; ``before`` is the id of the last one that you have."""
    found = Run.objects.filter(connection=connection_of(request))
    if state:
        found = found.filter(state=state)
    if before:
        found = found.filter(id__lt=before)
    return list(found.order_by("-id")[: max(1, min(limit, 200))])


@router.get("/runs/{run_id}/", response=RunOut)
def get_run(request, run_id: int):
    return _find(request, run_id)


@router.post("/runs/{run_id}/cancel/", response={204: None})
def cancel_run(request, run_id: int):
    run = _find(request, run_id)
    if not runs.cancel(run):
        raise Problem(409, f"Run {run_id} is {run.state} already; stop {run.kind} {run.name} itself.", "TooLate")
    return Status(204, None)


def _find(request, run_id: int) -> Run:
    run = Run.objects.filter(connection=connection_of(request), id=run_id).first()
    if run is None:
        raise Http404(f"There is no Run {run_id}.")
    return run
