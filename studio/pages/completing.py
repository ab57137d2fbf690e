"""Completion of what somebody writes into the query box of a list."""

from django.http import Http404, JsonResponse

from areas.allowed import access, asks, require, visible
from areas.index import resource_for_slug, resources
from catalog.completion import About, complete
from catalog.models import Record
from catalog.query_language import MAX_LENGTH, QueryError, parse

RUNS = "TrialComponent"


@asks("view of what the list holds")
def show(request):
    """``list`` (a noun's slug, or ``runs``), ``experiment`` (a name), ``q``, ``at`` (a character counted from 0) → what could be
    written there: ``{"from", "to", "options": [{"text", "kind", "hint", "count"}], "error": {"message", "at"} or null}``.
    """
    get = request.GET
    slug, text = get.get("list", ""), get.get("q", "")[: MAX_LENGTH + 1]
    resource = resources().get(RUNS) if slug == "runs" else resource_for_slug(slug)
    if resource is None:
        raise Http404(f"There is no list {slug}.")
    require(request, "view", resource.noun)
    at = int(get["at"]) if get.get("at", "").isdecimal() and len(get["at"]) < 9 else len(text)
    about = About(
        resource.noun, request.connection, access(request), _experiment(request),
        None if resource.noun == RUNS else resource.query_words, resource.metrics or resource.noun == RUNS,
    )  # fmt: skip
    return JsonResponse(
        complete(text, at, about) | {"error": _error(text)}, headers={"Cache-Control": "private, max-age=10"}
    )


def _experiment(request) -> int | None:
    name = request.GET.get("experiment", "")
    if not name:
        return None
    rows = Record.objects.filter(connection=request.connection, kind="Experiment", name=name)
    found = visible(request, rows, "Experiment").values_list("id", flat=True).first()
    if found is None:
        raise Http404(f"There is no experiment {name}.")
    return found


def _error(text: str) -> dict | None:
    try:
        parse(text)
    except QueryError as error:
        return {"message": error.message, "at": error.at}
    return None
