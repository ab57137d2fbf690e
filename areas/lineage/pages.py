"""The lineage page: what a thing was made of and what became of it, as a picture and as a list."""

import csv
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from areas.allowed import access, allowed, may
from areas.lineage import layout, reading, words
from areas.lineage.asked import Asked, NotATime
from areas.lineage.models import Node
from catalog import metrics
from catalog.models import Record

MOST_DRAWN = 600  # nodes; more is a list
ROWS = 200
SHOWN = 50  # neighbours in the drawer
SNIPPET = """import boto3

sagemaker = boto3.client("sagemaker")
endpoint = sagemaker.list_contexts(ContextType="Endpoint")["ContextSummaries"][0]
before = sagemaker.query_lineage(StartArns=[endpoint["ContextArn"]], Direction="Ascendants")"""
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # spreadsheets would compute a cell that begins so


@dataclass
class Row:
    """A node of the list, in words."""

    node: object
    level: int
    word: str
    label: str
    icon: str
    page: str

    @property
    def direction(self) -> str:
        return "before" if self.level < 0 else "after"

    @property
    def hops(self) -> int:
        return abs(self.level)


@allowed("view", "Lineage")
@require_safe
def show(request):
    """``of`` names the thing; without one, where to begin. ``format=csv`` is the list as a file."""
    asked = Asked.read(request.GET)
    start = reading.find(request.connection, access(request), asked.of)
    if start is None:
        return _choose(request, asked)
    try:
        moment = asked.moment
    except NotATime as error:
        context = {"asked": asked, "start": start, "start_row": _row(start, 0), "error": str(error)}
        return render(request, "areas/lineage/show.html", context, status=400)
    everything = reading.look(start, access(request), up=asked.up, down=asked.down, at=moment)
    found = everything if not asked.types else reading.look(
        start, access(request), up=asked.up, down=asked.down, at=moment, types=asked.types
    )  # fmt: skip
    rows = [_row(vertex, found.levels[number]) for number, vertex in found.vertices.items()]
    rows.sort(key=lambda row: (row.level > 0, row.hops, row.word, row.node.id))
    if request.GET.get("format") == "csv":
        return _csv(start, rows)
    context = {
        "asked": asked, "start": start, "start_row": _row(start, 0), "moment": moment, "count": len(rows),
        "rows": Paginator(rows, ROWS).get_page(asked.page), "types": _types(asked, everything),
        "steps": _steps(asked), "csv": asked.address() + "&format=csv",
        "graph_url": asked.address(view="graph", page=1), "list_url": asked.address(view="list", page=1), "most": MOST_DRAWN,
        "was_there": moment is None or start.created <= moment, "today": f"{timezone.now():%Y-%m-%d}",
    }  # fmt: skip
    if asked.view != "list":
        context |= _picture(asked, found, moment)
        context["drawer"] = _drawer(request, asked, asked.select or start.id, moment)
    return render(request, "areas/lineage/show.html", context)


@allowed("view", "Lineage")
@require_safe
def show_node(request, number: int):
    """The drawer of one node, for htmx; the address's query is the page's."""
    asked = Asked.read(request.GET)
    try:
        drawer = _drawer(request, asked, number, asked.moment)
    except NotATime as error:
        return HttpResponse(str(error), status=400, content_type="text/plain; charset=utf-8")
    if drawer is None:
        raise Http404("There is no such lineage entity on this connection.")
    return render(request, "areas/lineage/drawer.html", {"drawer": drawer, "asked": asked})


def _choose(request, asked: Asked):
    found = reading.suggest(request.connection, access(request), asked.of) if request.connection else []
    context = {
        "asked": asked, "rows": [_row(node, 0) for node in found], "connection": request.connection,
        "may_train": may(request, "create", "TrainingJob"), "snippet": SNIPPET,
    }  # fmt: skip
    status = 404 if asked.of and not found else 200
    return render(request, "areas/lineage/choose.html", context, status=status)


def _row(node, level: int) -> Row:
    return Row(node, level, words.word_of(node), words.label_of(node), words.icon_of(node), words.page_of(node))


def _types(asked: Asked, found: reading.Neighbourhood) -> list[dict]:
    """The types that there are, with how many, for the filter."""
    counts: dict[str, int] = {}
    for vertex in found.vertices.values():
        counts[vertex.type] = counts.get(vertex.type, 0) + 1
    names = sorted(counts.keys() | set(asked.types))
    return [{"name": name, "count": counts.get(name, 0), "chosen": name in asked.types} for name in names]


def _steps(asked: Asked) -> list[dict]:
    """The steppers: how many hops up and down, with the addresses of one less and one more."""
    found = []
    for name, word in (("up", "upstream"), ("down", "downstream")):
        value = getattr(asked, name)
        found.append({
            "label": name.capitalize(), "word": word, "value": value,
            "less": asked.address(**{name: value - 1}) if value else "",
            "more": asked.address(**{name: value + 1}) if value < reading.graph.MAX_DEPTH else "",
        })  # fmt: skip
    return found


def _picture(asked: Asked, found: reading.Neighbourhood, moment) -> dict:
    if len(found.vertices) > MOST_DRAWN:
        return {"too_many": True}
    picture = layout.draw(found, asked.unfolded)
    more = reading.beyond(found, up=asked.up, down=asked.down, at=moment) if not asked.types else {"up": {}, "down": {}}
    boxes = sorted(picture.boxes.values(), key=lambda box: (box.x, box.y))
    return {
        "picture": picture, "boxes": [_box(asked, box, found) for box in boxes],
        "more": [
            {"x": box.x + (0 if way == "up" else layout.WIDTH - 72), "y": box.y + layout.HEIGHT + 2, "way": way,
             "count": sum(counts.get(node.id, 0) for node in box.nodes), "label": words.label_of(box.nodes[0]),
             "address": asked.address(**{way: min(getattr(asked, way) + 1, reading.graph.MAX_DEPTH)})}
            for way, counts in more.items() for box in boxes
            if getattr(asked, way) < reading.graph.MAX_DEPTH and any(node.id in counts for node in box.nodes)
        ],
    }  # fmt: skip


def _box(asked: Asked, box: layout.Box, found: reading.Neighbourhood) -> dict:
    node = box.nodes[0]
    text = {"number": box.number, "x": box.x, "y": box.y, "icon": words.icon_of(node), "word": words.word_of(node)}
    if box.is_fold:
        unfolded = tuple(sorted({*asked.unfolded, box.key}))
        return text | {
            "fold": True, "label": f"{len(box.nodes)} {words.plural_of(node)}",
            "address": asked.address(unfolded=unfolded),
        }  # fmt: skip
    return text | {
        "label": words.label_of(node), "address": asked.address(select=box.number), "title": node.source or node.arn,
        "is_start": box.number == found.start.id, "ended": node.ended, "removed": node.removed,
    }  # fmt: skip


def _drawer(request, asked: Asked, number: int, moment) -> dict | None:
    """What the drawer says of a node; None if there is none, or none that one may see."""
    node = Node.objects.filter(id=number, connection=request.connection).first()
    if node is None or node.id not in reading.visible_ids(access(request), node.connection_id, [node]):
        return None
    record = Record.objects.filter(id=node.id).first()
    document = record.document if record else {}
    into, out = reading.neighbours(node, access(request), at=moment)
    status = document.get("Status", "")
    return {
        "node": node, "row": _row(node, 0), "record": record,
        "status": status.get("PrimaryStatus", "") if isinstance(status, dict) else status,
        "description": document.get("Description", ""), "facts": _facts(number, document),
        "into": _ends(asked, into, "source"), "out": _ends(asked, out, "destination"),
        "into_count": len(into), "out_count": len(out), "start_here": asked.address(of=node.arn, select=0, page=1, unfolded=()),
        "close": asked.address(select=0), "here": asked.address(select=number),
    }  # fmt: skip


def _facts(number: int, document: dict) -> list[tuple[str, str]]:
    """Properties, metrics and parameters, the shortest way that they can be said."""
    series = sorted(metrics.series_of([number]).items())[:5]
    found = [(name, f"{one.last:.6g}") for (_, name), one in series if one.last is not None]
    found += list(document.get("Properties", {}).items())
    for key, value in list(document.get("Parameters", {}).items())[:12]:
        found.append((key, value["StringValue"] if "StringValue" in value else f"{value['NumberValue']:g}"))
    return found


def _ends(asked: Asked, edges: list, end: str) -> list[dict]:
    found = []
    for edge in edges[:SHOWN]:
        node = getattr(edge, end)
        row = _row(node, 0)
        found.append(
            {"row": row, "type": edge.type, "number": node.id, "address": asked.address(of=node.arn, select=0)}
        )
    return found


def _csv(start: Node, rows: list[Row]) -> HttpResponse:
    name = f"lineage-{timezone.now():%Y%m%d-%H%M%S}.csv"
    response = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
    writer = csv.writer(response)
    writer.writerow(["Direction", "Hops", "What", "Name", "Kind", "Type", "ARN", "Source", "Created", "Deleted"])
    for row in [_row(start, 0), *rows]:
        node, gone = row.node, row.node.removed or row.node.ended
        cells = [
            row.direction if row.level else "start", row.hops, row.word, row.label, node.kind, node.type, node.arn,
            node.source, node.created.isoformat(), gone.isoformat() if gone else "",
        ]  # fmt: skip
        writer.writerow([f"'{cell}" if str(cell).startswith(FORMULA) else cell for cell in cells])
    return response
