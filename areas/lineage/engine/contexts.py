"""Contexts: an endpoint, a model group. Search and tags are the generic verbs'."""

from functools import partial

from areas.lineage.engine import nodes
from areas.lineage.resource import CONTEXT
from engine import edits, store
from engine.context import Context
from engine.operations import operation
from engine.verbs.describe import describe
from engine.verbs.listing import answer_list


@operation("CreateContext")
def create_context(context: Context, request: dict) -> dict:
    record = store.create(
        context, CONTEXT, request["ContextName"], edits.stamped(context, request, is_lineage=True),
        tags=request.get("Tags", ()),
    )  # fmt: skip
    return {"ContextArn": record.arn}


@operation("DescribeContext")
def describe_context(context: Context, request: dict) -> dict:
    name = request["ContextName"]
    return describe(context, CONTEXT, CONTEXT.name_of(name) or name)


@operation("UpdateContext")
def update_context(context: Context, request: dict) -> dict:
    record = store.get(context, CONTEXT, request["ContextName"])
    store.change(
        record.id, lambda document: edits.edit(context, document, request, ("Properties",), replace=True),
        CONTEXT, now=context.now,
    )  # fmt: skip
    return {"ContextArn": record.arn}


@operation("DeleteContext")
def delete_context(context: Context, request: dict) -> dict:
    record = store.get(context, CONTEXT, request["ContextName"])
    nodes.check_free(record)
    store.remove(record)
    return {"ContextArn": record.arn}


@operation("ListContexts")
def list_contexts(context: Context, request: dict) -> dict:
    narrowed = partial(nodes.of_source, context, request.get("SourceUri"))
    return answer_list(context, request, resource=CONTEXT, narrowed=narrowed, answered=("SourceUri",))
