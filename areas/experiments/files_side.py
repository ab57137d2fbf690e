"""The same file of several runs side by side: images as images, text as text."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from areas import objects
from areas.experiments import files
from areas.experiments.figures_side import window
from areas.previews import preview

MOST = 1000  # files of a run that are looked at
LISTED = 300  # paths on the page
TEXT = 20_000  # characters of a file
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg")


@dataclass(frozen=True)
class Found:
    uri: str
    size: int
    etag: str


def show(shown) -> dict:
    """Context of the tab: ``paths`` with how many runs have each, the one that ``?path=`` names (else the first image) drawn."""
    part = window(shown)
    held = {run["name"]: of_run(run["record"]) for run in part["runs"]}
    counts: dict[str, list[Found]] = {}
    for own in held.values():
        for path, one in own.items():
            counts.setdefault(path, []).append(one)
    order = sorted(counts, key=lambda path: (not is_picture(path), -len(counts[path]), path))
    paths = [
        {"path": path, "runs": len(counts[path]), "same": len(counts[path]) > 1 and len({one.etag for one in counts[path]}) == 1,
         "url": shown.address(path=path)}
        for path in order[:LISTED]
    ]  # fmt: skip
    path = shown.params.get("path", "")
    path = path if path in counts else next(iter(order), "")
    sides = (
        [{"run": run, **_side(run["record"], held[run["name"]].get(path), path)} for run in part["runs"]]
        if path
        else []
    )
    return part | {"paths": paths, "more": len(order) - len(paths), "path": path, "sides": sides}


def of_run(run) -> dict[str, Found]:
    """Path below a run's own folders → what lies there; an output of its own by its name."""
    found = {}
    for place in files.places(run):
        if place.side == "folder":
            for one in objects.listing(run.connection, place.uri, deep=True, most=MOST).files:
                found.setdefault(one.name, Found(one.uri, one.size, one.etag))
    return found


def is_picture(path: str) -> bool:
    return path.lower().endswith(PICTURES)


def _side(run, one: Found | None, path: str) -> dict:
    if one is None:
        return {"missing": True}
    address = reverse("run-file", args=[run.name])
    side = {"size": one.size, "link": f"{reverse('run-artifacts', args=[run.name])}?{urlencode({'file': one.uri})}"}
    if is_picture(path):
        return side | {"image": f"{address}?{urlencode({'uri': one.uri, 'as': 'image'})}"}
    told = preview(run.connection, one.uri)
    return side | {"problem": told.problem, "text": told.text[:TEXT], "columns": told.columns[:12],
                   "rows": [row[:12] for row in told.rows[:20]], "kind": told.kind}  # fmt: skip
