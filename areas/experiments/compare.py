"""``/compare-runs/``: runs side by side. ``tab=`` says which page of it; see ``chosen.choose`` for which runs, and which comes
first. Everything is in the address, so that it can be shared."""

import csv
from functools import cached_property
from urllib.parse import quote

from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from areas.allowed import access, allowed
from areas.experiments import comparison, diffs, figures_side, files_side
from areas.experiments.chosen import RUN, Chosen, Refused, choose, has_ended, label_of, names_in, status_of
from areas.experiments.colours import colours_of
from areas.experiments.compare_code import snippets
from areas.experiments.feeds import known_metrics, ordered, plain
from areas.experiments.grouping import is_seed, parameters_of
from catalog.metric_names import is_higher_better
from catalog.query_language import QueryError
from catalog.run_search import RunSearch

TABS = {
    "metrics": "Metrics", "table": "Table", "parameters": "Parameters", "figures": "Figures",
    "code": "Code and configuration", "files": "Images and files",
}  # fmt: skip
KEPT = ("runs", "experiment", "q", "sort", "most", "also", "without", "archived", "baseline")
FOUND = 20


class Comparison:
    """What the pages of a comparison show, from the address."""

    def __init__(self, request):
        self.request, self.params = request, request.GET
        self.chosen: Chosen = choose(request.connection, access(request), self.params)
        self.tab = self.params.get("tab") if self.params.get("tab") in TABS else "metrics"

    @cached_property
    def runs(self) -> list[dict]:
        """Each run with its colour (ink for the baseline) and the addresses that make it the baseline or leave it out."""
        colours = colours_of(self.chosen.names, baseline=self.baseline)
        return [
            {
                "record": run, "name": run.name, "label": label_of(run), "colour": colours[run.name],
                "status": status_of(run), "is_baseline": run.name == self.baseline,
                "first": self.address(baseline=run.name), "away": self._without(run.name),
            } for run in self.chosen.runs
        ]  # fmt: skip

    @property
    def baseline(self) -> str:
        return self.chosen.names[0] if self.chosen.runs else ""

    @property
    def ended(self) -> bool:
        return all(has_ended(run) for run in self.chosen.runs)

    def query(self, **changes: str) -> str:
        kept = {key: self.params[key] for key in KEPT if self.params.get(key)} | changes
        return "&".join(f"{key}={quote(value, safe=',')}" for key, value in kept.items() if value)

    def address(self, **changes: str) -> str:
        tab = self.tab if self.tab != "metrics" else ""
        return f"{reverse('compare-runs')}?{self.query(**{'tab': tab, **changes})}"

    def feed(self, name: str) -> str:
        return f"{reverse(name)}?{self.query(baseline=self.baseline)}"

    @cached_property
    def tabs(self) -> list[dict]:
        return [{"key": key, "label": label, "url": self.address(tab=key)} for key, label in TABS.items()]

    def _without(self, name: str) -> str:
        baseline = "" if name == self.params.get("baseline") else self.params.get("baseline", "")
        also = [one for one in names_in(self.params.get("also", "")) if one != name]
        if self.params.get("runs"):
            left = [one for one in names_in(self.params["runs"]) if one != name]
            return self.address(runs=",".join(left), also=",".join(also), baseline=baseline)
        gone = ",".join([*names_in(self.params.get("without", "")), name])
        return self.address(without=gone, also=",".join(also), baseline=baseline)


@allowed("view", RUN)
@require_safe
def compare(request):
    """The page."""
    try:
        shown = Comparison(request)
    except Refused as refused:
        return render(request, "areas/experiments/compare_refused.html", {"reason": str(refused)}, status=400)
    context = {"shown": shown, "tab": shown.tab, "back": shown.chosen.experiment}
    if shown.chosen.runs:
        context |= _SHOW[shown.tab](shown)
        names = {"metrics": "curves"}
        template = f"areas/experiments/compare_{names.get(shown.tab, shown.tab)}.html"
    else:
        template = "areas/experiments/compare_empty.html"
    return render(request, template, context)


def _metrics(shown: Comparison) -> dict:
    parameters = parameters_of(shown.chosen.runs)
    keys = sorted({key for own in parameters.values() for key in own})
    varying = [key for key in keys if len({own.get(key) for own in parameters.values()}) > 1]
    return {
        "groups": [(f"params.{key}", key) for key in varying[:100] if not is_seed(key)], "live": not shown.ended,
        "feed": shown.feed("run-series"), "csv": shown.feed("run-series-csv"),
        "code": snippets(shown),
    }  # fmt: skip


def _table(shown: Comparison) -> dict:
    statistic = shown.params.get("stat")
    statistic = statistic if statistic in comparison.STATISTICS else "last"
    every = shown.params.get("all") == "1" or len(shown.chosen.runs) == 1
    sections = comparison.compare(shown.chosen.runs, statistic)
    drawn = []
    for section in sections:
        rows = section.rows if every else section.different
        if rows:
            drawn.append(
                {"section": section, "rows": rows[: comparison.MOST_ROWS], "more": len(rows) > comparison.MOST_ROWS}
            )
    other = {"stat": statistic if statistic != "last" else ""}
    return {
        "drawn": drawn, "every": every, "known": sum(len(one.rows) for one in sections),
        "different": sum(len(one.different) for one in sections), "width": len(shown.chosen.runs) + 1,
        "toggle": shown.address(**other, all="" if every else "1"), "csv": shown.feed("compare-runs-csv"),
        "statistics": [
            {"key": one, "url": shown.address(stat=one, all="1" if shown.params.get("all") == "1" else ""), "on": one == statistic}
            for one in comparison.STATISTICS
        ],
    }  # fmt: skip


def _parameters(shown: Comparison) -> dict:
    known = ordered(known_metrics([run.id for run in shown.chosen.runs]))
    metric = shown.params.get("metric", "")
    metric = metric if metric in known else next(iter(known), "")
    return {
        "metrics": known[:500], "metric": metric, "lower": not is_higher_better(metric),
        "metric_uri": quote(metric, safe=""),
        "values": shown.feed("run-values"), "importance": shown.feed("run-importance"), "curves": shown.feed("run-series"),
    }  # fmt: skip


_SHOW = {
    "metrics": _metrics, "table": _table, "parameters": _parameters, "figures": figures_side.show, "code": diffs.show,
    "files": files_side.show,
}  # fmt: skip


@allowed("view", RUN)
@require_safe
def table(request):
    """The whole table as CSV: every row, also what is the same."""
    try:
        shown = Comparison(request)
    except Refused as refused:
        return HttpResponse(f"{refused}\n", status=400, content_type="text/plain; charset=utf-8")

    class Echo:
        def write(self, line):
            return line

    def lines():
        writer = csv.writer(Echo())
        yield writer.writerow(["section", "what", "differs", *(plain(run["label"]) for run in shown.runs)])
        yield writer.writerow(["", "name", "", *(run["name"] for run in shown.runs)])
        statistic = request.GET.get("stat")
        for section in comparison.compare(
            shown.chosen.runs, statistic if statistic in comparison.STATISTICS else "last"
        ):  # fmt: skip
            for row in section.rows:
                numbers = [
                    "" if one is None else repr(one.number) if one.number is not None else plain(one.text)
                    for one in row.values
                ]
                yield writer.writerow([section.title, plain(row.label), "yes" if row.differs else "no", *numbers])

    headers = {"Content-Disposition": 'attachment; filename="compared-runs.csv"'}
    return StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8", headers=headers)


@allowed("view", RUN)
@require_safe
def find(request):
    """Runs to add, newest first: ``?q=`` words or a query, ``experiment=`` to look in one. ``{"runs": [{name, label, note}]}``."""
    try:
        chosen = choose(
            request.connection, access(request), {"experiment": request.GET.get("experiment", "")} | {"most": "1"}
        )
        search = RunSearch(
            request.connection, request.GET.get("q", "").strip(), access=access(request),
            experiment=chosen.experiment.id if chosen.experiment else None,
        )  # fmt: skip
        page = search.page(1, FOUND)
    except (Refused, QueryError) as error:
        return JsonResponse({"runs": [], "error": str(error)})
    there = set(names_in(request.GET.get("there", "")))
    return JsonResponse({"runs": [
        {"name": run.name, "label": label_of(run), "note": status_of(run), "there": run.name in there}
        for run in page.records
    ]})  # fmt: skip
