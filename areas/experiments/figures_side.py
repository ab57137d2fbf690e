"""Confusion matrices side by side, ROC and precision–recall curves of several runs in one chart each."""

import json

from areas.experiments.chosen import label_of
from areas.experiments.figures import figures
from areas.words import whole

AT_ONCE = 12  # runs whose files are read from S3 for one page
CURVES = {"roc": "ROC", "precision_recall": "Precision and recall"}


def show(shown) -> dict:
    """Context of the tab: ``overlaid`` charts of all runs, ``matrices`` by title, ``problems``."""
    part = window(shown)
    found = [(run, figure) for run in part["runs"] for figure in figures(run["record"])]
    overlaid, matrices, problems = {}, {}, []
    for run, figure in found:
        if figure.problem:
            problems.append({"run": run, "title": figure.title, "problem": figure.problem})
        elif figure.kind in CURVES:
            lines = overlaid.setdefault((figure.kind, figure.title), [])
            lines.append({"label": run["label"], "colour": run["colour"], **figure.data})
        elif figure.kind == "confusion":
            drawn = json.dumps({"kind": "confusion", "title": figure.title, **figure.data})
            matrices.setdefault(figure.title, []).append({"run": run, "json": drawn, "data": figure.data})
    return part | {
        "overlaid": [
            {"kind": kind, "name": CURVES[kind], "title": title, "json": json.dumps({"kind": kind, "lines": lines}), "lines": lines}
            for (kind, title), lines in overlaid.items()
        ],
        "matrices": list(matrices.items()), "problems": problems,
    }  # fmt: skip


def window(shown) -> dict:
    """The runs whose files are looked at: twelve at a time, from ``?from=``."""
    start = whole(shown.params.get("from"), 0, len(shown.runs) - 1)
    runs = shown.runs[start : start + AT_ONCE]
    if start and shown.runs[0] not in runs:
        runs = [shown.runs[0], *runs[: AT_ONCE - 1]]
    last = start + AT_ONCE
    return {
        "runs": runs, "start": start, "all_runs": len(shown.runs), "labels": [label_of(run["record"]) for run in runs],
        "next": f"{shown.address()}&from={last}" if last < len(shown.runs) else "",
        "before": f"{shown.address()}&from={max(start - AT_ONCE, 0)}" if start else "",
    }  # fmt: skip
