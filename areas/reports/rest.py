"""Reports by REST: the same use cases as the pages. ``PREFIX`` is where ``router`` is mounted; see ``areas.rest``."""

from datetime import datetime
from functools import wraps
from typing import Any, Literal

from django.http import HttpResponse
from ninja import Field, Query, Router, Schema, Status

from areas.allowed import access, allowed, require
from areas.reports import keeping, sharing
from areas.reports.errors import Conflict, Missing, NotAllowed, ReportError
from areas.reports.finding import find
from areas.reports.keeping import NOUN
from areas.reports.links import address_of
from areas.reports.models import Report, ReportLink, ReportSnapshot, ReportVersion
from areas.rest import ERRORS, Problem
from catalog.paging import read_page

PREFIX = "/reports/"
router = Router()
CODES = {Missing: 404, NotAllowed: 403, Conflict: 409}
EXAMPLE = [
    {"kind": "text", "text": "# Depth\n\nDeeper is better."},
    {"kind": "chart", "figure": "curve", "experiment": "churn", "query": "params.depth > 3", "metrics": ["auc"]},
]


def _told(view):
    """Tell the area's refusals as problems."""

    @wraps(view)
    def telling(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except ReportError as error:
            code = type(error).__name__ if type(error) is not ReportError else "InvalidInput"
            places = {"errors": [{"at": error.place, "message": error.message}]} if error.place else {}
            raise Problem(CODES.get(type(error), 422), error.message, code, **places) from error

    return telling


router.add_decorator(_told)


class ReportIn(Schema):
    title: str = Field(max_length=200)
    blocks: list[dict[str, Any]] = Field(default_factory=list, max_length=200, description="See docs/areas/reports.md.")
    visible: Literal["private", "connection"] = "private"

    model_config = {"json_schema_extra": {"examples": [{"title": "Depth", "blocks": EXAMPLE, "visible": "connection"}]}}


class ReportPatch(Schema):
    """What to change of a report. New blocks or a new title make a version."""

    title: str | None = Field(None, max_length=200)
    blocks: list[dict[str, Any]] | None = Field(None, max_length=200)
    visible: Literal["private", "connection"] | None = None
    note: str = Field("", max_length=200, description="Why, for the history.")

    model_config = {"json_schema_extra": {"examples": [{"title": "Depth and width", "note": "wider"}]}}


class ReportLine(Schema):
    id: int
    title: str
    owner: str
    visible: str
    version: int
    created: datetime
    modified: datetime
    modified_by: str


class ReportOut(ReportLine):
    blocks: list[dict[str, Any]]


class ReportPage(Schema):
    items: list[ReportLine]
    next_cursor: str | None = None


class ReportQuery(Schema):
    text: str = Field("", max_length=200, description="Part of the title.")
    limit: int = Field(50, ge=1, le=200)
    cursor: str = Field("", max_length=2000)


class ReportVersionLine(Schema):
    number: int
    title: str
    by: str
    at: datetime
    note: str


class ReportSnapshotOut(Schema):
    id: int
    version: int
    title: str
    by: str
    at: datetime


class ReportLinkIn(Schema):
    expires: datetime | None = Field(None, description="Never, without it.")
    snapshot: int | None = Field(None, description="What was frozen; the live report without it.")

    model_config = {"json_schema_extra": {"examples": [{}]}}


class ReportLinkOut(Schema):
    id: int
    prefix: str = Field(description="The first letters of its token, to tell links apart.")
    snapshot: int | None
    by: str
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    opened: datetime | None
    times: int
    works: bool


class NewReportLink(ReportLinkOut):
    url: str = Field(description="Shown this once.")


@router.get("/", response={200: ReportPage, **ERRORS}, operation_id="list_reports")
@allowed("view", NOUN)
def list_reports(request, query: Query[ReportQuery]):
    """Your own reports, and what others show to everybody on the connection; what was saved last first."""
    rows = keeping.reports_of(request.connection, request.user, access(request)).defer("blocks")
    if query.text:
        rows = rows.filter(title__icontains=query.text)
    items, cursor = read_page(rows, sort="-modified", limit=query.limit, cursor=query.cursor)
    request.next_cursor = cursor
    return {"items": [_line(one) for one in items], "next_cursor": cursor}


@router.post("/", response={201: ReportOut, **ERRORS}, operation_id="create_report")
@allowed("create", NOUN)
def create_report(request, response: HttpResponse, body: ReportIn):
    require(request, "create", NOUN, body.title)
    report = keeping.create(
        request.connection, request.user, title=body.title, blocks=body.blocks, visible=body.visible
    )
    response["Location"] = f"/api/v1/reports/{report.pk}/"
    return Status(201, _whole(report))


@router.get("/{int:number}/", response={200: ReportOut, **ERRORS}, operation_id="get_report")
@allowed("view", NOUN)
def get_report(request, number: int):
    return _whole(find(request, number))


@router.patch("/{int:number}/", response={200: ReportOut, **ERRORS}, operation_id="update_report")
@allowed("update", NOUN)
def update_report(request, number: int, body: ReportPatch):
    """With If-Match, only if nobody saved meanwhile."""
    report = find(request, number)
    keeping.check_editor(report, access(request))
    if body.visible is not None and body.visible != report.visible:
        keeping.check_owner(report, request.user, access(request))
        keeping.show_to(report, body.visible)
    if body.title is not None or body.blocks is not None:
        title = report.title if body.title is None else body.title
        require(request, "update", NOUN, title)
        blocks = report.blocks if body.blocks is None else body.blocks
        report = keeping.save(report, request.user, title=title, blocks=blocks, base=report.number, note=body.note)
    return _whole(report)


@router.delete("/{int:number}/", response={204: None, **ERRORS}, operation_id="delete_report")
@allowed("delete", NOUN)
def delete_report(request, number: int):
    """With its history, snapshots, comments and links."""
    report = _owned(request, number)
    require(request, "delete", NOUN, report.title)
    keeping.delete(report)
    return Status(204, None)


@router.get(
    "/{int:number}/versions/", response={200: list[ReportVersionLine], **ERRORS}, operation_id="list_report_versions"
)
@allowed("view", NOUN)
def list_versions(request, number: int):
    """The newest first."""
    return list(find(request, number).versions.defer("blocks"))


@router.get(
    "/{int:number}/versions/{int:version}/", response={200: ReportOut, **ERRORS}, operation_id="get_report_version"
)
@allowed("view", NOUN)
def get_version(request, number: int, version: int):
    """The report as it was saved once."""
    report = find(request, number)
    was: ReportVersion = keeping.find_version(report, version)
    return _whole(report) | {"title": was.title, "blocks": was.blocks, "version": was.number, "modified": was.at,
                             "modified_by": was.by}  # fmt: skip


@router.post(
    "/{int:number}/versions/{int:version}/restore/",
    response={200: ReportOut, **ERRORS},
    operation_id="restore_report_version",
)
@allowed("update", NOUN)
def restore_version(request, number: int, version: int):
    """Make a new version that is as an old one was."""
    report = find(request, number)
    keeping.check_editor(report, access(request))
    return _whole(keeping.restore(report, request.user, version))


@router.get(
    "/{int:number}/snapshots/", response={200: list[ReportSnapshotOut], **ERRORS}, operation_id="list_report_snapshots"
)
@allowed("view", NOUN)
def list_snapshots(request, number: int):
    return list(find(request, number).snapshots.defer("blocks", "data"))


@router.post("/{int:number}/snapshots/", response={201: ReportSnapshotOut, **ERRORS}, operation_id="freeze_report")
@allowed("update", NOUN)
def freeze(request, number: int):
    """Keep the report with the data of this moment."""
    return Status(201, sharing.freeze(_owned(request, number), request.user))


@router.delete(
    "/{int:number}/snapshots/{int:snapshot}/", response={204: None, **ERRORS}, operation_id="delete_report_snapshot"
)
@allowed("update", NOUN)
def delete_snapshot(request, number: int, snapshot: int):
    """With the links to it."""
    found: ReportSnapshot = sharing.find_snapshot(_owned(request, number), snapshot)
    sharing.delete_snapshot(found)
    return Status(204, None)


@router.get("/{int:number}/links/", response={200: list[ReportLinkOut], **ERRORS}, operation_id="list_report_links")
@allowed("view", NOUN)
def list_links(request, number: int):
    """The links for people who don't sign in, also those that work no longer; of your own report."""
    return [_link(one) for one in _owned(request, number).links.all()]


@router.post("/{int:number}/links/", response={201: NewReportLink, **ERRORS}, operation_id="share_report")
@allowed("create", sharing.NOUN)
def share(request, response: HttpResponse, number: int, body: ReportLinkIn):
    """Make a link. Whoever has it sees what the report holds, read by your rights at that moment."""
    report = _owned(request, number)
    require(request, "create", sharing.NOUN, report.title)
    snapshot = sharing.find_snapshot(report, body.snapshot) if body.snapshot is not None else None
    token, link = sharing.share(report, request.user, expires=body.expires, snapshot=snapshot)
    response["Cache-Control"] = "no-store"
    return Status(201, _link(link) | {"url": address_of(token)})


@router.delete("/{int:number}/links/{int:link}/", response={204: None, **ERRORS}, operation_id="revoke_report_link")
@allowed("create", sharing.NOUN)
def revoke(request, number: int, link: int):
    """From now on it shows nothing."""
    sharing.revoke(sharing.find_link(_owned(request, number), link), request.user)
    return Status(204, None)


def _owned(request, number: int) -> Report:
    report = find(request, number)
    keeping.check_owner(report, request.user, access(request))
    return report


def _line(report: Report) -> dict:
    return {
        "id": report.pk, "title": report.title, "owner": report.owner.get_username() if report.owner else "",
        "visible": report.visible, "version": report.number, "created": report.created, "modified": report.modified,
        "modified_by": report.modified_by,
    }  # fmt: skip


def _whole(report: Report) -> dict:
    return _line(report) | {"blocks": report.blocks}


def _link(link: ReportLink) -> dict:
    names = [name for name in ReportLinkOut.model_fields if name != "snapshot"]
    return {name: getattr(link, name) for name in names} | {"snapshot": link.snapshot_id}
