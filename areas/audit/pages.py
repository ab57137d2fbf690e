"""The audit log's page: filtered, paged, as entries or as a story, exported, verified."""

from django.core.exceptions import PermissionDenied
from django.http import StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from areas.allowed import allowed
from areas.audit import export
from areas.audit.checking import check
from areas.audit.differences import differences
from areas.audit.filters import COUNTED, NOUN, BadFilter, Filter, readable, reads_everything, walk
from areas.audit.links import link_to
from areas.audit.story import reason, request_of, sentence, short
from catalog.audit import DONE, FAILED, REFUSED
from catalog.models import AuditEntry

SIZE = 50
WAYS = ("page", "rest", "wire", "worker", "admin", "command", "system")


@allowed("manage", NOUN)
@require_safe
def show(request):
    """Entries of the filter, newest first, from ``before`` on; ``view=story`` as sentences; ``format=csv`` or ``jsonl``."""
    wanted, error = Filter.of(request.GET), ""
    try:
        entries = wanted.chosen(readable(request))
    except BadFilter as refused:
        entries, error = AuditEntry.objects.none(), str(refused)
    if request.GET.get("format") in ("csv", "jsonl") and not error:
        return _exported(entries, request.GET["format"])
    return render(request, "areas/audit/show.html", {
        **_page(entries, request.GET), "wanted": wanted, "error": error, "ways": WAYS,
        "outcomes": (DONE, REFUSED, FAILED), "is_story": request.GET.get("view") == "story",
        "everything": reads_everything(request), **_choices(request),
    }, status=400 if error else 200)  # fmt: skip


@allowed("manage", NOUN)
@require_POST
def verify(request):
    """Check the whole chain, now."""
    if not reads_everything(request):
        raise PermissionDenied("Only who manages the audit log of every connection may verify it.")
    return render(request, "areas/audit/verified.html", {"check": check()})


def _page(entries, params) -> dict:
    """``rows`` with what the template shows of them, and the numbers that older and newer pages begin at."""
    before, after = _number(params.get("before")), _number(params.get("after"))
    if after is not None:
        found = list(entries.filter(number__gt=after).order_by("number")[: SIZE + 1])
        has_newer, found = len(found) > SIZE, found[:SIZE][::-1]
        has_older = True
    else:
        chosen = entries.filter(number__lt=before) if before is not None else entries
        found = list(chosen.order_by("-number")[: SIZE + 1])
        has_older, found = len(found) > SIZE, found[:SIZE]
        has_newer = before is not None
    total = len(entries.order_by().values_list("number")[: COUNTED + 1])
    rows = [{"entry": entry, "sentence": sentence(entry), "who": short(entry.user), "url": link_to(entry),
             "differences": differences(entry), "request": request_of(entry),
             "reason": reason(entry)} for entry in found]  # fmt: skip
    return {
        "rows": rows, "total": min(total, COUNTED), "more": total > COUNTED,
        "older": found[-1].number if found and has_older else None,
        "newer": found[0].number if found and has_newer else None,
    }  # fmt: skip


def _choices(request) -> dict:
    """Words to choose from: those of the newest thousand entries."""
    newest = readable(request).order_by("-number").values_list("user", "action", "connection")[:1000]
    users, actions, connections = (
        (sorted(set(column)) for column in zip(*newest, strict=True)) if newest else ([], [], [])
    )
    return {"users": users, "actions": actions, "connections": [name for name in connections if name]}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _exported(entries, form: str) -> StreamingHttpResponse:
    if form == "csv":
        answer = StreamingHttpResponse(export.csv_lines(walk(entries)), content_type="text/csv; charset=utf-8")
    else:
        answer = StreamingHttpResponse(export.json_lines(walk(entries)), content_type="application/x-ndjson")
    answer.headers["Content-Disposition"] = f'attachment; filename="audit.{form}"'
    return answer
