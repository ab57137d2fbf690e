"""Describe: the record's document, no more than the members that the operation has."""

import orjson
from django.db import connection

from areas.spec import Resource
from engine import store
from engine.context import Context
from engine.verbs import shapes

# The most frequent question there is: building this query with the ORM costs several times what running it does.
_FIND = "SELECT document FROM catalog_record WHERE connection_id = %s AND kind = %s AND name = %s"


def describe(context: Context, resource: Resource, name: str) -> dict:
    """What Describe answers about the thing called ``name``; the resource's own not-found error if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND, (context.connection.id, resource.noun, name))
        found = cursor.fetchone()
    if found is None:
        raise store.missing(resource, name, resource.arn(context.account, context.region, name))
    members = shapes.members_of(f"Describe{resource.noun}")
    return {member: value for member, value in orjson.loads(found[0]).items() if member in members}


def answer_describe(context: Context, request: dict, *, resource: Resource) -> dict:
    return describe(context, resource, request[shapes.key_member(f"Describe{resource.noun}")])
