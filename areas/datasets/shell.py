"""Datasets in the shell: their place in the sidebar, and in the search."""

from django.db.models import Q
from django.urls import reverse

from areas.allowed import visible_here
from areas.spec import Hit, Place


def count(connection) -> int:
    from areas.datasets.models import Dataset

    return visible_here(connection, Dataset.objects.filter(connection=connection), "Dataset").count()


PLACES = (Place("Data", "Datasets", "datasets", "circle-stack", count),)


def find(connection, text: str, limit: int) -> list[Hit]:
    """Datasets whose name or title holds the text."""
    from areas.datasets.models import Dataset

    found = Dataset.objects.filter(Q(name__icontains=text) | Q(title__icontains=text), connection=connection)
    return [
        Hit("Datasets", one.name, reverse("dataset", args=[one.name]), one.title, "circle-stack")
        for one in visible_here(connection, found, "Dataset").order_by("name")[:limit]
    ]
