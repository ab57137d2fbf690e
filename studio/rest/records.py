"""Records as the REST API tells them: one with its document and tags, pages of them without."""

from datetime import datetime
from typing import Any, Literal

import orjson
from django.http import HttpResponse
from ninja import Schema
from pydantic import Field

from areas.allowed import visible
from areas.rest import Problem
from areas.spec import Resource
from catalog.models import Record
from catalog.paging import read_page
from catalog.queries import search_records
from catalog.query_language import QueryError


class RecordLine(Schema):
    """A thing of SageMaker's, as a list shows it."""

    kind: str
    name: str
    arn: str
    status: str
    owner: str
    created: datetime
    modified: datetime


class RecordOut(RecordLine):
    """A thing of SageMaker's; ``document`` is its Describe response, times as epoch seconds."""

    document: dict[str, Any]
    tags: dict[str, str]


class RecordPage(Schema):
    items: list[RecordLine]
    next_cursor: str | None


class ListQuery(Schema):
    query: str = Field(
        "", max_length=2000, examples=["status = Failed and HyperParameters.max_depth > 6"],
        description="The query language of the list pages: words, comparisons, and, or, not, parentheses.",
    )  # fmt: skip
    name: str = Field("", max_length=256, description="Part of the name.")
    status: str = Field("", max_length=64, description="Exactly this status.")
    sort: str = Field("-created", pattern="^-?(created|modified|name|status)$")
    limit: int = Field(50, ge=1, le=200)
    cursor: str = Field("", max_length=2000, description="next_cursor of the page before.")


class PointOut(Schema):
    name: str
    seq: int = Field(description="Counts the points of the metric from 0, in the order of their arrival.")
    step: int | None
    time: datetime
    value: float | Literal["Infinity", "-Infinity"] | None = Field(description="null is NaN.")


FIELDS = tuple(RecordLine.model_fields)


def page(request, resource: Resource, query: ListQuery) -> HttpResponse:
    """A page of a noun's records that the caller may view. Straight from the rows to JSON: this answer is asked for most."""
    found = Record.objects.filter(connection=request.connection, kind=resource.noun)
    found = visible(request, found, resource.noun)
    if query.name:
        found = found.filter(name__icontains=query.name)
    if query.status:
        found = found.filter(status=query.status)
    if query.query:
        found = _searched(found, resource, query.query)
    rows, cursor = read_page(found.values("id", *FIELDS), sort=query.sort, limit=query.limit, cursor=query.cursor)
    for row in rows:
        del row["id"]
    request.next_cursor = cursor
    body = orjson.dumps({"items": rows, "next_cursor": cursor}, option=orjson.OPT_UTC_Z)
    return HttpResponse(body, content_type="application/json; charset=utf-8")


def _searched(found, resource: Resource, text: str):
    try:
        return search_records(found, text, resource.query_words, noun=resource.noun)
    except QueryError as error:
        place = {"at": "query", "message": error.message, "character": error.at}
        raise Problem(422, f"query: {error.message}", "BadQuery", errors=[place]) from error


def whole(record: Record) -> dict:
    """A record with its document and tags."""
    tags = {tag.key: tag.value for tag in record.tags.order_by("key")}
    return {**{field: getattr(record, field) for field in FIELDS}, "document": record.document, "tags": tags}
