"""The routes that every declared noun has: list, describe, create, actions, delete, metrics, logs."""

import base64
import binascii
import json
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse
from ninja import Body, Query, Router, Schema, Status
from pydantic import Field

from areas import calls
from areas.spec import Action, Resource
from catalog.models import MetricPoint, Record
from jobs import runs
from studio.rest.access import connection_of
from studio.rest.problems import Problem
from studio.rest.work import RunOut

SORTS = ("created", "modified", "name", "status")


class RecordOut(Schema):
    """A thing of SageMaker's; ``document`` is its Describe response, times as epoch seconds."""

    kind: str
    name: str
    arn: str
    status: str
    owner: str
    created: datetime
    modified: datetime
    document: dict[str, Any] | None = None
    tags: dict[str, str] | None = None


class RecordPage(Schema):
    items: list[RecordOut]
    next_cursor: str | None = None


class ListQuery(Schema):
    name: str = Field("", description="Part of the name.")
    status: str = Field("", description="Exactly this status.")
    sort: str = Field("-created", pattern="^-?(created|modified|name|status)$")
    limit: int = Field(50, ge=1, le=200)
    cursor: str = ""


class PointOut(Schema):
    id: int
    name: str
    step: int | None
    time: datetime
    value: float | None


class Problems(Schema):
    type: str
    title: str
    status: int
    detail: str
    code: str


ERRORS = {400: Problems, 401: Problems, 403: Problems, 404: Problems, 409: Problems, 422: Problems, 503: Problems}
FIELDS = ("id", "kind", "name", "arn", "status", "owner", "created", "modified")


def router_of(resource: Resource) -> Router:
    """A Router with the noun's routes; operation ids are AWS's words in snake case."""
    router, noun = Router(), resource.codename

    @router.get("/", response={200: RecordPage, **ERRORS}, operation_id=f"list_{resource.slug.replace('-', '_')}")
    def list_records(request, query: Query[ListQuery]):
        return _page(connection_of(request), resource, query)

    @router.get("/{name}/", response={200: RecordOut, **ERRORS}, operation_id=f"describe_{noun}")
    def describe(request, name: str):
        record = _find(request, resource, name)
        tags = {tag.key: tag.value for tag in record.tags.all()}
        return {**{field: getattr(record, field) for field in FIELDS}, "document": record.document, "tags": tags}

    @router.post("/", response={202: RunOut, **ERRORS}, operation_id=f"create_{noun}")
    def create(request, response: HttpResponse, body: Body[dict[str, Any]]):
        name = body.get(resource.name_field)
        if not isinstance(name, str) or not name:
            raise Problem(
                422, f"{resource.name_field} is missing: send the body of Create{resource.noun}.", "InvalidInput"
            )
        run = runs.start(
            connection_of(request), user=request.user, kind=resource.noun, name=name,
            plan=[{"call": f"Create{resource.noun}", "request": body}],
        )  # fmt: skip
        response["Location"] = f"/api/v1/runs/{run.id}/"
        return Status(202, run)

    for action in resource.actions:
        _add_action(router, resource, action)
    if resource.metrics:
        _add_metrics(router, resource)
    return router


def _add_action(router: Router, resource: Resource, action: Action) -> None:
    def act(request, name: str):
        _find(request, resource, name)
        calls.call(connection_of(request), action.operation, **{resource.name_field: name})
        return Status(204, None)

    options = {
        "response": {204: None, **ERRORS},
        "operation_id": f"{action.verb.lower()}_{resource.codename}",
        "summary": f"{action.verb} {resource.singular}",
    }
    if action.verb == "Delete":
        router.delete("/{name}/", **options)(act)
    else:
        router.post("/{name}/" + action.verb.lower() + "/", **options)(act)


def _add_metrics(router: Router, resource: Resource) -> None:
    @router.get(
        "/{name}/metrics/", response={200: list[PointOut], **ERRORS}, operation_id=f"metrics_{resource.codename}"
    )
    def metrics(request, name: str, metric: str = "", after: int = 0, limit: int = 1000):
        """Points in the order of their arrival; ``after`` is the id of the last one that you have."""
        points = MetricPoint.objects.filter(record=_find(request, resource, name), id__gt=after)
        if metric:
            points = points.filter(name=metric)
        return list(points.order_by("id").values("id", "name", "step", "time", "value")[: max(1, min(limit, 10_000))])


def _find(request, resource: Resource, name: str) -> Record:
    record = Record.objects.filter(connection=connection_of(request), kind=resource.noun, name=name).first()
    if record is None:
        raise Http404(f"There is no {resource.singular} {name!r}.")
    return record


def _page(connection, resource: Resource, query: ListQuery) -> dict:
    descending, field = query.sort.startswith("-"), query.sort.lstrip("-")
    found = Record.objects.filter(connection=connection, kind=resource.noun)
    if query.name:
        found = found.filter(name__icontains=query.name)
    if query.status:
        found = found.filter(status=query.status)
    if query.cursor:
        value, last = _read_cursor(query.cursor, query.sort)
        beyond = "lt" if descending else "gt"
        found = found.filter(Q(**{f"{field}__{beyond}": value}) | Q(**{field: value, f"id__{beyond}": last}))
    order = [f"-{field}", "-id"] if descending else [field, "id"]
    rows = list(found.order_by(*order).values(*FIELDS)[: query.limit + 1])
    more = len(rows) > query.limit
    rows = rows[: query.limit]
    return {"items": rows, "next_cursor": _write_cursor(rows[-1], query.sort) if more else None}


def _write_cursor(row: dict, sort: str) -> str:
    value = row[sort.lstrip("-")]
    text = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(json.dumps([sort, text, row["id"]]).encode()).decode()


def _read_cursor(cursor: str, sort: str) -> tuple[Any, int]:
    try:
        used, text, last = json.loads(base64.urlsafe_b64decode(cursor))
        value = datetime.fromisoformat(text) if sort.lstrip("-") in ("created", "modified") else str(text)
        if used != sort:
            raise ValueError(used)
        return value, int(last)
    except (ValueError, TypeError, binascii.Error):
        raise Problem(
            400, "The cursor is not of this list and sort order; start again without it.", "BadCursor"
        ) from None
