"""The routes that every declared noun has: list, describe, create, actions, delete, metrics, logs."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpResponse
from ninja import Body, Query, Router, Schema, Status
from pydantic import Field

import areas.converters  # noqa: F401 - registers <record:…>
from areas import calls, permissions
from areas.allowed import allowed, visible
from areas.rest import ERRORS, Problem
from areas.spec import Action, Resource
from catalog.models import MetricPoint, Record
from catalog.paging import read_page
from jobs import runs
from jobs.schemas import RunOut
from studio.rest.examples import CREATE
from studio.rest.find import find_record
from studio.rest.logs import add_logs


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
    value: float | Literal["Infinity", "-Infinity"] | None = Field(description="null is NaN.")


FIELDS = ("id", "kind", "name", "arn", "status", "owner", "created", "modified")


def router_of(resource: Resource) -> Router:
    """A Router with the noun's routes; operation ids are AWS's words in snake case."""
    router, noun = Router(), resource.codename

    @router.get("/", response={200: RecordPage, **ERRORS}, operation_id=f"list_{resource.slug.replace('-', '_')}")
    @allowed("view", resource.noun)
    def list_records(request, query: Query[ListQuery]):
        return _page(request, resource, query)

    @router.get("/{record:name}/", response={200: RecordOut, **ERRORS}, operation_id=f"describe_{noun}")
    @allowed("view", resource.noun)
    def describe(request, name: str):
        record = find_record(request, resource, name)
        tags = {tag.key: tag.value for tag in record.tags.all()}
        return {**{field: getattr(record, field) for field in FIELDS}, "document": record.document, "tags": tags}

    example = {"example": CREATE[resource.noun]} if resource.noun in CREATE else {}
    shown = {"requestBody": {"required": True, "content": {"application/json": example}}}

    @router.post("/", response={202: RunOut, **ERRORS}, operation_id=f"create_{noun}", openapi_extra=shown)
    @allowed("create", resource.noun)
    def create(request, response: HttpResponse, body: Body[dict[str, Any]]):
        name = body.get(resource.name_field) or body.get(resource.parent_field)
        if not isinstance(name, str) or not name:
            raise Problem(
                422, f"{resource.name_field} is missing: send the body of Create{resource.noun}.", "InvalidInput"
            )
        run = runs.start(
            request.connection, user=request.user, kind=resource.noun, name=name,
            plan=[{"call": f"Create{resource.noun}", "request": body}],
        )  # fmt: skip
        response["Location"] = f"/api/v1/runs/{run.id}/"
        return Status(202, run)

    for action in resource.actions:
        _add_action(router, resource, action)
    if resource.metrics:
        _add_metrics(router, resource)
    if resource.logs:
        add_logs(router, resource)
    return router


def _add_action(router: Router, resource: Resource, action: Action) -> None:
    @allowed(permissions.permission("sagemaker", action.operation)[0], resource.noun)
    def act(request, name: str):
        find_record(request, resource, name)
        calls.call(request.connection, action.operation, **{resource.name_field: name})
        return Status(204, None)

    options = {
        "response": {204: None, **ERRORS},
        "operation_id": f"{action.verb.lower()}_{resource.codename}",
        "summary": f"{action.verb} {resource.singular}",
    }
    if action.verb == "Delete":
        router.delete("/{record:name}/", **options)(act)
    else:
        router.post("/{record:name}/" + action.verb.lower() + "/", **options)(act)


def _add_metrics(router: Router, resource: Resource) -> None:
    @router.get(
        "/{record:name}/metrics/", response={200: list[PointOut], **ERRORS}, operation_id=f"metrics_{resource.codename}"
    )
    @allowed("view", resource.noun)
    def metrics(request, name: str, metric: str = "", after: int = 0, limit: int = 1000):
        """Points in the order of their arrival; ``after`` is the id of the last one that you have."""
        points = MetricPoint.objects.filter(record=find_record(request, resource, name), id__gt=after)
        if metric:
            points = points.filter(name=metric)
        return list(points.order_by("id").values("id", "name", "step", "time", "value")[: max(1, min(limit, 10_000))])


def _page(request, resource: Resource, query: ListQuery) -> dict:
    found = Record.objects.filter(connection=request.connection, kind=resource.noun)
    found = visible(request, found, resource.noun)
    if query.name:
        found = found.filter(name__icontains=query.name)
    if query.status:
        found = found.filter(status=query.status)
    items, cursor = read_page(found.values(*FIELDS), sort=query.sort, limit=query.limit, cursor=query.cursor)
    return {"items": items, "next_cursor": cursor}
