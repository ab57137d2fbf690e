"""Describe: the record's document, no more than the members that the operation has."""

from areas.spec import Resource
from catalog.models import Record
from engine import store
from engine.context import Context
from engine.verbs import shapes


def describe(context: Context, resource: Resource, name: str) -> dict:
    """What Describe answers about the thing called ``name``; the resource's own not-found error if there is none."""
    rows = Record.objects.filter(connection_id=context.connection.id, kind=resource.noun, name=name)
    found = rows.values_list("document", flat=True)[:1]
    document = next(iter(found), None)
    if document is None:
        raise store.missing(resource, name, resource.arn(context.account, context.region, name))
    members = shapes.members_of(f"Describe{resource.noun}")
    return {member: value for member, value in document.items() if member in members}


def answer_describe(context: Context, request: dict, *, resource: Resource) -> dict:
    return describe(context, resource, request[shapes.key_member(f"Describe{resource.noun}")])
