"""Delete, for things at rest."""

from areas.spec import Resource
from engine import store
from engine.context import Context
from engine.errors import invalid
from engine.verbs import shapes


def delete(context: Context, request: dict, *, resource: Resource) -> None:
    """Delete the record with its tags and metrics; ValidationException while it is in a status that will change."""
    record = store.get(context, resource, request[shapes.key_member(f"Delete{resource.noun}")])
    if resource.terminal and record.status not in resource.terminal:
        raise invalid(f"{resource.noun} {record.name} can't be deleted while it is in status {record.status}.")
    store.remove(record)
