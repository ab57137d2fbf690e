"""Pages of a run's files and figures: asked of S3 with the rights of whoever looks. What a user wrote is never markup of ours:
files are sent as attachments in a sandbox, but for four kinds of pixel images."""

import json
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from areas import downloads, objects
from areas.allowed import allowed
from areas.experiments import files
from areas.experiments.chosen import RUN
from areas.experiments.figures import figures
from areas.experiments.run_pages import find, show
from areas.previews import preview

DIFFS = (".diff", ".patch")
LOOKED = 1000  # files among which a diff is looked for


@allowed("view", RUN)
@require_GET
def artifacts(request, name):
    """Places, a folder of one (``?at=``, ``?more=`` for its next page), the preview of a file (``?file=``)."""
    run = find(request, name)
    places = files.places(run.record)
    at, chosen = request.GET.get("at", ""), request.GET.get("file", "")
    for uri in (at, chosen):
        if uri and not files.holds(places, uri):
            raise Http404(f"{uri} isn't among the files of {run.label}.")
    shown, first = [], None
    for place in places:
        if place.side in ("folder", "model") and not at.startswith(place.uri):
            peek = objects.listing(run.connection, place.uri, most=1)
            if not (peek.folders or peek.files or peek.failed):
                continue
            first = first or (place.uri if peek.folders or peek.files else None)
        shown.append(place)
    at = at or (first if not chosen else _folder_of(places, chosen)) or ""
    folder = objects.listing(run.connection, at, more=request.GET.get("more", "")) if at else None
    path = _path(places, at)
    return show(request, name, "artifacts", run=run, places=shown, at=at, folder=folder, path=path,
                 chosen=chosen, here=chosen if chosen in {one.uri for one in shown} else path[0]["uri"] if path else "",
                 file=preview(run.connection, chosen) if chosen else None)  # fmt: skip


@allowed("view", RUN)
@require_GET
def send(request, name):
    """A file of the run: an image for the page to show (``?as=image``), else a download."""
    run = find(request, name)
    uri = request.GET.get("uri", "")
    if not files.holds(files.places(run.record), uri):
        raise Http404(f"{uri} isn't among the files of {run.label}.")
    return downloads.send(run.connection, uri, as_image=request.GET.get("as") == "image")


@allowed("view", RUN)
@require_GET
def drawn(request, name):
    """The figures of the Charts tab, for htmx: S3 is asked once the page is there."""
    run = find(request, name)
    found = [
        {"figure": one, "json": json.dumps({"kind": one.kind, "title": one.title, **one.data}),
         "rows": list(zip(one.data["labels"], one.data["matrix"], strict=True)) if "matrix" in one.data else [],
         "image": f"{reverse('run-file', args=[run.name])}?{urlencode({'uri': one.uri, 'as': 'image'})}"}
        for one in figures(run.record)
    ]  # fmt: skip
    return render(request, "areas/experiments/run_figures.html", {"run": run, "figures": found})


@allowed("view", RUN)
@require_GET
def difference(request, name):
    """The git diff that was logged beside the code's commit, for htmx; nothing where there is none."""
    run = find(request, name)
    for place in files.places(run.record):
        found = [place.uri] if place.uri.lower().endswith(DIFFS) else []
        if place.side == "folder":
            listed = objects.listing(run.connection, place.uri, deep=True, most=LOOKED).files
            found = [one.uri for one in listed if one.uri.lower().endswith(DIFFS)]
        if found:
            shown = preview(run.connection, found[0])
            return render(request, "areas/experiments/run_diff.html", {"run": run, "file": shown})
    return HttpResponse("")


def _folder_of(places: list[files.Place], uri: str) -> str:
    """The folder to list beside a file's preview: its own, if it lies in a place that is a folder."""
    return uri.rpartition("/")[0] + "/" if any(one.is_folder and uri.startswith(one.uri) for one in places) else ""


def _path(places: list[files.Place], at: str) -> list[dict]:
    """The steps from a place to a folder in it: ``{"name", "uri"}``."""
    place = next((one for one in places if at.startswith(one.uri)), None)
    if place is None:
        return []
    steps, uri = [{"name": place.label, "uri": place.uri}], place.uri
    for step in at[len(place.uri) :].strip("/").split("/"):
        if step:
            uri += f"{step}/"
            steps.append({"name": step, "uri": uri})
    return steps
