"""Pages of reports: the list, a report as it is, as it was and as it was frozen, its history."""

from dataclasses import replace

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from areas.allowed import access, allowed, may, require
from areas.reports import exports, keeping, sharing, talk
from areas.reports.errors import NotAllowed, ReportError
from areas.reports.finding import Meant, eyes_of, find, meant, place_of, told
from areas.reports.keeping import NOUN
from areas.reports.merging import differences
from areas.reports.models import Report, ReportLink
from areas.reports.shown import show

SHOWN = 50


@allowed("view", NOUN)
@require_safe
def show_list(request):
    """``q`` is part of a title; ``mine`` leaves out other people's."""
    text, mine = request.GET.get("q", "").strip()[:200], "mine" in request.GET
    rows = keeping.reports_of(request.connection, request.user, access(request)).defer("blocks")
    if text:
        rows = rows.filter(title__icontains=text)
    if mine:
        rows = rows.filter(owner=request.user)
    page = Paginator(rows.order_by("-modified", "-id"), SHOWN).get_page(request.GET.get("page"))
    return render(request, "areas/reports/list.html", {"page": page, "text": text, "mine": mine})


@allowed("create", NOUN)
@require_http_methods(["GET", "HEAD", "POST"])
@told
def create(request):
    """Ask for a title; a POST makes the report and opens its editor."""
    title = request.POST.get("title", "")
    error = None
    if request.method == "POST":
        try:
            require(request, "create", NOUN, title.strip())
            visible = request.POST.get("visible", Report.PRIVATE)
            report = keeping.create(request.connection, request.user, title=title, visible=visible)
            return redirect("report-edit", report.pk)
        except ReportError as refused:
            error = refused
    context = {"title": title, "error": error, "choices": Report.VISIBLE}
    return render(request, "areas/reports/create.html", context, status=400 if error else 200)


@allowed("view", NOUN)
@require_safe
@told
def show_report(request, number: int):
    """A report; ``of`` an older version (v3), a snapshot (s12), one's own draft."""
    report = find(request, number)
    found = meant(request, report)
    return render(request, "areas/reports/report.html", context_of(request, report, found))


@allowed("view", NOUN)
@require_safe
@told
def history(request, number: int):
    """Who saved what when; ``old`` and ``new`` are the versions that are compared."""
    report = find(request, number)
    page = Paginator(report.versions.defer("blocks"), SHOWN).get_page(request.GET.get("page"))
    new = _number(request.GET.get("new"), report.number)
    old = _number(request.GET.get("old"), max(new - 1, 1))
    before, after = keeping.find_version(report, old), keeping.find_version(report, new)
    context = {
        "report": report, "page": page, "before": before, "after": after, "is_owner": _is_owner(request, report),
        "differences": differences(before.blocks, after.blocks), "may_edit": keeping.may_edit(report, access(request)),
    }  # fmt: skip
    return render(request, "areas/reports/history.html", context)


@allowed("update", NOUN)
@require_POST
@told
def restore(request, number: int):
    report = find(request, number)
    keeping.check_editor(report, access(request))
    wanted = _number(request.POST.get("version"), 0)
    keeping.restore(report, request.user, wanted)
    messages.success(request, f"Version {wanted} is back, as the newest version.")
    return redirect("report", report.pk)


@allowed("update", NOUN)
@require_POST
@told
def show_to(request, number: int):
    """Let everybody on the connection see it, or its owner alone."""
    report = _owned(request, number)
    keeping.show_to(report, request.POST.get("visible", ""))
    messages.success(
        request, "Only you see it now." if report.is_private else "Everybody on the connection sees it now."
    )
    return redirect("report-share", report.pk)


@allowed("delete", NOUN)
@require_POST
@told
def delete(request, number: int):
    report = _owned(request, number)
    require(request, "delete", NOUN, report.title)
    keeping.delete(report)
    messages.success(request, f"{report.title} is deleted, with its history and links.")
    return redirect("reports")


@allowed("view", NOUN)
@require_safe
@told
def export(request, number: int, form: str):
    """The report as a file: ``html`` stands alone, ``md`` is its text with the data as tables."""
    report = find(request, number)
    found = meant(request, report)
    place = replace(place_of(report, found.of), has_runs=False)
    shown = show(found.blocks, place, eyes=eyes_of(request), kept=found.kept, whole=True)
    body, media_type = exports.write(report, found.title, shown, form, found.blocks, eyes_of(request))
    headers = {"Content-Disposition": f'attachment; filename="{exports.file_name(found.title)}.{form}"'}
    return HttpResponse(body, content_type=media_type, headers=headers)


@allowed("create", "Comment")
@require_POST
@told
def comment(request, number: int):
    report = find(request, number)
    talk.say(report, request.user, request.POST.get("text", ""))
    return redirect(f"{reverse('report', args=[report.pk])}#talk")


@allowed("create", "Comment")
@require_POST
@told
def delete_comment(request, number: int, comment: int):
    report = find(request, number)
    talk.delete(report, request.user, comment, manages=may(request, "manage", "Comment"))
    return redirect(f"{reverse('report', args=[report.pk])}#talk")


def context_of(request, report: Report, found: Meant) -> dict:
    may_edit = keeping.may_edit(report, access(request))
    return {
        "report": report, "found": found, "may_edit": may_edit, "is_owner": _is_owner(request, report),
        "blocks": show(found.blocks, place_of(report, found.of), eyes=eyes_of(request), kept=found.kept),
        "snapshot": sharing.find_snapshot(report, int(found.of[1:])) if found.of.startswith("s") else None,
        "version": int(found.of[1:]) if found.of.startswith("v") else None,
        "links": report.links.filter(ReportLink.working()).count(), "comments": talk.thread(report),
        "draft": report.drafts.filter(user=request.user).first() if may_edit else None,
        "may_comment": may(request, "create", "Comment"),
    }  # fmt: skip


def _owned(request, number: int) -> Report:
    report = find(request, number)
    keeping.check_owner(report, request.user, access(request))
    return report


def _is_owner(request, report: Report) -> bool:
    try:
        keeping.check_owner(report, request.user, access(request))
    except NotAllowed:
        return False
    return True


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else default
