"""List: filters, sort and pages in SQL; summaries picked out of the documents without building a record each."""

from collections.abc import Callable
from datetime import datetime

import orjson
from django.db.models import QuerySet

from areas.spec import Resource
from catalog.models import Record
from engine import store
from engine.context import Context
from engine.errors import invalid, unsupported
from engine.verbs import pages, shapes, sql, tokens

_TIMES: dict[str, str] = {
    "CreationTimeAfter": "created__gt", "CreatedAfter": "created__gt",
    "CreationTimeBefore": "created__lt", "CreatedBefore": "created__lt",
    "LastModifiedTimeAfter": "modified__gt", "ModifiedTimeAfter": "modified__gt",
    "LastModifiedTimeBefore": "modified__lt", "ModifiedTimeBefore": "modified__lt",
}  # fmt: skip

# SortBy without its case and underscores → columns. Each ends in one that no two records of a kind share.
_SORTS = {
    "name": ("name",),
    "creationtime": ("created", "id"),
    "lastmodifiedtime": ("modified", "id"),
    "status": ("status", "created", "id"),
}


def answer_list(
    context: Context, request: dict, *, resource: Resource, narrowed: Callable[[QuerySet], QuerySet] | None = None,
    answered: tuple[str, ...] = (),
) -> dict:  # fmt: skip
    """The page that is asked for. ``narrowed`` applies the filters named in ``answered`` where the noun has rules of its own."""
    shape = shapes.list_shape(resource.noun)
    rows = Record.objects.filter(connection_id=context.connection.id, kind=resource.noun)
    rows = context.access.visible(rows, resource.noun)
    rows = narrowed(rows) if narrowed else rows
    for name, value in request.items():
        if name in shape.filters and name not in answered:
            rows = _filtered(rows, shape.operation, resource, name, value)
    picked = sql.pick(sql.DOCUMENT, tuple(shapes.path_of(resource, name) for name in shape.summary))
    found, position = pages.page(
        rows, _order(shape, resource, request), (sql.value(picked),),
        request.get("MaxResults", resource.page_size), tokens.read(context, request),
    )  # fmt: skip
    answer = {shape.results: [_summary(shape.summary, text) for _, text in found]}
    if position:
        answer["NextToken"] = tokens.make(context, request, position)
    return answer


def _summary(members: tuple[str, ...], text: str) -> dict:
    return {name: value for name, value in zip(members, orjson.loads(text), strict=True) if value is not None}


def _order(shape: shapes.ListShape, resource: Resource, request: dict) -> pages.Order:
    default_by, default_order = resource.sort
    by, order = request.get("SortBy", default_by), request.get("SortOrder")
    columns = _SORTS.get(by.replace("_", "").lower())
    if columns is None:
        raise unsupported(f"{shape.operation} sorted by {by}")
    return pages.Order(pages.columns(*columns), (order or default_order).lower() == "descending")


def _filtered(rows: QuerySet, operation: str, resource: Resource, name: str, value) -> QuerySet:
    if name in _TIMES:
        return rows.filter(**{_TIMES[name]: _moment(name, value)})
    if name == "NameContains":
        return rows.filter(sql.condition(sql.contains(('"catalog_record"."name"', ()), value)))
    if resource.status_field and name in ("StatusEquals", "Status", f"{resource.status_field}Equals"):
        return rows.filter(status=value)
    path, compare = _document_filter(operation, resource, name)
    return rows.filter(sql.condition(compare(sql.text(sql.DOCUMENT, path), value)))


def _document_filter(operation: str, resource: Resource, name: str) -> tuple[tuple[str, ...], Callable]:
    """Where in the document a filter looks, and how it compares: ``EndpointNameEquals``, ``JobNameContains``, ``Type``."""
    base, compare = name, _equals
    if name.endswith("Equals"):
        base = name.removesuffix("Equals")
    elif name.endswith("Contains"):
        base, compare = name.removesuffix("Contains"), sql.contains
    path = shapes.path_of(resource, name) if name in resource.paths else shapes.path_of(resource, base)
    if path[0] not in shapes.members_of(f"Describe{resource.noun}"):
        raise unsupported(f"{operation} with {name}")
    return path, compare


def _equals(phrase: sql.Phrase, value) -> sql.Phrase:
    return f"{phrase[0]} = %s", (*phrase[1], value)


def _moment(name: str, seconds: float) -> datetime:
    try:
        return store.when(seconds)
    except (OverflowError, ValueError, OSError):
        raise invalid(f"{name} is no time that can be: {seconds}.") from None
