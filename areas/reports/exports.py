"""A report as a file: HTML that stands alone (style, charts as SVG and images within), or Markdown with the data as tables."""

import base64
import re
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe

from areas.reports import files
from areas.reports.blocks import uris_of
from areas.reports.errors import Missing, ReportError
from areas.reports.models import Report
from areas.reports.shown import Shown
from areas.reports.sources import Eyes

STYLES = ("static/tokens.css", "static/ui/base.css", "static/ui/components.css", "static/areas/reports/reports.css")
MOST_IMAGES = 30_000_000  # bytes of all images in a file


def write(report: Report, title: str, shown: list[Shown], form: str, blocks: list[dict], eyes: Eyes) -> tuple[str, str]:
    """(text, media type) of the report as ``html`` or ``md``. Raises Missing for another form."""
    if form == "md":
        return markdown(title, shown), "text/markdown; charset=utf-8"
    if form != "html":
        raise Missing(f"A report is exported as html or md, not as {form[:20]}.")
    for one in shown:
        if one.is_image or one.kind == "text":
            _put_images_within(one, eyes)
    # Read from our own source: nothing of anybody's is in it.
    style = mark_safe("\n".join(Path(settings.BASE_DIR, name).read_text() for name in STYLES))  # noqa: S308
    context = {
        "title": title,
        "report": report,
        "blocks": shown,
        "style": style,
        "now": timezone.now(),
        "is_file": True,
    }
    return render_to_string("areas/reports/export.html", context), "text/html; charset=utf-8"


def markdown(title: str, shown: list[Shown]) -> str:
    return "\n\n".join([f"# {_line(title)}", *(part for one in shown if (part := _markdown(one)))]) + "\n"


def file_name(title: str) -> str:
    """A title as the name of a file."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", title).strip("-.")[:80] or "report"


def _markdown(one: Shown) -> str:
    if one.problem:
        return f"> {_line(one.problem)}"
    head = f"## {_line(one.title)}\n\n" if one.title and one.kind not in ("text", "code", "number") else ""
    foot = f"\n\n_{_line(one.note)}_" if one.note and one.kind != "file" else ""
    if one.kind == "text":
        return one.block["text"].strip()
    if one.kind == "code":
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", one.block["text"])), default=0))
        return f"{fence}{one.block['language']}\n{one.block['text']}\n{fence}"
    if one.kind == "number":
        return f"**{_line(one.title)}**: {one.html} ({_line(one.data['label'])}, of {one.data['found']:,} runs)"
    if one.kind == "file":
        uri = one.block["uri"].replace(" ", "%20")
        return f"{head}{'!' if one.is_image else ''}[{_line(one.block['alt'] or one.note)}]({uri})"
    if one.kind == "table":
        rows = [[cell["text"] for cell in row["cells"]] for row in one.rows]
        return f"{head}{_table(one.data['fields'], rows)}{foot}"
    return f"{head}{_chart_table(one)}{foot}"


def _chart_table(one: Shown) -> str:
    """The last values of what a chart draws."""
    if "series" not in one.data:
        if one.block["figure"] in ("bar", "importance"):
            return _table(["", "metric", "value"], [[row["label"], row["name"], row["text"]] for row in one.rows])
        return _table(["run", *one.data["fields"]], [[row["label"], *row["values"]] for row in one.data["rows"]])
    rows = []
    if one.data.get("groups"):
        for group in one.data["groups"].values():
            rows += [[group["label"], metric, points["mean"][-1] if points["mean"] else ""]
                     for metric, points in group["series"].items()]  # fmt: skip
    else:
        for name, series in one.data["series"].items():
            label = one.data["runs"][name]["label"]
            rows += [
                [label, metric, points["value"][-1] if points["value"] else ""] for metric, points in series.items()
            ]
    return _table(["run", "metric", "last value"], rows)


def _table(head: list, rows: list[list]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_line("" if cell is None else cell) for cell in line) + " |" for line in lines)


def _line(text) -> str:
    """Text on one line, without what Markdown would take for its own."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(str(text).split()))


def _put_images_within(one: Shown, eyes: Eyes) -> None:
    """Replace addresses on the Studio by the images themselves, as far as they can be read."""
    left = MOST_IMAGES
    for uri in uris_of(one.block):
        found = files.Found(uri, one.block)
        try:
            answer = files.answer(found, eyes)
        except (Missing, ReportError):
            continue
        if answer.streaming or len(answer.content) > left:
            answer.close()
            continue
        left -= len(answer.content)
        data = f"data:{answer['Content-Type']};base64,{base64.b64encode(answer.content).decode()}"
        if one.kind == "file":
            one.file = data
        else:
            address = re.escape(f"files/{files.digest_of(uri)}/")
            one.html = mark_safe(re.sub(rf'(<img src=")[^"]*{address}[^"]*"', rf'\1{data}"', one.html))  # noqa: S308
