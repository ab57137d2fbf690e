"""Which entries are meant: the filter of the address, read by page, export and REST alike."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet

from areas.allowed import access_everywhere
from catalog.models import AuditEntry

NOUN = "AuditEntry"
COUNTED = 10_000  # entries that a page counts at most
CHUNK = 1000


class BadFilter(Exception):
    """A part of the filter that can't be read; its text is one sentence."""


@dataclass(frozen=True)
class Filter:
    """Empty parts ask for nothing. ``since`` and ``until`` are dates or times in ISO 8601 (UTC where they name no zone); an
    ``until`` that is a date means its end. ``on`` is a connection's name (the address's own ``connection`` chooses
    the connection that one looks from), ``text`` is looked for in target, action, request and both documents."""

    user: str = ""
    action: str = ""
    target: str = ""
    on: str = ""
    via: str = ""
    outcome: str = ""
    since: str = ""
    until: str = ""
    text: str = ""

    @classmethod
    def of(cls, params) -> "Filter":
        """From a query string; a NUL, which PostgreSQL compares with nothing, is left out."""
        return cls(**{one.name: params.get(one.name, "").strip().replace("\0", "") for one in fields(cls)})

    @property
    def is_empty(self) -> bool:
        return self == Filter()

    def chosen(self, entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """The entries that are meant. Raises BadFilter."""
        exact = {name: getattr(self, name) for name in ("user", "action", "via", "outcome")} | {"connection": self.on}
        entries = entries.filter(**{name: value for name, value in exact.items() if value})
        if self.target:
            entries = entries.filter(target__icontains=self.target)
        if self.since:
            entries = entries.filter(at__gte=_moment("since", self.since))
        if self.until:
            entries = entries.filter(at__lt=_moment("until", self.until, is_end=True))
        if self.text:
            places = ("target", "action", "user", "before", "after", "detail")
            found = Q()
            for place in places:
                found |= Q(**{f"{place}__icontains": self.text})
            entries = entries.filter(found)
        return entries


def readable(request) -> QuerySet[AuditEntry]:
    """The entries that the request's user may read: of its connection, or all of them for who manages the log everywhere."""
    if reads_everything(request):
        return AuditEntry.objects.all()
    return AuditEntry.objects.filter(connection=request.connection.name)


def reads_everything(request) -> bool:
    return access_everywhere(request).may("manage", NOUN)


def walk(entries: QuerySet[AuditEntry]) -> Iterator[AuditEntry]:
    """All of the entries, the newest first, a thousand at a time: an export holds no transaction open, however long."""
    entries, last = entries.order_by("-number"), None
    while found := list((entries.filter(number__lt=last) if last else entries)[:CHUNK]):
        yield from found
        last = found[-1].number


def _moment(name: str, text: str, *, is_end: bool = False) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if is_end and len(text) == 10:
            moment += timedelta(days=1)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise BadFilter(f"{name} must be a date or time such as 2026-11-22 or 2026-11-22T14:30, not {text}.") from None
