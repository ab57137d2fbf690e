"""Actions: an approval, a deployment. Search and tags are the generic verbs'."""

from functools import partial

from areas.lineage.engine import nodes
from areas.lineage.resource import ACTION
from engine import edits, store
from engine.context import Context
from engine.operations import operation
from engine.verbs.describe import describe
from engine.verbs.listing import answer_list


@operation("CreateAction")
def create_action(context: Context, request: dict) -> dict:
    """Store an action; Status is Unknown unless the client says more."""
    record = store.create(
        context, ACTION, request["ActionName"], edits.stamped(context, request, is_lineage=True),
        status=request.get("Status", "Unknown"), tags=request.get("Tags", ()),
    )  # fmt: skip
    return {"ActionArn": record.arn}


@operation("DescribeAction")
def describe_action(context: Context, request: dict) -> dict:
    name = request["ActionName"]
    return describe(context, ACTION, ACTION.name_of(name) or name)


@operation("UpdateAction")
def update_action(context: Context, request: dict) -> dict:
    record = store.get(context, ACTION, request["ActionName"])
    store.change(
        record.id, lambda document: edits.edit(context, document, request, ("Properties",), replace=True),
        ACTION, now=context.now,
    )  # fmt: skip
    return {"ActionArn": record.arn}


@operation("DeleteAction")
def delete_action(context: Context, request: dict) -> dict:
    record = store.get(context, ACTION, request["ActionName"])
    nodes.check_free(record)
    store.remove(record)
    return {"ActionArn": record.arn}


@operation("ListActions")
def list_actions(context: Context, request: dict) -> dict:
    narrowed = partial(nodes.of_source, context, request.get("SourceUri"))
    return answer_list(context, request, resource=ACTION, narrowed=narrowed, answered=("SourceUri",))
