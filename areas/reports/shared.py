"""What strangers see: a report by its link, its curves and its files, and nothing else. Nobody is signed in here; whoever has a
session is nobody special."""

from functools import wraps

from django.http import JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from areas.allowed import strangers
from areas.reports import feeds, files, pace, sharing
from areas.reports.errors import Missing, ReportError, TooOften
from areas.reports.finding import Meant, block_of
from areas.reports.models import ReportLink
from areas.reports.shown import Place, show
from areas.reports.sources import strangers_eyes


def _by_link(view):
    """Count the request, find the link, refuse in a plain page; no search engine, cache or other page learns of the address."""

    @wraps(view)
    def opening(request, token: str, **kwargs):
        source = request.META.get("REMOTE_ADDR", "")
        try:
            pace.check(source)
            try:
                link = sharing.open_link(token)
            except Missing:
                pace.check_guess(source)
                raise
            response = view(request, link, Place(f"/shared-reports/{token}/", has_runs=False), **kwargs)
        except TooOften as error:
            response = _refuse(request, error.message, 429)
            response["Retry-After"] = str(error.wait)
        except Missing as error:
            response = _refuse(request, error.message, 404)
        except ReportError as error:
            response = _refuse(request, error.message, 400)
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        response["Referrer-Policy"] = "no-referrer"
        response.setdefault("Cache-Control", "private, no-store")
        return response

    return opening


@strangers
@require_safe
@_by_link
def show_report(request, link: ReportLink, place: Place):
    found = _meant(link)
    eyes = strangers_eyes(link.report)
    context = {
        "title": found.title, "blocks": show(found.blocks, place, eyes=eyes, kept=found.kept), "link": link,
        "snapshot": link.snapshot, "report": link.report,
    }  # fmt: skip
    response = render(request, "areas/reports/shared.html", context)
    if request.method == "GET":
        sharing.count_opening(link)
    return response


@strangers
@require_safe
@_by_link
def series(request, link: ReportLink, place: Place, block: str):
    found = _meant(link)
    one = block_of(found.blocks, block)
    if found.kept is not None:
        return feeds.kept_curves(found.kept, one)
    return feeds.curves(request, one, strangers_eyes(link.report))


@strangers
@require_safe
@_by_link
def file(request, link: ReportLink, place: Place, digest: str):
    return files.answer(files.find(_meant(link).blocks, digest), strangers_eyes(link.report))


def _meant(link: ReportLink) -> Meant:
    if link.snapshot:
        return Meant(link.snapshot.title, link.snapshot.blocks, kept=link.snapshot.data)
    return Meant(link.report.title, link.report.blocks)


def _refuse(request, words: str, status: int):
    if "text/html" not in request.headers.get("Accept", ""):
        return JsonResponse({"error": words}, status=status)
    return render(request, "areas/reports/shared_refused.html", {"words": words}, status=status)
