"""How the embedded engine keeps lineage: entities, associations, queries, and what is recorded by itself."""

from areas.lineage import recording  # noqa: F401  it listens
from areas.lineage.engine import (  # noqa: F401  they register their operations
    actions,
    artifacts,
    associations,
    contexts,
    groups,
    nodes,
    query,
)
from areas.lineage.models import Node


def empty(account: str) -> None:
    """Forget an account's lineage, its history too (manage.py engine_reset)."""
    Node.objects.filter(connection__account=account, connection__backend="embedded").delete()
