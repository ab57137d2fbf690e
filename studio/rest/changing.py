"""Creating, updating, acting on and tagging a noun by REST: AWS's own operations, asked for by whoever calls."""

import re
from typing import Any

from django.http import HttpResponse
from ninja import Body, Field, Query, Router, Schema, Status

from areas import calls, permissions
from areas.allowed import allowed
from areas.rest import ERRORS, Problem
from areas.spec import Action, Resource
from catalog.models import Record, Tag
from jobs import runs, sync
from jobs.schemas import RunOut
from studio.rest.examples import CREATE, TAGS, UPDATE, shown
from studio.rest.find import find_record
from studio.rest.records import RecordOut, whole

MEMBER = re.compile(r"[A-Z][A-Za-z0-9]*")  # nothing that areas.calls takes for itself


class TagKeys(Schema):
    key: list[str] = Field(max_length=50, description="A tag to take away; may be given several times.")


def add_create(router: Router, resource: Resource) -> None:
    """``POST /``: 202 with a Run for what takes its time, 201 with the record for what is there at once."""
    takes_time = bool(resource.terminal)
    options = {
        "response": {202: RunOut, **ERRORS} if takes_time else {201: RecordOut, **ERRORS},
        "operation_id": f"create_{resource.codename}",
        "summary": f"Create {resource.singular}",
        "description": f"The body of AWS's Create{resource.noun}. "
        + ("The Run in the answer follows the work." if takes_time else "It is there when the answer comes."),
        "openapi_extra": shown(CREATE.get(resource.noun)),
    }

    @router.post("/", **options)
    @allowed("create", resource.noun)
    def create(request, response: HttpResponse, body: Body[dict[str, Any]]):
        name = body.get(resource.name_field) or body.get(resource.parent_field)
        if not isinstance(name, str) or not 0 < len(name) <= 256:
            words = f"{resource.name_field} is missing: send the body of Create{resource.noun}."
            raise Problem(422, words, "InvalidInput", errors=[{"at": resource.name_field, "message": words}])
        _check_members(body)
        if not takes_time:
            calls.call(request.connection, f"Create{resource.noun}", **body)
            sync.read_one(request.connection, resource, name)
            response["Location"] = f"/api/v1/{resource.slug}/{name}/"
            return Status(201, whole(find_record(request, resource, name)))
        run = runs.start(
            request.connection, user=request.user, kind=resource.noun, name=name,
            plan=[{"call": f"Create{resource.noun}", "request": body}],
        )  # fmt: skip
        response["Location"] = f"/api/v1/runs/{run.id}/"
        return Status(202, run)


def add_update(router: Router, resource: Resource) -> None:
    """``PATCH /{name}/`` where AWS has an Update operation: its body, without what names the thing."""
    operation = f"Update{resource.noun}"

    @router.patch(
        "/{record:name}/", response={200: RecordOut, **ERRORS}, operation_id=f"update_{resource.codename}",
        summary=f"Update {resource.singular}", openapi_extra=shown(UPDATE[resource.noun]),
        description=f"The body of AWS's {operation}, without what names the thing. Answers the record as it is then.",
    )  # fmt: skip
    @allowed("update", resource.noun)
    def update(request, name: str, body: Body[dict[str, Any]]):
        record = find_record(request, resource, name)
        _check_members(body)
        named = {resource.arn_field: record.arn} if resource.parent_field else {resource.name_field: record.name}
        for member, value in named.items():
            if body.get(member, value) != value:
                words = f"{member} can't be changed: the address says which {resource.singular} is meant."
                raise Problem(422, words, "InvalidInput", errors=[{"at": member, "message": words}])
        calls.call(request.connection, operation, **{**body, **named})
        sync.read_one(request.connection, resource, record.name, record.arn)
        return whole(find_record(request, resource, name))


def add_action(router: Router, resource: Resource, action: Action) -> None:
    """``DELETE /{name}/`` or ``POST /{name}/stop/``."""

    @allowed(permissions.permission("sagemaker", action.operation)[0], resource.noun)
    def act(request, name: str):
        find_record(request, resource, name)
        calls.call(request.connection, action.operation, **{resource.name_field: name})
        return Status(204, None)

    options = {
        "response": {204: None, **ERRORS},
        "operation_id": f"{action.verb.lower()}_{resource.codename}",
        "summary": f"{action.verb} {resource.singular}",
        "description": action.warning,
    }
    if action.verb == "Delete":
        router.delete("/{record:name}/", **options)(act)
    else:
        router.post("/{record:name}/" + action.verb.lower() + "/", **options)(act)


def add_tags(router: Router, resource: Resource) -> None:
    """``/{name}/tags/``: all of them at once by PUT, some taken away by DELETE."""
    word = resource.codename
    address, answers = "/{record:name}/tags/", {200: dict[str, str], **ERRORS}

    @router.get(address, response=answers, operation_id=f"list_{word}_tags", summary=f"Tags of a {resource.singular}")
    @allowed("view", resource.noun)
    def list_tags(request, name: str):
        return _tags(find_record(request, resource, name))

    @router.put(
        address, response=answers, operation_id=f"put_{word}_tags", summary=f"Replace the tags of a {resource.singular}",
        description="Afterwards the thing has exactly these tags.", openapi_extra=shown(TAGS),
    )  # fmt: skip
    @allowed("update", resource.noun)
    def put_tags(request, name: str, body: Body[dict[str, str]]):
        record = find_record(request, resource, name)
        before = _tags(record)
        changed = [{"Key": key, "Value": value} for key, value in body.items() if before.get(key) != value]
        if changed:
            calls.call(request.connection, "AddTags", ResourceArn=record.arn, Tags=changed)
        if gone := [key for key in before if key not in body]:
            calls.call(request.connection, "DeleteTags", ResourceArn=record.arn, TagKeys=gone)
        if not request.connection.is_embedded:  # AWS's own arrive with the next sync
            record.tags.filter(key__in=gone).delete()
            for tag in changed:
                Tag.objects.update_or_create(record=record, key=tag["Key"], defaults={"value": tag["Value"]})
        return _tags(record)

    @router.delete(
        address, response={204: None, **ERRORS}, operation_id=f"delete_{word}_tags",
        summary=f"Take tags from a {resource.singular}",
    )  # fmt: skip
    @allowed("update", resource.noun)
    def delete_tags(request, name: str, query: Query[TagKeys]):
        record = find_record(request, resource, name)
        calls.call(request.connection, "DeleteTags", ResourceArn=record.arn, TagKeys=query.key)
        if not request.connection.is_embedded:
            record.tags.filter(key__in=query.key).delete()
        return Status(204, None)


def _tags(record: Record) -> dict[str, str]:
    return dict(record.tags.order_by("key").values_list("key", "value"))


def _check_members(body: dict) -> None:
    for member in body:
        if not MEMBER.fullmatch(member):
            words = f"{member[:64]!r} is no member of a SageMaker request."
            raise Problem(422, words, "InvalidInput", errors=[{"at": member[:64], "message": words}])
