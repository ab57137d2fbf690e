"""One number or word of each run for each parameter and metric: what parallel coordinates, scatter and contour are drawn from."""

import hashlib

import orjson
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from areas.allowed import access, allowed
from areas.experiments import importance
from areas.experiments.chosen import RUN, Chosen, Refused, choose, label_of, status_of
from areas.experiments.colours import colours_of
from areas.experiments.comparison import STATISTICS, metric_values
from areas.experiments.grouping import is_seed
from catalog.metric_names import is_higher_better, rank
from catalog.runs import RunParameter

MOST_COLUMNS = 300  # of parameters, and of metrics
LONG = 80  # characters of a text


@allowed("view", RUN)
@require_safe
def feed(request):
    """``{runs: [{name, label, colour, status}], columns: [{key, label, kind, values, constant, seed, lower?}]}`` for the runs of
    ``chosen.choose``. ``kind`` is number, text or mixed (numbers and texts); values are of the runs in their order, null
    where a run has none. ``stat=last|best|min|max|mean`` of the metrics."""
    try:
        chosen, statistic = choose(request.connection, access(request), request.GET), statistic_in(request.GET)
    except Refused as refused:
        return _json({"error": str(refused)}, 400)
    return _json(told(chosen, statistic, baseline=request.GET.get("baseline", "")))


@allowed("view", RUN)
@require_safe
def important(request):
    """What of the parameters matters for ``metric=``: see ``forest.judge``; worked out once for the same runs and values."""
    metric = request.GET.get("metric", "")
    try:
        chosen, statistic = choose(request.connection, access(request), request.GET), statistic_in(request.GET)
    except Refused as refused:
        return _json({"error": str(refused)}, 400)
    target = metric_values(chosen.runs, statistic)
    numbers = [target[run.id].get(metric) for run in chosen.runs]
    columns = {one["label"]: one["values"] for one in parameter_columns(chosen) if not is_seed(one["label"])}
    try:
        return _json({"metric": metric, "stat": statistic} | importance.of(columns, numbers))
    except importance.Failed as failed:
        return _json({"error": str(failed)}, 503)


def told(chosen: Chosen, statistic: str, *, baseline: str = "") -> dict:
    """As ``feed`` answers it."""
    colours = colours_of(chosen.names, baseline=baseline)
    runs = [
        {"name": run.name, "label": label_of(run), "colour": colours[run.name], "status": status_of(run)}
        for run in chosen.runs
    ]
    return {
        "runs": runs, "columns": parameter_columns(chosen) + metric_columns(chosen, statistic),
        "missing": chosen.missing, "found": chosen.found,
    }  # fmt: skip


def statistic_in(params) -> str:
    statistic = params.get("stat") or "last"
    if statistic not in STATISTICS:
        raise Refused(f"stat is one of {', '.join(STATISTICS)}, not {statistic[:20]!r}.")
    return statistic


def parameter_columns(chosen: Chosen) -> list[dict]:
    rows = RunParameter.objects.filter(run__in=chosen.runs).values_list("key", "run", "text", "number")
    found: dict[str, dict[int, str | float]] = {}
    for key, run, text, number in rows:
        found.setdefault(key, {})[run] = number if number is not None else text[:LONG]
    columns = [_column(f"params.{key}", key, [own.get(run.id) for run in chosen.runs]) for key, own in found.items()]
    # What most runs have comes first: the first ones are what is drawn before anybody has chosen.
    return sorted(columns, key=lambda one: (one["constant"], one["seed"], one["values"].count(None), one["key"]))[
        :MOST_COLUMNS
    ]


def metric_columns(chosen: Chosen, statistic: str) -> list[dict]:
    found = metric_values(chosen.runs, statistic)
    names = sorted({name for own in found.values() for name in own}, key=rank)[:MOST_COLUMNS]
    return [
        _column(f"metrics.{name}", name, [found[run.id].get(name) for run in chosen.runs]) | {"lower": not is_higher_better(name)}
        for name in names
    ]  # fmt: skip


def _column(key: str, label: str, values: list) -> dict:
    there = [one for one in values if one is not None]
    numbers = sum(not isinstance(one, str) for one in there)
    kind = "number" if numbers == len(there) else "mixed" if numbers else "text"
    shown = [_shown(one) for one in values]
    constant = len({one for one in shown if one is not None}) < 2
    return {"key": key, "label": label, "kind": kind, "values": shown, "constant": constant, "seed": is_seed(label)}


def _shown(value):
    """Infinity in the word that JavaScript has for it: JSON has none."""
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return None
    return value


def _json(value: dict, status: int = 200) -> HttpResponse:
    body = orjson.dumps(value)
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    return HttpResponse(body, status=status, content_type="application/json", headers=headers)
