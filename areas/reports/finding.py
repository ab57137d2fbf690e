"""What a request means by a report: which one, which version of it, and whose eyes look."""

import re
from dataclasses import dataclass
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse

from areas.allowed import access
from areas.reports import keeping, sharing
from areas.reports.errors import Conflict, Missing, NotAllowed, ReportError
from areas.reports.models import Report
from areas.reports.shown import Place
from areas.reports.sources import Eyes


@dataclass(frozen=True)
class Meant:
    """Blocks as they are in the newest version, a draft, an older version or a snapshot (then with the data that it kept)."""

    title: str
    blocks: list[dict]
    of: str = ""
    kept: dict | None = None


def find(request, number: int) -> Report:
    """A report that the request's user may look at. Raises Missing."""
    return keeping.find_report(request.connection, request.user, access(request), number)


def eyes_of(request) -> Eyes:
    return Eyes(request.connection, access(request), "you")


def meant(request, report: Report) -> Meant:
    """What ``?of=`` says: ``draft`` (one's own), ``v3``, ``s12``, nothing for the newest version. Raises Missing."""
    of = request.GET.get("of", "")
    if of == "draft":
        draft = report.drafts.filter(user=request.user).first()
        return Meant(draft.title, draft.blocks, of) if draft else Meant(report.title, report.blocks)
    if found := re.fullmatch(r"([vs])([0-9]{1,9})", of):
        if found[1] == "v":
            version = keeping.find_version(report, int(found[2]))
            return Meant(version.title, version.blocks, of)
        snapshot = sharing.find_snapshot(report, int(found[2]))
        return Meant(snapshot.title, snapshot.blocks, of, snapshot.data)
    if of:
        raise Missing(f"{of[:20]!r} is no version of a report: draft, v and a number, or s and a number.")
    return Meant(report.title, report.blocks)


def place_of(report: Report, of: str = "") -> Place:
    return Place(f"/reports/{report.pk}/", of, is_still=of.startswith("s"))


def block_of(blocks: list[dict], number: str) -> dict:
    found = next((one for one in blocks if one["id"] == number), None)
    if found is None:
        raise Missing("The report has no such block.")
    return found


def told(view):
    """Answer the area's refusals as pages do: 404, 403, else 400 with the sentence; as JSON where a script asks."""

    @wraps(view)
    def telling(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except Missing as error:
            raise Http404(error.message) from error
        except NotAllowed as error:
            raise PermissionDenied(error.message) from error
        except Conflict as error:
            return JsonResponse({"error": error.message, "number": error.number}, status=409)
        except ReportError as error:
            if request.content_type == "application/json":
                return JsonResponse({"error": error.message, "place": error.place}, status=400)
            return HttpResponse(error.message, status=400, content_type="text/plain; charset=utf-8")

    return telling
