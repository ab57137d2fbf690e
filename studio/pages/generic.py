"""List and detail pages of every declared Resource."""

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from areas import exports, words
from areas.allowed import access, allowed, may
from areas.index import resources
from areas.spec import Resource
from catalog.models import Record
from catalog.queries import PAGE_SIZES
from jobs.models import Run
from studio.pages import as_code
from studio.pages.acts import may_act, offered
from studio.pages.listing import Listing
from studio.ui import cells

POLLED_ROWS = 200


@allowed("view")
def show_list(request, noun: str):
    """The list page; ``format`` (csv, parquet) exports what the filter shows, ``part=live`` is what polling asks for."""
    resource = resources()[noun]
    listing = Listing(resource, request.connection, request.user, request.GET, access(request))
    if request.GET.get("format") in exports.FORMATS:
        return _export(listing, request.GET["format"])
    if request.GET.get("part") == "live":
        return _live(request, listing)
    context = {
        "listing": listing,
        "resource": resource,
        "now": timezone.now(),
        "actions": [action for action in resource.actions if may_act(request, resource, action)],
        "sizes": PAGE_SIZES,
    }
    listing.filtered  # noqa: B018 - a query that can't be read must be known before the page is drawn
    if not listing.query and not listing.page.total:
        context["example"] = as_code.skeleton(resource)
    return render(request, "generic/list.html", context)


def _export(listing: Listing, kind: str):
    content_type, write = exports.FORMATS[kind]
    name = f"{listing.resource.slug}-{timezone.now():%Y%m%d-%H%M%S}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    pieces = write(listing.file_headings, listing.file_rows())
    return StreamingHttpResponse(pieces, content_type=content_type, headers=headers)


def _live(request, listing: Listing):
    """New rows since the page was drawn, and the statuses of the rows in ``ids`` that had not ended then."""
    since = words.as_datetime(request.GET.get("since"))
    ids = words.wholes(request.GET.get("ids"))[:POLLED_ROWS]
    new = listing.filtered.filter(created__gt=since).count() if since else 0
    changed = listing.all.filter(id__in=ids)
    if not new and not ids:
        return HttpResponse(status=204)
    rows = [(record, cells.status_of(listing.resource, record)) for record in changed]
    going = [record.id for record, _ in rows if not cells.has_ended(listing.resource, record)]
    context = {"listing": listing, "new": new, "rows": rows, "going": going, "since": request.GET.get("since")}
    return render(request, "generic/list_live.html", context)


def find(request, resource: Resource, name: str) -> Record:
    """The record on the current connection. Raises Http404 that says what is missing where."""
    record = Record.objects.filter(connection=request.connection, kind=resource.noun, name=name).first()
    if record is None:
        where = f" in {request.connection.name}" if request.connection else ""
        raise Http404(f"There is no {resource.singular} {name}{where}.")
    return record


@allowed("view")
def show_detail(request, noun: str, name: str):
    """The detail page of one record. While a Run that should make it is open, the page follows the Run."""
    resource = resources()[noun]
    record = Record.objects.filter(connection=request.connection, kind=noun, name=name).first()
    if record is None:
        run = Run.objects.filter(connection=request.connection, kind=noun, name=name).order_by("-id").first()
        if run is None or run.state == Run.COMPLETED:  # it was made, and is gone
            find(request, resource, name)
        return render(request, "generic/run.html", {"resource": resource, "run": run, "name": name})
    tab = request.GET.get("tab", "overview")
    context = {
        "resource": resource,
        "record": record,
        "tab": tab if tab in dict(TABS) else "overview",
        "tabs": TABS,
        "ended": cells.has_ended(resource, record),
        "chip": cells.status_of(resource, record, cells.ui.chip),
        "actions": offered(request, resource, record),
        "may_update": may(request, "update", noun, name),
        "facts": facts(resource, record),
        "failure": record.document.get("FailureReason", "") if record.status in resource.failed else "",
        "list_url": reverse(resource.slug),
        "clone_url": url_or_blank(f"{resource.codename}-create") if may(request, "create", noun) else "",
    }
    if context["tab"] in ("tags", "overview"):
        context["record_tags"] = list(record.tags.order_by("key"))
    if context["tab"] == "events":
        context["events"] = events(record)
    if context["tab"] == "configuration":
        context["tree"] = tree(record.document)
    if context["tab"] == "code":
        context["code"] = as_code.create_calls(resource, record)
    template = "generic/detail_live.html" if request.GET.get("part") == "live" else "generic/detail.html"
    return render(request, template, context)


TABS = (
    ("overview", "Overview"),
    ("configuration", "Configuration"),
    ("events", "Events"),
    ("tags", "Tags"),
    ("code", "Show as code"),
)


def facts(resource: Resource, record: Record) -> list[dict]:
    """The overview: what the list's columns show, then every plain value of the document that isn't there yet."""
    shown = {"name", "status", "owner", "created", "modified", "FailureReason"}
    shown |= {resource.status_field, resource.name_field, resource.arn_field}
    found = []
    for column in resource.columns:
        if column.path in shown or column.kind == "metric":
            continue
        shown.add(column.path)
        value = cells.value_at(record, column.path)
        kind = "text" if column.kind == "code" else column.kind
        found.append({"label": column.label, "html": cells.plain(kind, value), "copy": copied(value)})
    shown |= {resource.created_field, resource.modified_field, "SecondaryStatus"}
    for key, value in record.document.items():
        if key in shown or isinstance(value, dict | list):
            continue
        found.append({"label": as_code.spaced(key), "html": plain_value(key, value), "copy": copied(value)})
    return found


def plain_value(key: str, value):
    if key.endswith("Time") and words.as_datetime(value) and not isinstance(value, str):
        return cells.plain("time", value)
    if key.endswith("InSeconds") and isinstance(value, int | float):
        return words.duration(value)
    if key.endswith("InBytes") and isinstance(value, int | float):
        return words.size(value)
    for noun in resources():
        if key == f"{noun}Name" and isinstance(value, str):
            return cells.link(noun, value)
    return cells.plain("code" if isinstance(value, str) and ("/" in value or ":" in value) else "text", value)


def copied(value) -> str:
    return value if isinstance(value, str) and (value.startswith(("arn:", "s3://")) or len(value) > 40) else ""


def events(record: Record) -> list[dict]:
    """Every status transition that the document tells of, newest last."""
    found = [
        {"word": one.get("Status", ""), "start": one.get("StartTime"), "end": one.get("EndTime"),
         "message": one.get("StatusMessage", "")}
        for one in record.document.get("SecondaryStatusTransitions") or []
    ]  # fmt: skip
    if not found:
        by = f"by {record.owner}" if record.owner else ""
        found.append({"word": "Created", "start": record.created, "end": None, "message": by})
        if record.modified > record.created:
            reason = record.document.get("FailureReason", "")
            found.append({"word": record.status or "Changed", "start": record.modified, "end": None, "message": reason})
    return found


def tree(value, key: str = "", depth: int = 0) -> dict:
    """A document as nodes for templates/generic/tree.html: branches with children, leaves with text."""
    if isinstance(value, dict):
        children = [tree(inner, name, depth + 1) for name, inner in value.items()]
        return {"key": key, "children": children, "open": depth < 2, "note": "" if children else "empty"}
    if isinstance(value, list):
        children = [tree(inner, str(position), depth + 1) for position, inner in enumerate(value)]
        return {"key": key, "children": children, "open": depth < 2 or len(value) < 3, "note": f"{len(value)}"}
    return {"key": key, "html": plain_value(key, value) if key.endswith("Time") else "" if value is None else str(value),
            "copy": copied(value)}  # fmt: skip


def url_or_blank(name: str, *args) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
