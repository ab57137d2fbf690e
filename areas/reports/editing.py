"""The editor: its page, its drafts, what it shows beside, saving, and adding a block from another page."""

from urllib.parse import unquote

import orjson
from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from areas.allowed import access, allowed, may, require
from areas.reports import blocks as blocks_
from areas.reports import keeping
from areas.reports.errors import ReportError
from areas.reports.finding import eyes_of, find, place_of, told
from areas.reports.keeping import NOUN
from areas.reports.merging import merge
from areas.reports.models import Report
from areas.reports.shown import show
from catalog.models import Record
from catalog.run_values import column

SUGGESTED = 200  # experiments that the editor offers


@allowed("update", NOUN)
@require_safe
@told
def edit(request, number: int):
    """The editor, with one's own draft if there is one."""
    report = _editable(request, number)
    draft = report.drafts.filter(user=request.user).first()
    state = {
        "title": draft.title if draft else report.title, "blocks": draft.blocks if draft else report.blocks,
        "base": draft.base if draft else report.number, "number": report.number,
        "by": report.modified_by, "hasDraft": bool(draft),
        "defaults": blocks_.DEFAULTS, "kinds": blocks_.KINDS, "figures": blocks_.FIGURES, "axes": blocks_.AXES,
        "best": blocks_.BEST,
        "urls": {name: reverse(f"report-{name}", args=[report.pk]) for name in ("draft", "save", "merge", "preview", "history")}
        | {"report": reverse("report", args=[report.pk])},
    }  # fmt: skip
    context = {"report": report, "state": state, "draft": draft, "experiments": _experiments(request)}
    return render(request, "areas/reports/edit.html", context)


@allowed("update", NOUN)
@require_POST
@told
def draft(request, number: int):
    """Keep what the editor holds. JSON ``{title, blocks, base}``; ``{"drop": true}`` throws the draft away."""
    report, given = _editable(request, number), _given(request)
    if given.get("drop"):
        keeping.drop_draft(report, request.user)
        return JsonResponse({"number": report.number})
    kept = keeping.save_draft(
        report, request.user, title=given.get("title"), blocks=given.get("blocks"), base=_base(given)
    )
    return JsonResponse({"at": kept.at.isoformat(), "number": report.number, "by": report.modified_by})


@allowed("update", NOUN)
@require_POST
@told
def save(request, number: int):
    """Make a version of what the editor holds. 409 where somebody saved meanwhile; the draft is kept then."""
    report, given = _editable(request, number), _given(request)
    title, blocks = given.get("title"), given.get("blocks")
    keeping.save_draft(report, request.user, title=title, blocks=blocks, base=_base(given))
    note = given.get("note")
    require(request, "update", NOUN, blocks_.check_title(title))  # nobody renames it out of their reach
    report = keeping.save(
        report, request.user, title=title, blocks=blocks, base=_base(given), note=note if isinstance(note, str) else ""
    )
    messages.success(request, f"Version {report.number} is saved.")
    return JsonResponse({"number": report.number, "url": reverse("report", args=[report.pk])})


@allowed("update", NOUN)
@require_POST
@told
def merged(request, number: int):
    """The newest version with the editor's changes: JSON ``{title, blocks, base, clashes}``."""
    report, given = _editable(request, number), _given(request)
    began = keeping.find_version(report, _base(given))
    mine = blocks_.check_blocks(given.get("blocks"), by=request.user.get_username(), before=began.blocks)
    blocks, clashes = merge(began.blocks, report.blocks, mine)
    title = given.get("title") if given.get("title") != began.title else report.title
    kept = keeping.save_draft(report, request.user, title=title, blocks=blocks, base=report.number)
    return JsonResponse({"title": title, "blocks": kept.blocks, "base": report.number, "clashes": clashes})


@allowed("update", NOUN)
@require_POST
@told
def preview(request, number: int):
    """HTML of the blocks that an editor holds, read with the editor's own eyes. They are kept as a draft, which its charts read,
    unless ``look`` says that nothing was changed."""
    report, given = _editable(request, number), _given(request)
    if given.get("look"):
        blocks = blocks_.check_blocks(given.get("blocks"), by="", is_draft=True)
    else:
        blocks = keeping.save_draft(
            report, request.user, title=given.get("title"), blocks=given.get("blocks"), base=_base(given)
        ).blocks
    shown = show(blocks, place_of(report, "draft"), eyes=eyes_of(request))
    return render(request, "areas/reports/blocks.html", {"blocks": shown, "is_preview": True})


@allowed("update", NOUN)
@require_http_methods(["GET", "HEAD", "POST"])
@told
def add(request):
    """Add a block that another page describes in the address, to a report or a new one. ``kind`` chart, table or number; ``runs``
    (names), or ``experiment`` and ``q``; ``metrics`` (``%2C`` for a comma within a name), ``columns``, ``figure`` and so on."""
    given = request.POST if request.method == "POST" else request.GET
    block = block_from(given)
    rows = access(request).visible(
        keeping.reports_of(request.connection, request.user, access(request)), NOUN, "update", name="title"
    )
    if request.method == "POST":
        return _add(request, rows, block)
    context = {
        "block": block, "fields": [(key, one) for key, values in request.GET.lists() if key != "connection" for one in values],
        "shown": show([block], place_of(Report(pk=0), "draft"), eyes=eyes_of(request), whole=True),
        "reports": rows.defer("blocks").order_by("-modified")[:100], "may_create": may(request, "create", NOUN),
        "title": given.get("title", ""),
    }  # fmt: skip
    return render(request, "areas/reports/add.html", context)


def _add(request, rows, block: dict):
    if number := request.POST.get("report", ""):
        report = rows.filter(id=number if number.isascii() and number.isdigit() and len(number) < 10 else 0).first()
        if report is None:
            raise ReportError("There is no such report that you may change.", "report")
        report = keeping.append(report, request.user, block)
    else:
        title = request.POST.get("new_title", "").strip() or "Untitled report"
        require(request, "create", NOUN, title)
        report = keeping.create(request.connection, request.user, title=title, blocks=[block])
    messages.success(request, f"Added to {report.title}.")
    return redirect(f"{reverse('report', args=[report.pk])}#block-{report.blocks[-1]['id']}")


def block_from(given) -> dict:
    """A block of an address's parameters. Raises ReportError."""
    kind = given.get("kind") or "chart"
    if kind not in ("chart", "table", "number"):
        raise ReportError("What can be added so is a chart, a table or a number.", "kind")
    block: dict = {"kind": kind}
    for name, default in blocks_.DEFAULTS[kind].items():
        value = given.get({"query": "q"}.get(name, name)) or given.get(name)
        if not value:
            continue
        if isinstance(default, list):
            block[name] = [unquote(one) if name == "metrics" else one for one in value.split(",") if one]
        elif isinstance(default, int | float):
            try:
                block[name] = type(default)(float(value))
            except (ValueError, OverflowError) as error:
                raise ReportError(f"{name} is a number.", name) from error
        else:
            block[name] = value
    if kind == "table" and (columns := given.getlist("c")):  # a table of runs names its columns so
        block["columns"] = ["label", *filter(_is_column, columns)][: blocks_.MOST_NAMES]
    if len(block.get("runs", ())) > blocks_.MOST_RUNS:
        words = f"{len(block['runs'])} runs are named; {blocks_.MOST_RUNS} is the most: name them by a query."
        raise ReportError(words, "runs")
    if block.get("runs"):
        block.setdefault("most", min(max(len(block["runs"]), 1), blocks_.MOST_RUNS))
    return blocks_.check_blocks([block], by="")[0]


def _is_column(text: str) -> bool:
    try:
        return bool(column(text))
    except ValueError:
        return False


def _editable(request, number: int) -> Report:
    report = find(request, number)
    keeping.check_editor(report, access(request))
    return report


def _given(request) -> dict:
    try:
        given = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise ReportError("The body must be JSON.") from error
    if not isinstance(given, dict):
        raise ReportError("The body must be a JSON object.")
    return given


def _base(given: dict) -> int:
    base = given.get("base")
    if isinstance(base, bool) or not isinstance(base, int) or not 0 <= base < 10**9:
        raise ReportError("base is the number of the version that the editor began with.", "base")
    return base


def _experiments(request) -> list[str]:
    rows = Record.objects.filter(connection=request.connection, kind="Experiment").order_by("-modified")
    return list(access(request).visible(rows, "Experiment").values_list("name", flat=True)[:SUGGESTED])
