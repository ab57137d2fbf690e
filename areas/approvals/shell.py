"""The approval desk in the sidebar, with how many requests wait for the person who looks; and in the search."""

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.urls import reverse

from areas.allowed import visible_here
from areas.spec import Hit, Place
from catalog.actor import current
from registry.approvals import ApprovalRequest
from registry.waiting import waiting_for

SECONDS = 3  # for which the count is kept
WAITING_SHOWN = 5


def count(connection) -> int:
    """How many requests wait for whoever looks."""
    name = current().user
    user = get_user_model().objects.filter(username=name).first() if name else None
    if user is None:
        return 0
    return cache.get_or_set(
        f"approvals-{connection.id}-{user.pk}", lambda: waiting_for(user, connection).count(), SECONDS
    )


PLACES = (Place("Govern", "Approvals", "approvals", "check-badge", count),)


def waiting(connection, user) -> list[Hit]:
    """For home: the requests that wait for somebody's vote, the oldest first."""
    return [
        Hit("Approvals", f"Vote on {one.name}", reverse("approval", args=[one.id]), _asked_by(one), "check-badge")
        for one in waiting_for(user, connection).order_by("id")[:WAITING_SHOWN]
    ]


def _asked_by(request: ApprovalRequest) -> str:
    by = f" by {', '.join(request.authors)}" if request.authors else ""
    return f"Approval asked for{by}"


def find(connection, text: str, limit: int) -> list[Hit]:
    """Requests whose version's name holds the text."""
    rows = ApprovalRequest.objects.filter(connection=connection, name__icontains=text)
    found = visible_here(connection, rows, "ModelPackage").order_by("-id")[:limit]
    return [
        Hit("Approvals", one.name, reverse("approval", args=[one.id]), one.state, "check-badge") for one in found
    ]  # fmt: skip
