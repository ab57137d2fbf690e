"""Create, for nouns that are at rest once they are stored: configurations, groups, definitions."""

from areas.spec import Resource
from engine import store
from engine.context import Context
from engine.errors import unsupported
from engine.verbs import shapes


def create(context: Context, request: dict, *, resource: Resource) -> dict:
    """Store what is asked for and answer its ARN.

    A noun whose status the client doesn't give sets something in motion, and only its own handler knows what.
    """
    operation = f"Create{resource.noun}"
    if resource.name_field not in request or (resource.status_field and resource.status_field not in request):
        raise unsupported(operation)
    kept = shapes.members_of(f"Describe{resource.noun}")
    document = {member: value for member, value in request.items() if member in kept}
    record = store.create(
        context, resource, request[resource.name_field], document,
        status=request.get(resource.status_field, ""), tags=request.get("Tags", ()),
    )  # fmt: skip
    answered = shapes.members_of(operation)
    return {member: value for member, value in record.document.items() if member in answered}
