"""The page of a report's owner: who sees it, links for strangers, what is frozen."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from areas.allowed import access, allowed, may, require
from areas.reports import keeping, sharing
from areas.reports.errors import ReportError
from areas.reports.finding import find, told
from areas.reports.keeping import NOUN
from areas.reports.models import Report

LINK = sharing.NOUN
DAYS = {"1": "1 day", "7": "1 week", "30": "30 days", "365": "1 year", "": "Never"}


@allowed("view", NOUN)
@require_http_methods(["GET", "HEAD"])
@told
def show(request, number: int):
    return _render(request, _owned(request, number))


@allowed("create", LINK)
@require_POST
@told
def create(request, number: int):
    """Make a link; its address is shown in the answer and never again."""
    report = _owned(request, number)
    require(request, "create", LINK, report.title)
    days, frozen = request.POST.get("days", ""), request.POST.get("snapshot", "")
    if days not in DAYS:
        raise ReportError("A link expires after a day, a week, 30 days, a year or never.", "days")
    snapshot = None
    if frozen == "new":
        snapshot = sharing.freeze(report, request.user)
    elif frozen:
        snapshot = sharing.find_snapshot(report, int(frozen) if frozen.isascii() and frozen.isdigit() else 0)
    expires = timezone.now() + timedelta(days=int(days)) if days else None
    token, link = sharing.share(report, request.user, expires=expires, snapshot=snapshot)
    response = _render(request, report, made=address_of(token), link=link)
    response["Cache-Control"] = "no-store"
    return response


@allowed("create", LINK)
@require_POST
@told
def revoke(request, number: int, link: int):
    report = _owned(request, number)
    found = sharing.find_link(report, link)
    sharing.revoke(found, request.user)
    messages.success(request, f"The link {found.prefix}… works no longer.")
    return redirect("report-share", report.pk)


@allowed("update", NOUN)
@require_POST
@told
def freeze(request, number: int):
    """Keep the report with the data of this moment."""
    report = _owned(request, number)
    kept = sharing.freeze(report, request.user)
    messages.success(request, "Frozen: this page shows the data of this moment.")
    return redirect(f"{reverse('report', args=[report.pk])}?of=s{kept.pk}")


@allowed("update", NOUN)
@require_POST
@told
def melt(request, number: int, snapshot: int):
    """Delete what was frozen, with the links to it."""
    report = _owned(request, number)
    sharing.delete_snapshot(sharing.find_snapshot(report, snapshot))
    messages.success(request, "The snapshot is deleted.")
    return redirect("report-share", report.pk)


def address_of(token: str) -> str:
    return f"{settings.STUDIO_URL}{reverse('shared-report', args=[token])}"


def _owned(request, number: int) -> Report:
    report = find(request, number)
    keeping.check_owner(report, request.user, access(request))
    return report


def _render(request, report: Report, **more):
    context = {
        "report": report, "links": report.links.select_related("snapshot"), "choices": Report.VISIBLE, "days": DAYS,
        "snapshots": report.snapshots.defer("data", "blocks"), "may_link": may(request, "create", LINK, report.title),
        "may_edit": keeping.may_edit(report, access(request)),
    }  # fmt: skip
    return render(request, "areas/reports/share.html", context | more)
