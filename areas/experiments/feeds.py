"""Chart data of runs: ``/run-series/``, JSON that ``curves.js`` draws, and the same as CSV.

``runs=a,b`` or ``experiment=<name>&q=<query>&sort=&most=100`` say which runs; ``metrics=<names>`` (a comma within a name as
``%2C``) or ``first=4`` which metrics, all without either; ``keep=`` how many points of a series at most; ``steps=a,b`` or
``times=a,b`` (epoch s) what lies between; ``against=<metric>`` adds another metric's value at each point as ``x``;
``group=params.lr`` (see ``grouping``) with ``x=step|relative|wall`` answers means over groups of runs instead of runs;
``since=<cursors>`` (with commas between) only what came after the answers that had them.

Answers ``{runs, metrics, series, groups, cursors, thinned, ended, missing, found}``: see ``answer``.
"""

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

import numpy as np
import orjson
from django.db.models import Count, Sum
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from areas.allowed import access, allowed
from areas.experiments import cursors
from areas.experiments.chosen import RUN, Chosen, Refused, choose, has_ended, label_of, status_of
from areas.experiments.colours import colours_of
from areas.experiments.grouping import group_runs, mean_of
from areas.words import whole
from catalog import metrics
from catalog.access import Access
from catalog.measures import MetricSeries
from catalog.metric_names import is_higher_better, is_system, rank
from catalog.models import Connection

BUDGET = 60_000  # points of one answer, where the address says nothing
LEAST, MOST_KEPT = 60, 20_000
AXES = ("step", "relative", "wall")


@allowed("view", RUN)
@require_safe
def series(request):
    """The JSON; 304 while nothing is new (ETag)."""
    return respond(request, request.connection, access(request), request.GET)


@allowed("view", RUN)
@require_safe
def table(request):
    """Every point of the chosen runs and metrics as CSV, as it is stored."""
    try:
        chosen = choose(request.connection, access(request), request.GET)
    except Refused as refused:
        return HttpResponse(f"{refused}\n", status=400, content_type="text/plain; charset=utf-8")
    headers = {"Content-Disposition": 'attachment; filename="runs-metrics.csv"'}
    lines = _lines(chosen, names_asked(request.GET))
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def respond(request, connection: Connection, who: Access, params: Mapping[str, str]) -> HttpResponse:
    """The answer to ``request`` for what ``who`` may see of what ``params`` ask for: a report has its own of both."""
    try:
        chosen = choose(connection, who, params)
        asked = Asked.read(chosen, params)
    except Refused as refused:
        return HttpResponse(orjson.dumps({"error": str(refused)}), status=400, content_type="application/json")
    states = sorted((run.id, status_of(run), label_of(run)) for run in chosen.runs)
    counts = [(name, asked.known[name]) for name in asked.names]
    mark = repr((states, sorted(asked.known), counts, chosen.missing, sorted(params.items())))
    etag = f'"{hashlib.sha256(mark.encode()).hexdigest()[:24]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers=headers)
    body = orjson.dumps(answer(chosen, asked), option=orjson.OPT_SERIALIZE_NUMPY)
    return HttpResponse(body, content_type="application/json", headers=headers)


@dataclass(frozen=True)
class Asked:
    """What of the chosen runs is wanted."""

    names: list[str]  # metrics
    known: dict[str, tuple[int, int]]  # every metric of these runs → how many have it, how many points in all
    keep: int
    x: str
    group: str
    against: str
    since: str
    steps: tuple[float, float] | None
    times: tuple[float, float] | None
    baseline: str

    @classmethod
    def read(cls, chosen: Chosen, params: Mapping[str, str]) -> "Asked":
        known = known_metrics([run.id for run in chosen.runs])
        names = names_asked(params)
        if names is None:
            order = ordered(known)
            names = order[: whole(params.get("first"), len(order))]
        keep = whole(params.get("keep"), -1)
        count = max(sum(known[name][0] for name in names if name in known), 1)
        x = params.get("x") or "step"
        if x not in AXES:
            raise Refused(f"x is {', '.join(AXES)}, not {x[:40]!r}; another metric goes into against=.")
        return cls(
            [name for name in names if name in known], known,
            min(max(keep, 2), MOST_KEPT) if keep >= 0
            else min(max(BUDGET // count, LEAST), metrics.KEEP),
            x, params.get("group", ""), params.get("against", ""), params.get("since", ""),
            _span(params, "steps"), _span(params, "times"), params.get("baseline", ""),
        )  # fmt: skip


def names_asked(params: Mapping[str, str]) -> list[str] | None:
    """The metrics that ``metrics=`` names; None where it isn't there."""
    if not params.get("metrics"):
        return None
    return list(dict.fromkeys(unquote(name) for name in params["metrics"].split(",") if name))


def known_metrics(runs: list[int]) -> dict[str, tuple[int, int]]:
    """Every metric of these runs → (how many of them have it, how many points there are). One statement."""
    rows = MetricSeries.objects.filter(run__in=runs).values_list("name").annotate(Count("id"), Sum("count"))
    return {name: (runs_with_it, points or 0) for name, runs_with_it, points in rows}


def ordered(known: Mapping[str, tuple[int, int]]) -> list[str]:
    """Metrics as they are shown: what most runs have first, what the machine did last."""
    most = max((one[0] for one in known.values()), default=0)
    return sorted(known, key=lambda name: (is_system(name), known[name][0] < most / 2, rank(name)))


def answer(chosen: Chosen, asked: Asked) -> dict:
    """The chart data, ready for orjson with numpy.

    ``runs``: name → label, colour (1 … 7, 0 for the baseline), status, ended, url, start (epoch s). ``metrics``: every metric
    of these runs, with how many have it and whether less is better. ``series``: run → metric → equally long ``step``,
    ``time`` (epoch s), ``value`` (null is NaN; "Infinity" and "-Infinity" are words), and ``x`` with ``against``; ``from``
    (how many points came before) where these are only what is new. ``groups`` instead, where asked for: key → label, colour,
    runs, series → x, mean, sd, low, high, ci, count. ``cursors``: metric → what ``since`` takes.
    """
    colours = colours_of(chosen.names, baseline=asked.baseline)
    runs = {
        run.name: {
            "label": label_of(run), "colour": colours[run.name], "status": status_of(run), "ended": has_ended(run),
            "start": _start(run), "url": _address(run.name),
        } for run in chosen.runs
    }  # fmt: skip
    told = {
        "runs": runs,
        "metrics": [
            {"name": name, "runs": asked.known[name][0], "lower": not is_higher_better(name)} for name in ordered(asked.known)
        ],
        "ended": all(run["ended"] for run in runs.values()), "missing": chosen.missing, "found": chosen.found,
    }  # fmt: skip
    if asked.group:
        return told | {"series": {}, "groups": _groups(chosen, asked), "cursors": {}, "thinned": False}
    known = metrics.series_of([run.id for run in chosen.runs], {*asked.names, asked.against} - {""})
    since: dict[int, int] = {}
    for cursor in asked.since.split(","):
        since |= cursors.read(cursor)
    mine = {key: one for key, one in known.items() if key[1] in asked.names}
    wanted = {key: one for key, one in mine.items() if one.count > since.get(one.id, -1)}
    curves = metrics.read(wanted.values(), keep=asked.keep, since=since, steps=asked.steps, times=asked.times)
    others = _others(asked, known)
    is_exact = bool(since or asked.steps or asked.times) or len(wanted) <= 20
    series: dict[str, dict] = {}
    names = {run.id: run.name for run in chosen.runs}
    for (run, metric), one in sorted(wanted.items(), key=lambda item: item[0]):
        points = _points(curves[one.id], is_exact)
        if asked.against:
            points["x"] = _against(curves[one.id], others.get(run))
        if since.get(one.id):
            points["from"] = since[one.id]
        series.setdefault(names[run], {})[metric] = points
    heard: dict[str, dict[int, int]] = {}
    for (_, metric), one in mine.items():
        heard.setdefault(metric, {})[one.id] = curves[one.id].seq if one.id in curves else one.count
    return told | {
        "series": series, "cursors": {metric: cursors.write(counts) for metric, counts in heard.items()},
        "thinned": any(curve.thinned for curve in curves.values()),
    }  # fmt: skip


def _points(curve: metrics.Curve, is_exact: bool) -> dict:
    value = curve.value
    if np.isinf(value).any():
        words = {np.inf: "Infinity", -np.inf: "-Infinity"}
        shown = [words.get(one, one) for one in value.tolist()]
    else:
        # Seven digits are more than a screen has pixels, and half as long to send.
        small = value.astype(np.float32) if not is_exact and (np.abs(value) < 3e38).all() else value
        shown = np.ascontiguousarray(small)
    step = curve.step
    whole = step if np.isnan(step).any() else step.astype(np.int64)
    return {"step": np.ascontiguousarray(whole), "time": np.round(curve.time, 3), "value": shown}


def _others(asked: Asked, known: dict) -> dict[int, metrics.Curve]:
    """Run → its curve of the metric that is drawn along x."""
    if not asked.against:
        return {}
    found = {run: one for (run, name), one in known.items() if name == asked.against}
    curves = metrics.read(found.values(), keep=MOST_KEPT)
    return {run: curves[one.id] for run, one in found.items()}


def _against(curve: metrics.Curve, other: metrics.Curve | None) -> np.ndarray:
    """The other metric's value at the steps of a curve (by time, where steps are missing); NaN where it has none."""
    if other is None or not len(other.value):
        return np.full(len(curve.value), np.nan)
    by_time = np.isnan(curve.step).any() or np.isnan(other.step).any()
    mine, theirs = (one.time if by_time else one.step for one in (curve, other))
    good = np.isfinite(other.value)
    if not good.any():
        return np.full(len(curve.value), np.nan)
    order = np.argsort(theirs[good], kind="stable")
    return np.interp(mine, theirs[good][order], other.value[good][order], left=np.nan, right=np.nan)


def _groups(chosen: Chosen, asked: Asked) -> dict[str, dict]:
    known = metrics.series_of([run.id for run in chosen.runs], asked.names)
    curves = metrics.read(known.values(), keep=MOST_KEPT // 4)
    by_name = {run.name: run for run in chosen.runs}
    groups = group_runs(chosen.runs, asked.group)
    colours = colours_of([group.key for group in groups])
    answer = {}
    for group in groups:
        own = [by_name[name] for name in group.runs]
        series = {}
        for metric in asked.names:
            parts = [(run, curves[known[run.id, metric].id]) for run in own if (run.id, metric) in known]
            if parts:
                series[metric] = mean_of([(_x(run, curve, asked.x), curve.value) for run, curve in parts], asked.keep)
        baseline = 0 if asked.baseline in group.runs else colours[group.key]
        answer[group.key] = {"label": group.label, "colour": baseline, "runs": group.runs, "series": series}
    return answer


def _x(run, curve: metrics.Curve, x: str) -> np.ndarray:
    if x == "wall":
        return curve.time
    if x == "relative":
        return curve.time - min(_start(run), curve.time.min(initial=np.inf))
    return np.where(np.isnan(curve.step), np.arange(len(curve.step)), curve.step)


def _start(run) -> float:
    return float(run.document.get("StartTime") or run.created.timestamp())


def _address(name: str) -> str:
    try:
        return reverse("trial_component", args=[name])
    except NoReverseMatch:
        return ""


def _span(params: Mapping[str, str], name: str) -> tuple[float, float] | None:
    if not params.get(name):
        return None
    try:
        low, high = (float(part) for part in params[name].split(","))
    except ValueError as error:
        raise Refused(f"{name} is two numbers with a comma between, not {params[name][:40]!r}.") from error
    if low != low or high != high:
        raise Refused(f"{name} is two numbers with a comma between, and NaN is none.")
    return low, high


def _lines(chosen: Chosen, names: list[str] | None):
    class Echo:
        def write(self, line):
            return line

    writer = csv.writer(Echo())
    yield writer.writerow(("run", "name", "metric", "step", "time", "value"))
    for run in chosen.runs:
        known = metrics.series_of([run.id], names)
        for (_, metric), one in sorted(known.items(), key=lambda item: item[0]):
            curve = metrics.read([one], keep=0)[one.id]
            head = run.name, plain(label_of(run)), plain(metric)
            for step, time, value in zip(curve.step.tolist(), curve.time.tolist(), curve.value.tolist(), strict=True):
                yield writer.writerow((*head, "" if step != step else int(step), time, value))


def plain(text: str) -> str:
    """Text that no spreadsheet runs as a formula: a script chooses the names of its metrics."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
