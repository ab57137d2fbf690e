"""Blocks as a page or a file shows them: read with somebody's eyes, or kept in a snapshot, ready for the template."""

import json
from dataclasses import dataclass, field
from urllib.parse import quote

from django.utils.safestring import SafeString

from areas.reports import drawing, files, written
from areas.reports.blocks import FIGURES, is_uri
from areas.reports.evaluating import evaluate
from areas.reports.sources import Eyes
from areas.words import as_datetime, duration, exact


@dataclass(frozen=True)
class Place:
    """Where a report is shown: what its parts' addresses begin with, and the query that says which of its versions is meant."""

    root: str  # "/reports/7/" or "/shared-reports/<token>/"
    of: str = ""  # "", "draft", "v3" or "s12"
    has_runs: bool = True  # whether names of runs lead to their pages
    is_still: bool = False  # curves are drawn as they were, without asking for what is new

    def feed(self, block: dict) -> str:
        return f"{self.root}blocks/{block['id']}/series/{self._query()}"

    def file(self, uri: str) -> str:
        return f"{self.root}files/{files.digest_of(uri)}/{self._query()}"

    def run(self, name: str) -> str:
        return f"/trial-components/{quote(name)}/" if self.has_runs else ""

    def _query(self) -> str:
        return f"?of={self.of}" if self.of else ""


@dataclass
class Shown:
    """A block with what it shows. ``problem`` stands in its place where it can't be shown."""

    block: dict
    data: dict
    title: str = ""
    problem: str = ""
    html: SafeString | str = ""
    drawn: list[SafeString] = field(default_factory=list)
    rows: list[dict] = field(default_factory=list)
    feed: str = ""
    file: str = ""
    run: str = ""
    is_image: bool = False
    note: str = ""

    @property
    def kind(self) -> str:
        return self.block["kind"]

    @property
    def anchor(self) -> str:
        return f"block-{self.block['id']}"

    @property
    def metrics(self) -> str:
        """The names for ``curves.js``, each URI-encoded."""
        return ",".join(quote(one, safe="") for one in self.block.get("metrics", ()))

    @property
    def options(self) -> str:
        """What ``curves.js`` begins with, as JSON."""
        return json.dumps({name: self.block[name] for name in ("x", "y", "smoothing", "group")})


def show(blocks: list[dict], place: Place, *, eyes: Eyes | None = None, kept: dict | None = None,
         whole: bool = False) -> list[Shown]:  # fmt: skip
    """The blocks, read with ``eyes``, or as a snapshot ``kept`` them. ``whole`` draws curves too, for a file without scripts."""
    return [_show(one, evaluate(one, eyes, whole=whole) if kept is None else kept.get(one["id"], {}), place, whole)
            for one in blocks]  # fmt: skip


def _show(block: dict, data: dict, place: Place, whole: bool) -> Shown:
    shown = Shown(block, data, title=block.get("title", ""), problem=data.get("problem", ""))
    if shown.problem:
        return shown
    {"text": _text, "chart": _chart, "table": _table, "number": _number, "file": _file, "code": _code}[block["kind"]](
        shown, place, whole
    )
    return shown


def _text(shown: Shown, place: Place, whole: bool) -> None:
    shown.html = written.render(shown.block["text"], place.file)


def _code(shown: Shown, place: Place, whole: bool) -> None:
    shown.title = shown.block["language"] or "code"


def _file(shown: Shown, place: Place, whole: bool) -> None:
    uri = shown.block["uri"]
    if not is_uri(uri):
        shown.problem = "This block names no file yet: its address is s3://bucket/key."
        return
    shown.file, shown.is_image, shown.note = place.file(uri), files.looks_like_image(uri), uri.rpartition("/")[2]


def _number(shown: Shown, place: Place, whole: bool) -> None:
    value = shown.data["value"]
    shown.html = f"{value:.{shown.block['digits']}g}" if isinstance(value, int | float) else drawing.number(value)
    shown.run = place.run(shown.data["name"])
    shown.title = shown.title or f"{shown.block['metric']}, {shown.block['best']}"


def _table(shown: Shown, place: Place, whole: bool) -> None:
    for row in shown.data["rows"]:
        cells = [
            {"kind": kind, "text": _cell(value, kind), "is_number": isinstance(value, int | float)}
            for value, kind in zip(row["values"], shown.data["kinds"], strict=True)
        ]
        shown.rows.append({**row, "cells": cells, "url": place.run(row["name"])})
    more = shown.data["found"] - len(shown.rows)
    shown.note = f"The first {len(shown.rows)} of {shown.data['found']:,} runs." if more > 0 else _missing(shown)


def _chart(shown: Shown, place: Place, whole: bool) -> None:
    block, data = shown.block, shown.data
    figure = block["figure"]
    shown.note = _missing(shown)
    if figure == "curve":
        if not whole:
            shown.feed = place.feed(block)
            return
        names = block["metrics"] or [one["name"] for one in data.get("metrics", ())]
        charts = [drawing.curves(data, name, block["x"], is_log=block["y"] == "log") for name in names]
        shown.drawn = [one for one in charts if one]
    elif figure in ("scatter", "parallel"):
        drawn = getattr(drawing, figure)(data["rows"], data["fields"])
        shown.drawn = [drawn] if drawn else []
    else:
        _bars(shown, place)
    shown.title = shown.title or (f"{FIGURES[figure]}: {', '.join(block['metrics'])}" if figure != "curve" else "")
    if not shown.drawn and not shown.rows:
        shown.problem = f"There is nothing to draw yet: no run has {' and '.join(block['metrics']) or 'a metric'}."


def _bars(shown: Shown, place: Place) -> None:
    """A bar for each run and metric, or for each parameter that was weighed."""
    data = shown.data
    if shown.block["figure"] == "importance":
        bars = [(row["label"], "", 1, "", row["value"]) for row in data["rows"]]
        shown.note = data.get("note", "")
    else:
        several = len(data["fields"]) > 1
        bars = [
            (row["label"], place.run(row["name"]), row["colour"], name if several else "", value)
            for row in data["rows"] for name, value in zip(data["fields"], row["values"], strict=True)
            if isinstance(value, int | float)
        ]  # fmt: skip
    most = max((abs(bar[4]) for bar in bars), default=0) or 1
    shown.rows = [
        {"label": label, "url": url, "colour": colour, "name": name, "text": drawing.number(value),
         "share": f"{100 * abs(value) / most:.1f}", "is_negative": value < 0}
        for label, url, colour, name, value in bars
    ]  # fmt: skip


def _missing(shown: Shown) -> str:
    missing = shown.data.get("missing", 0)
    missing = len(missing) if isinstance(missing, list) else missing
    return f"{missing} of the runs named here {'is' if missing == 1 else 'are'} not shown." if missing else ""


def _cell(value, kind: str) -> str:
    if value is None:
        return ""
    if kind == "time":
        moment = as_datetime(value)
        return exact(moment) if moment else ""
    if kind == "duration":
        return duration(value)
    return drawing.number(value)
