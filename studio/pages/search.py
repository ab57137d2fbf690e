"""Search over everything by name: what the palette shows while one types, and a page of its own."""

from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from areas import statuses
from areas.allowed import access, anybody
from areas.index import modules, resources
from catalog.models import Record
from studio.access import opens
from studio.ui.context import Shell

PER_KIND, LONGEST = 6, 100


@anybody
def show(request):
    """Hits grouped by kind; to htmx just the list, else a page."""
    text = request.GET.get("q", "").strip()[:LONGEST]
    context = {"text": text, "groups": find(request, text)}
    return render(request, "ui/hits.html" if request.htmx else "ui/search.html", context)


def find(request, text: str) -> list[dict]:
    """``[{"kind", "hits": [{"label", "url", "note", "icon"}], "more"}]``; pages to go to when there is no text yet."""
    if not text or request.connection is None:
        places = [{"label": p["label"], "url": p["url"], "note": "", "icon": p["icon"]} for p in Shell(request).places]
        return numbered([{"kind": "Go to", "hits": places}, {"kind": "Do", "hits": deeds(request, "")}])
    groups = []
    for module in modules("shell"):
        if hasattr(module, "find"):
            by_kind: dict[str, list] = {}
            for hit in module.find(request.connection, text, PER_KIND):
                by_kind.setdefault(hit.kind, []).append(vars(hit))
            groups += [{"kind": kind, "hits": hits} for kind, hits in by_kind.items()]
    for noun, resource in resources().items():
        named = Record.objects.filter(connection=request.connection, kind=noun, name__icontains=text)
        records = access(request).visible(named, noun)
        rows = list(records.order_by("-created").values_list("name", "status")[: PER_KIND + 1])
        hits = [
            {
                "label": name,
                "url": reverse(resource.codename, args=[name]),
                "note": statuses.spaced(status),
                "icon": resource.icon,
            }
            for name, status in rows[:PER_KIND]
        ]
        if len(rows) > PER_KIND:
            hits.append({"label": f"All {resource.title.lower()} with {text}", "note": "", "icon": "funnel",
                         "url": f"{reverse(resource.slug)}?q={quoted(text)}"})  # fmt: skip
        if hits:
            groups.append({"kind": resource.title, "hits": hits})
    if doing := deeds(request, text):
        groups.append({"kind": "Do", "hits": doing})
    return numbered(groups)


def quoted(text: str) -> str:
    from urllib.parse import quote

    return quote('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')


def deeds(request, text: str) -> list[dict]:
    """Create pages whose words hold the text, and that would let the person in."""
    found = []
    for resource in resources().values():
        label = f"Create {resource.singular}"
        if text.lower() in label.lower():
            try:
                url = reverse(f"{resource.codename}-create")
            except NoReverseMatch:
                continue
            if opens(request, url):
                found.append({"label": label, "url": url, "note": "", "icon": "plus"})
    return found


def numbered(groups: list[dict]) -> list[dict]:
    """Groups with hits, each hit with an id for the palette's arrows."""
    kept = [group for group in groups if group["hits"]]
    for number, group in enumerate(kept):
        group["id"] = f"hits-{number}"
        for position, hit in enumerate(group["hits"]):
            hit["id"] = f"hit-{number}-{position}"
    return kept
