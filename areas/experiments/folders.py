"""Experiments in folders. A folder is what stands before the last ``/`` of a display name; it is there while something is in it."""

import re
from dataclasses import dataclass, field

from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet
from django.db.models.fields.json import KeyTextTransform

from catalog.access import Access
from catalog.measures import MetricSeries
from catalog.metric_names import is_higher_better
from catalog.models import Record
from catalog.runs import RunRow

SIZE = 50
SORTS = ("title", "runs", "latest", "created", "owner")
LONGEST = 120  # characters of a display name, as AWS allows


@dataclass
class Entry:
    """An experiment as the list shows it."""

    number: int
    label: str
    created: object
    owner: str
    record: Record | None = None
    runs: int = 0
    latest: object = None  # when its newest run was made
    best: float | None = None

    @property
    def folder(self) -> str:
        return self.label.rpartition("/")[0]

    @property
    def title(self) -> str:
        return self.label.rpartition("/")[2]


@dataclass
class Folder:
    path: str
    count: int = 0  # experiments in it and below it
    runs: int = 0
    latest: object = None

    @property
    def title(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass
class Shelf:
    """What one address of the list shows."""

    folders: list[Folder] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)  # of the page
    total: int = 0  # experiments in this folder itself, or that the search finds
    every: int = 0  # experiments that may be viewed
    page: int = 1
    pages: int = 1
    metrics: list[str] = field(default_factory=list)  # that some experiment on the page has


def shelf(
    rows: QuerySet[Record], access: Access, *, folder: str, text: str, sort: str, page: int, best: str = ""
) -> Shelf:
    """The folder's folders and one page of its experiments; with ``text``, what matches in any folder. ``rows`` are experiments
    that may be viewed; of their runs ``access`` says which count. A fixed number of statements."""
    entries = _entries(rows)
    found = Shelf(every=len(entries))
    inside = f"{folder}/" if folder else ""
    here = [one for one in entries if one.label.startswith(inside)]
    _count(entries if text else here, access)
    if text:
        shown = [one for one in here if text.lower() in one.label.lower()]
    else:
        shown = [one for one in here if one.folder == folder]
        found.folders = _folders(here, inside)
    shown.sort(key=lambda one: (_place(one, sort.lstrip("-")), one.number), reverse=sort.startswith("-"))
    found.total, found.pages = len(shown), max(-(-len(shown) // SIZE), 1)
    found.page = min(max(page, 1), found.pages)
    found.entries = shown[(found.page - 1) * SIZE : found.page * SIZE]
    records = rows.in_bulk([one.number for one in found.entries])
    for one in found.entries:
        one.record = records.get(one.number)
    found.entries = [one for one in found.entries if one.record]
    if best:
        _measure(found.entries, best, access)
    return found


def _entries(rows: QuerySet[Record]) -> list[Entry]:
    """All of them, without their documents: a folder is known only by what is in it."""
    label = KeyTextTransform("DisplayName", "document")
    return [
        Entry(number, shown or name, created, owner.rpartition("/")[2])
        for number, name, shown, created, owner in rows.annotate(shown=label).values_list(
            "id", "name", "shown", "created", "owner"
        )
    ]


def _seen(rows: QuerySet, access: Access, run: str) -> QuerySet:
    """The rows of runs that may be viewed; ``run`` is their column with the run's Record."""
    everything = Record.objects.filter(kind="TrialComponent")
    seen = access.visible(everything, "TrialComponent")
    return rows if seen is everything else rows.filter(Exists(seen.filter(pk=OuterRef(run))))


def _count(entries: list[Entry], access: Access) -> None:
    """How many runs each has, by the index of the runs' rows."""
    rows = RunRow.objects.filter(experiment__in=[one.number for one in entries], archived__isnull=True)
    rows = _seen(rows, access, "record_id")
    counted = rows.order_by().values_list("experiment").annotate(Count("pk"), Max("created"))
    found = {number: (count, latest) for number, count, latest in counted}
    for one in entries:
        one.runs, one.latest = found.get(one.number, (0, None))


def _folders(entries: list[Entry], inside: str) -> list[Folder]:
    found: dict[str, Folder] = {}
    for one in entries:
        rest = one.label[len(inside) :]
        if "/" not in rest:
            continue
        path = inside + rest.partition("/")[0]
        folder = found.setdefault(path, Folder(path))
        folder.count += 1
        folder.runs += one.runs
        folder.latest = max(filter(None, (folder.latest, one.latest)), default=None)
    return sorted(found.values(), key=lambda one: one.title.lower())


def _place(one: Entry, sort: str):
    if sort == "runs":
        return one.runs
    if sort == "latest":
        return one.latest.timestamp() if one.latest else 0
    if sort == "created":
        return one.created.timestamp()
    return one.owner.lower() if sort == "owner" else one.label.lower()


def _measure(entries: list[Entry], metric: str, access: Access) -> None:
    higher = is_higher_better(metric)
    rows = MetricSeries.objects.filter(experiment__in=[one.number for one in entries], name=metric)
    rows = _seen(rows, access, "run_id")
    found = dict(rows.order_by().values_list("experiment").annotate(Max("high") if higher else Min("low")))
    for one in entries:
        one.best = found.get(one.number)


def check_label(text: str) -> str:
    """A display name, folders and all, in its plain form; ValueError where there is none in it."""
    parts = [part.strip() for part in text.strip().strip("/").split("/")]
    if not parts or not all(parts):
        raise ValueError("A name is missing: write one, with folders before it as in fraud/2026/baseline.")
    label = "/".join(parts)
    if len(label) > LONGEST:
        raise ValueError(f"Folders and name together have {len(label)} characters; at most {LONGEST} are allowed.")
    return label


def name_for(label: str) -> str:
    """The name that AWS would take for a display name: letters, digits and single dashes."""
    return re.sub(r"[^a-zA-Z0-9]+", "-", label).strip("-")[:LONGEST].strip("-") or "experiment"
