"""Reports in the shell: their place in the sidebar, and in the search."""

from django.contrib.auth import get_user_model
from django.urls import reverse

from areas.allowed import access_here
from areas.spec import Hit, Place
from catalog.actor import current


def _rows(connection):
    from areas.reports.keeping import reports_of

    name = current().user
    user = get_user_model().objects.filter(username=name).first() if name else None
    return reports_of(connection, user, access_here(connection.id))


def count(connection) -> int:
    return _rows(connection).count()


PLACES = (Place("Train", "Reports", "reports", "document-text", count),)


def find(connection, text: str, limit: int) -> list[Hit]:
    """Reports whose title holds the text."""
    found = _rows(connection).filter(title__icontains=text).defer("blocks").order_by("-modified")[:limit]
    return [
        Hit("Reports", one.title, reverse("report", args=[one.pk]), one.modified_by, "document-text") for one in found
    ]
