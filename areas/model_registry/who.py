"""Who acts, and whether they may: the registry's use cases ask here, so that pages and REST obey the same rules."""

from areas.model_registry.errors import NotAllowed
from areas.permissions import Need
from catalog.access import access_here
from catalog.actor import current
from catalog.models import Connection, Tag


def may(connection: Connection, verb: str, noun: str, name: str = "") -> bool:
    def tags() -> dict[str, str]:
        found = Tag.objects.filter(record__connection=connection, record__kind=noun, record__name=name)
        return dict(found.values_list("key", "value"))

    return access_here(connection.id).may(verb, noun, name, tags)


def check(connection: Connection, verb: str, noun: str, name: str = "") -> None:
    """Refuse, with NotAllowed, who may not."""
    if not may(connection, verb, noun, name):
        need = Need(verb, noun, name)
        raise NotAllowed(
            f"No role of {current().user or 'yours'} on connection {connection} allows {need.codename}"
            f"{f' of {name}' if name else ''}; an administrator can give one."
        )


def actor() -> str:
    return current().user or current().principal
