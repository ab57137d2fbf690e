"""Charges added up by SQL: what a page or a program asks for, by owner, noun, day, instance type, thing or tag."""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Case, Count, F, FloatField, Q, QuerySet, Sum, Value, When

from areas.costs import metering
from areas.costs.models import Charge, ChargeTag
from catalog.access import Access

BY = {"owner": "owner", "noun": "kind", "day": "day", "instance": "instance_type", "name": "name", "what": "what"}
DEFAULT_DAYS = 30
EARLIEST = date(1970, 1, 1)
PAGE = 50


class BadQuestion(ValueError):
    """What can't be asked, in one sentence."""


@dataclass(frozen=True)
class Question:
    """Which charges, and by what they are added up: a word of BY, or ``tag:<key>``."""

    since: date
    until: date  # the last day, included
    by: str = "owner"
    noun: str = ""
    owner: str = ""

    @classmethod
    def of(cls, given: dict) -> "Question":
        """From a query string's ``since``, ``until``, ``by``, ``tag``, ``noun``, ``owner``. Raises BadQuestion."""
        today = datetime.now(UTC).date()
        until = _date(given.get("until"), today, "until")
        since = _date(given.get("since"), max(until, EARLIEST) - timedelta(days=DEFAULT_DAYS - 1), "since")
        if since > until:
            raise BadQuestion(f"since ({since}) must not be after until ({until}).")
        by, tag = given.get("by") or "owner", (given.get("tag") or "").strip()
        if by == "tag":
            by = f"tag:{tag or 'project'}"
        if by not in BY and not by.startswith("tag:"):
            raise BadQuestion(f"by must be one of {', '.join(BY)} or tag, not {by[:40]!r}.")
        return cls(since, until, by, (given.get("noun") or "").strip(), (given.get("owner") or "").strip())

    @property
    def tag(self) -> str:
        return self.by.removeprefix("tag:") if self.by.startswith("tag:") else ""


def _date(text: str | None, default: date, name: str) -> date:
    if not text:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadQuestion(f"{name} must be a date such as {default}, not {text[:40]!r}.") from None


def charges(connection_id: int, access: Access, question: Question) -> QuerySet[Charge]:
    """The charges that are asked for and may be seen, each with its ``hours`` and ``cost`` until now."""
    now = time.time()
    metering.roll(connection_id, now)
    rows = Charge.objects.filter(connection_id=connection_id, day__range=(question.since, question.until))
    if question.noun:
        rows = rows.filter(kind=question.noun)
    if question.owner:
        rows = rows.filter(owner=question.owner)
    return priced(access.visible_kinds(rows), now)


def priced(rows: QuerySet[Charge], now: float | None = None) -> QuerySet[Charge]:
    """With ``hours`` (of all instances together) and ``cost`` (dollars; None where there is no price)."""
    seconds = Case(
        When(seconds=None, then=Value(now or time.time()) - F("began")), default=F("seconds"), output_field=FloatField()
    )
    hours = seconds * F("instances") / 3600.0
    return rows.annotate(hours=hours, cost=hours * F("hourly") * (1.0 - F("discount")))


def total(rows: QuerySet[Charge]) -> dict:
    """``{"cost", "hours", "things", "unpriced" (hours), "saved"}``, all of dollars or hours."""
    found = rows.aggregate(
        dollars=Sum("cost"), time=Sum("hours"), things=Count("record", distinct=True),
        unpriced=Sum("hours", filter=Q(hourly=None)),
        full=Sum(F("hours") * F("hourly"), filter=Q(discount__gt=0)), spot=Sum("cost", filter=Q(discount__gt=0)),
    )  # fmt: skip
    return {
        "cost": found["dollars"] or 0.0, "hours": found["time"] or 0.0, "things": found["things"],
        "unpriced": found["unpriced"] or 0.0, "saved": (found["full"] or 0.0) - (found["spot"] or 0.0),
    }  # fmt: skip


def groups(rows: QuerySet[Charge], question: Question, page: int = 1) -> tuple[list[dict], bool]:
    """A page of ``{"group", "cost", "hours", "things"}``, the dearest first (days: the newest), and if there are more.

    By tag, what has no such tag is left out: ``untagged`` tells of it.
    """
    if question.tag:
        rows = rows.filter(tags__key=question.tag).values(group=F("tags__value"))
    else:
        rows = rows.values(group=F(BY[question.by]))
    order = ["-group"] if question.by == "day" else [F("dollars").desc(nulls_last=True), "group"]
    start = (page - 1) * PAGE
    found = (
        rows.annotate(dollars=Sum("cost"), time=Sum("hours"), things=Count("record", distinct=True))
        .order_by(*order)[start : start + PAGE + 1]
    )  # fmt: skip
    rows = [
        {"group": one["group"], "cost": one["dollars"], "hours": one["time"], "things": one["things"]} for one in found
    ]
    return rows[:PAGE], len(rows) > PAGE


def untagged(rows: QuerySet[Charge], key: str) -> dict:
    """The total of what has no such tag."""
    return total(rows.exclude(id__in=ChargeTag.objects.filter(key=key).values("charge")))
