"""The versions of a group as a table: metrics as columns, sorted and paged in SQL, and one metric's course over the versions."""

from dataclasses import dataclass, field
from itertools import pairwise

from django.db.models import QuerySet

from areas.allowed import visible
from areas.model_registry import aliases
from areas.model_registry.measured import keep_missing
from areas.model_registry.resource import PACKAGE
from areas.model_registry.running import now_running
from catalog.models import MetricSeries, Record
from catalog.queries import PAGE_SIZES, Page, metric_values, page_of, search_records, sort_records
from catalog.query_language import QueryError

NEWEST = 300  # versions whose metrics are offered as columns
COLUMNS = 3  # metrics that are shown until somebody picks others
MOST_COLUMNS = 12
POINTS = 240  # of the chart
SORTS = {
    "version": "created", "approval": "ModelApprovalStatus", "stage": "ModelLifeCycle.Stage", "owner": "owner",
}  # fmt: skip


@dataclass
class Line:
    record: Record
    number: int
    aliases: list[str]
    endpoints: list[str]
    values: list[float | None]


@dataclass
class Point:
    """A version in the chart, in percent of its width and height, and where the one after it is."""

    x: float
    y: float
    number: int
    value: float
    is_named: bool
    to_x: float | None = None
    to_y: float | None = None

    @property
    def number_text(self) -> str:
        return str(self.number)


@dataclass
class Versions:
    """What a group's page shows of its versions."""

    page: Page
    lines: list[Line]
    columns: list[str]
    offered: list[str]
    sort: str
    query: str
    error: str = ""
    headings: list[dict] = field(default_factory=list)


def read(request, group: str) -> Versions:
    """The versions as the address asks for: ``q``, ``sort``, ``m`` (metrics, several), ``page``, ``size``."""
    get, connection = request.GET, request.connection
    rows = Record.objects.filter(connection=connection, kind=PACKAGE.noun, parent=group)
    rows = visible(request, rows, PACKAGE.noun)
    offered = metric_names(rows)
    columns = [name for name in get.getlist("m") if name in offered][:MOST_COLUMNS] or offered[:COLUMNS]
    query, error = get.get("q", "").strip(), ""
    found = rows
    if query:
        try:
            found = search_records(rows, query, {"approval": "ModelApprovalStatus", "stage": "ModelLifeCycle.Stage"})
        except QueryError as refused:
            error = str(refused)
    sort = get.get("sort", "-version")
    size = int(get["size"]) if get.get("size") in map(str, PAGE_SIZES) else PAGE_SIZES[0]
    number = int(get["page"]) if get.get("page", "").isdigit() and len(get["page"]) < 7 else 1
    page = page_of(sort_records(found, _field(sort, offered)), number, size)
    for record in page.records:
        record.connection = connection
    keep_missing(page.records)
    versions = Versions(page, _lines(page.records, columns, connection, group), columns, offered, sort, query, error)
    versions.headings = _headings(versions)
    return versions


def metric_names(rows: QuerySet) -> list[str]:
    """Names of the metrics that the newest versions have."""
    newest = list(rows.order_by("-created", "-id").values_list("id", flat=True)[:NEWEST])
    names = MetricSeries.objects.filter(record__in=newest).order_by().values_list("name", flat=True).distinct()
    return sorted(names)


def trend(request, group: str, metric: str) -> dict | None:
    """One metric over a group's versions: ``{"points", "low", "high", "first", "last"}``; None for fewer than two."""
    rows = visible(
        request, Record.objects.filter(connection=request.connection, kind=PACKAGE.noun, parent=group), PACKAGE.noun
    )
    measured = MetricSeries.objects.filter(record__in=rows, name=metric, last__isnull=False)
    found = {_number(name): value for name, value in measured.values_list("record__name", "last")}
    pairs = sorted(found.items())
    if len(pairs) < 2:
        return None
    total = len(pairs)
    pairs = _thinned(pairs)
    named = aliases.names_by_version(request.connection, group)
    low, high = min(value for _, value in pairs), max(value for _, value in pairs)
    first, last = pairs[0][0], pairs[-1][0]
    points = [
        Point(
            round(2 + 96 * (number - first) / (last - first), 2),
            _height(value, low, high),
            number,
            value,
            number in named,
        )
        for number, value in pairs
    ]
    for point, after in pairwise(points):
        point.to_x, point.to_y = after.x, after.y
    return {"points": points, "low": low, "high": high, "first": first, "last": last, "total": total}


def _lines(records: list[Record], columns: list[str], connection, group: str) -> list[Line]:
    values = metric_values(records, columns)
    named, running = aliases.names_by_version(connection, group), now_running(connection, group)
    lines = []
    for record in records:
        number = _number(record.name)
        shown = [values.get((record.id, name), {}).get("last") for name in columns]
        lines.append(Line(record, number, named.get(number, []), running.get(number, []), shown))
    return lines


def _headings(versions: Versions) -> list[dict]:
    titles = [("version", "Version"), ("approval", "Approval"), ("stage", "Stage")]
    found = [{"key": key, "label": label, "numeric": False} for key, label in titles]
    found += [{"key": f"metrics.{name}", "label": name, "numeric": True} for name in versions.columns]
    for heading in found:
        is_mine = versions.sort.lstrip("-") == heading["key"]
        is_down = versions.sort.startswith("-")
        heading["order"] = ("descending" if is_down else "ascending") if is_mine else ""
        heading["sort"] = heading["key"] if is_mine and is_down else f"-{heading['key']}"
    return found


def _field(sort: str, offered: list[str]) -> str:
    minus, key = ("-", sort[1:]) if sort.startswith("-") else ("", sort)
    if key.removeprefix("metrics.") in offered and key.startswith("metrics."):
        return f"{minus}{key}"
    return f"{minus}{SORTS[key]}" if key in SORTS else "-created"


def _number(name: str) -> int:
    tail = name.rpartition("/")[2]
    return int(tail) if tail.isdigit() else 0


def _height(value: float, low: float, high: float) -> float:
    """From the top of the chart, in percent."""
    return round(92 - 84 * (value - low) / (high - low), 2) if high > low else 50


def _thinned(pairs: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """At most POINTS of them; of each stretch its lowest and its highest, and the very last."""
    if len(pairs) <= POINTS:
        return pairs
    step, kept = 2 * len(pairs) / POINTS, {pairs[0], pairs[-1]}
    for place in range(POINTS // 2):
        stretch = pairs[int(place * step) : int((place + 1) * step)]
        if stretch:
            kept |= {min(stretch, key=lambda pair: pair[1]), max(stretch, key=lambda pair: pair[1])}
    return sorted(kept)
