"""Where an entry's thing can be looked at."""

from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from areas.audit.story import subject
from areas.index import resources
from catalog.models import AuditEntry

_OURS = {"Dataset": "dataset"}


def link_to(entry: AuditEntry) -> str:
    """The page of what the entry is about, on its own connection; "" if it has none."""
    noun, name = subject(entry)
    resource = resources().get(noun)
    address = resource.codename if resource else _OURS.get(noun)
    if not address or not name:
        return ""
    try:
        page = reverse(address, args=[name])
    except NoReverseMatch:
        return ""
    return f"{page}?{urlencode({'connection': entry.connection})}" if entry.connection else page
