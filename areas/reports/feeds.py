"""What scripts and images on a report's page fetch: curves of a block, files of S3.

Which runs and metrics a feed is of stands in the block and nowhere else: an address that names others is refused.
"""

import orjson
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from areas.allowed import allowed
from areas.reports import files
from areas.reports.errors import Missing, ReportError
from areas.reports.evaluating import feed_params, narrowed
from areas.reports.finding import block_of, eyes_of, find, meant, told
from areas.reports.keeping import NOUN
from areas.reports.sources import GONE, RUN, Eyes, run_data

OWN = ("keep", "first", "since", "steps", "times", "x")  # what whoever looks may choose; all else is the block's
ADDRESS = ("of", "connection")


@allowed("view", NOUN)
@require_safe
@told
def series(request, number: int, block: str):
    """The curves of a chart, as ``/run-series/`` answers them."""
    report = find(request, number)
    found = meant(request, report)
    one = block_of(found.blocks, block)
    return kept_curves(found.kept, one) if found.kept is not None else curves(request, one, eyes_of(request))


@allowed("view", NOUN)
@require_safe
@told
def file(request, number: int, digest: str):
    """An object in S3 that the report shows."""
    report = find(request, number)
    return files.answer(files.find(meant(request, report).blocks, digest), eyes_of(request))


def curves(request, block: dict, eyes: Eyes) -> HttpResponse:
    """The feed of a block. Raises Missing for a block without curves, ReportError for an address that asks for more."""
    if block["kind"] != "chart" or block["figure"] != "curve":
        raise Missing("This block draws no curves.")
    access = eyes.at(block)
    if not access.may("view", RUN):
        return JsonResponse({"error": GONE.format(who=eyes.who)}, status=404)
    params = feed_params(block)
    for name, value in request.GET.items():
        if name in OWN:
            params[name] = value
        elif name not in ADDRESS and params.get(name) != value and not _is_part(name, value, block):
            raise ReportError(f"{name[:40]} is the report's to say, not the address's.", name[:40])
        elif name == "metrics":
            params[name] = value
    answer = run_data().respond(request, eyes.connection, access, params)
    if answer.status_code != 200:
        if eyes.is_stranger and answer.status_code == 400:
            return JsonResponse({"error": GONE.format(who=eyes.who)}, status=404)
        return answer
    if eyes.is_stranger or block["metrics"]:
        answer.content = orjson.dumps(narrowed(orjson.loads(answer.content), block))
    return answer


def kept_curves(data: dict, block: dict) -> HttpResponse:
    """The curves that a snapshot kept: nothing new comes."""
    found = data.get(block["id"], {})
    if "series" not in found:
        return JsonResponse({"error": found.get("problem", "The snapshot kept no curves here.")}, status=404)
    for run in found["runs"].values():
        run["ended"] = True
    body = orjson.dumps({**found, "ended": True, "cursor": "", "whole": True, "thinned": False})
    return HttpResponse(body, content_type="application/json", headers={"Cache-Control": "private, max-age=3600"})


def _is_part(name: str, value: str, block: dict) -> bool:
    """Whether ``metrics=`` names nothing but metrics of the block: charts in sight are fetched first."""
    if name != "metrics" or not value:
        return False
    asked = run_data().names_asked({"metrics": value}) or []
    return not block["metrics"] or set(asked) <= set(block["metrics"])
