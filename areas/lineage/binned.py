"""Trial components that go into the bin leave the lineage as it is shown, and come back into it with all associations."""

from django.utils import timezone

from areas.lineage.models import Node
from catalog import bin


def note(what: str, ids: list[int]) -> None:
    """Listener of ``catalog.bin``: in the transaction of the change, in whatever process it is made."""
    nodes = Node.objects.filter(id__in=ids)
    if what == bin.PUT:
        nodes.filter(removed=None).update(removed=timezone.now())
    elif what == bin.RESTORED:
        nodes.update(removed=None)
