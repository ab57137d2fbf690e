"""The audit log by REST."""

from datetime import datetime
from typing import Any

from ninja import Field, Query, Router, Schema

from areas.allowed import allowed
from areas.audit.checking import check
from areas.audit.filters import NOUN, BadFilter, Filter, readable, reads_everything
from areas.audit.story import document, sentence
from areas.rest import ERRORS, Problem
from catalog.models import AuditEntry

PREFIX = "/audit/"
router = Router()


class AuditQuery(Schema):
    user: str = ""
    action: str = ""
    target: str = Field("", description="Part of the target.")
    on: str = Field("", description="Name of the connection.")
    via: str = Field("", description="page, rest, wire, worker, admin, command or system.")
    outcome: str = Field("", description="Done, Refused or Failed.")
    since: str = Field("", description="A date or time, ISO 8601.", examples=["2026-11-22"])
    until: str = ""
    text: str = Field("", description="Looked for in target, action, user, request, before and after.")
    limit: int = Field(50, ge=1, le=200)
    cursor: str = Field("", description="next_cursor of the page before.", pattern=r"^\d{0,18}$")


class AuditOut(Schema):
    number: int
    at: datetime
    user: str
    via: str
    source: str
    connection: str
    action: str
    target: str
    outcome: str
    sentence: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    detail: dict[str, Any] | None
    hash: str


class AuditPage(Schema):
    items: list[AuditOut]
    next_cursor: str | None = None


class FaultOut(Schema):
    number: int
    what: str


class ChainOut(Schema):
    is_whole: bool
    entries: int
    number: int = Field(description="Of the head.")
    hash: str = Field(description="Of the head: keep it elsewhere, and compare.")
    faults: list[FaultOut] = Field(description="The first hundred.")


@router.get("/", response={200: AuditPage, **ERRORS}, operation_id="list_audit_entries")
@allowed("manage", NOUN)
def list_entries(request, query: Query[AuditQuery]):
    """The newest first; of this connection, or of all of them for who manages the log everywhere."""
    try:
        entries = Filter.of(query.dict(exclude={"limit", "cursor"})).chosen(readable(request))
    except BadFilter as error:
        raise Problem(422, str(error), "InvalidInput") from None
    if query.cursor:
        entries = entries.filter(number__lt=int(query.cursor))
    found = list(entries.order_by("-number")[: query.limit + 1])
    more, found = len(found) > query.limit, found[: query.limit]
    return {"items": [_out(entry) for entry in found], "next_cursor": str(found[-1].number) if more else None}


@router.get("/verify/", response={200: ChainOut, **ERRORS}, operation_id="verify_audit_log")
@allowed("manage", NOUN)
def verify(request):
    """Check the whole chain of hashes, now."""
    if not reads_everything(request):
        raise Problem(403, "Only who manages the audit log of every connection may verify it.", "AccessDenied")
    return check()


def _out(entry: AuditEntry) -> dict:
    plain = ("number", "at", "user", "via", "source", "connection", "action", "target", "outcome", "hash")
    texts = {
        name: document(getattr(entry, name)) if getattr(entry, name) else None for name in ("before", "after", "detail")
    }
    return {name: getattr(entry, name) for name in plain} | texts | {"sentence": sentence(entry)}
