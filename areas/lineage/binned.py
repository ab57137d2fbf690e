"""Trial components that go into the bin leave the lineage as it is shown, and come back into it with their associations."""

from django.db.models import Q
from django.utils import timezone

from areas.lineage.models import Edge, Node
from catalog import bin


def note(what: str, ids: list[int]) -> None:
    """Listener of ``catalog.bin``: in the transaction of the change, in whatever process it is made."""
    nodes = Node.objects.filter(id__in=ids)
    if what == bin.PUT:
        now = timezone.now()
        if nodes.filter(removed=None).update(removed=now):
            Edge.objects.filter(_touching(ids), removed=None).update(removed=now)
    elif what == bin.RESTORED:
        moments = list(nodes.exclude(removed=None).values_list("removed", flat=True).distinct())
        nodes.update(removed=None)
        # The associations that went with them, to what is there now.
        there = Q(source__removed=None, destination__removed=None)
        Edge.objects.filter(_touching(ids), there, removed__in=moments).update(removed=None)


def _touching(ids: list[int]) -> Q:
    return Q(source__in=ids) | Q(destination__in=ids)
