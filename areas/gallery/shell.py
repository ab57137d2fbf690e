"""The gallery in the shell: its place in the sidebar, and algorithms in the search."""

from django.urls import reverse

from areas.gallery.entries import entries
from areas.spec import Hit, Place

PLACES = (Place("Train", "Algorithms", "algorithms", "cube"),)


def find(connection, text: str, limit: int) -> list[Hit]:
    """Algorithms whose title or name holds the text."""
    words = text.lower()
    found = [one for one in entries().values() if words in one.title.lower() or words in one.name]
    return [
        Hit("Algorithms", one.title, reverse("algorithm", args=[one.name]), one.family, "cube") for one in found[:limit]
    ]
