"""What the blocks of a report show at this moment: JSON values, which a page draws and a snapshot keeps.

Each is ``{"problem": "…"}`` or, by kind, what its function says.
"""

import math
from urllib.parse import quote

import orjson

from areas.reports.blocks import shows_runs
from areas.reports.errors import ReportError
from areas.reports.sources import Eyes, chosen_runs, params_of, run_data
from catalog.metric_names import is_higher_better
from catalog.query_language import QueryError
from catalog.run_values import Column, column, values

KEPT_POINTS = 500  # of each curve in a snapshot or a file


def evaluate(block: dict, eyes: Eyes, *, whole: bool = False) -> dict:
    """What a block shows; for curves only where ``whole``: on pages a script fetches them."""
    if not shows_runs(block):
        return {}
    try:
        if block["kind"] == "table":
            return _table(block, eyes)
        if block["kind"] == "number":
            return _number(block, eyes)
        if block["figure"] == "curve":
            return curves(block, eyes) if whole else _check_curves(block, eyes)
        return _importance(block, eyes) if block["figure"] == "importance" else _values(block, eyes)
    except ReportError as error:
        return {"problem": error.message}
    except QueryError as error:
        return {"problem": f"The query can't be read: {error}"}


def curves(block: dict, eyes: Eyes) -> dict:
    """The answer of ``/run-series/``, of the metrics of the block alone and without addresses."""
    chosen = chosen_runs(block, eyes)
    asked = run_data().Asked.read(chosen, feed_params(block) | {"keep": str(KEPT_POINTS)})
    found = orjson.loads(orjson.dumps(run_data().answer(chosen, asked), option=orjson.OPT_SERIALIZE_NUMPY))
    return narrowed(found, block)


def feed_params(block: dict) -> dict[str, str]:
    """What a chart of curves asks of the feed."""
    params = params_of(block) | {"x": block["x"]}
    if block["metrics"]:
        params["metrics"] = ",".join(quote(name, safe="") for name in block["metrics"])
    if block["group"]:
        params["group"] = block["group"]
    return params


def narrowed(found: dict, block: dict) -> dict:
    """An answer of the feed less what the report doesn't hold: other metrics, and addresses of runs."""
    if block["metrics"]:
        found["metrics"] = [one for one in found.get("metrics", ()) if one["name"] in block["metrics"]]
    for run in found.get("runs", {}).values():
        run["url"] = ""
    return found


def _check_curves(block: dict, eyes: Eyes) -> dict:
    return {"runs": len(chosen_runs(block, eyes).runs)}


def _values(block: dict, eyes: Eyes) -> dict:
    """``fields``: labels; ``rows``: ``{name, label, colour, values}`` of the parameters, then the metrics' last values."""
    columns = [Column(f"params.{key}", "params", key) for key in block["parameters"]]
    columns += [Column(f"metrics.{key}", "metrics", key, "last") for key in block["metrics"]]
    least = 2 if block["figure"] in ("scatter", "parallel") else 1
    if len(columns) < least or not block["metrics"]:
        raise ReportError(f"Name a metric{' and a parameter or a second metric' if least > 1 else ''} to draw.")
    if block["figure"] == "bar":
        columns = columns[len(block["parameters"]) :]
    return {"fields": [one.key for one in columns], **_rows(block, eyes, columns)}


def _table(block: dict, eyes: Eyes) -> dict:
    """``fields``: labels; ``kinds``: time, duration, status, number or text; ``rows`` as for charts."""
    try:
        columns = [column(text) for text in block["columns"] or ("label", "status", "created")]
    except ValueError as error:
        raise ReportError(str(error)) from error
    kinds = [_kind(one) for one in columns]
    block = {**block, "most": block["rows"]}
    return {"fields": [one.label for one in columns], "kinds": kinds, **_rows(block, eyes, columns)}


def _importance(block: dict, eyes: Eyes) -> dict:
    """``rows``: ``{label, value}`` of the parameters, the most important first; ``note`` says how many runs it is of."""
    if not block["metrics"]:
        raise ReportError("Name the metric whose parameters are to be weighed.")
    chosen, data = chosen_runs(block, eyes), run_data()
    try:
        found = data.importance(chosen, block["metrics"][0])
    except data.Refused as refused:
        raise ReportError(str(refused)) from refused
    if found["problem"]:
        raise ReportError(found["problem"])
    rows = [{"label": one["name"], "value": one["share"]} for one in found["parameters"]]
    note = f"Share of what the parameters explain of {block['metrics'][0]}, by a random forest of {found['runs']} runs"
    return {"rows": rows, "note": f"{note}; R² {found['r2']:.2f}." if found["r2"] is not None else f"{note}."}


def _rows(block: dict, eyes: Eyes, columns: list[Column]) -> dict:
    chosen = chosen_runs(block, eyes)
    colours = run_data().colours_of(chosen.names)
    rows = [
        {
            "name": run.name,
            "label": run_data().label_of(run),
            "colour": colours[run.name],
            "values": [_json(one) for one in row],
        }
        for run, row in zip(chosen.runs, values(chosen.runs, columns), strict=True)
    ]
    return {"rows": rows, "found": chosen.found, "missing": len(chosen.missing)}


def _number(block: dict, eyes: Eyes) -> dict:
    """``value``, of which run (``name``, ``label``), of how many that were found."""
    if not block["metric"]:
        raise ReportError("Name the metric whose value is to be shown.")
    metric, statistic = block["metric"], block["best"]
    if statistic == "best":
        statistic = "max" if is_higher_better(metric) else "min"
    if statistic != "last" and not block["runs"]:  # the first one by this number is it, however many there are
        word = metric.replace("\\", "\\\\").replace('"', '\\"')
        block = {**block, "most": 1, "sort": f'{"-" if statistic == "max" else ""}metrics."{word}".{statistic}'}
    chosen = chosen_runs(block, eyes)
    rows = values(chosen.runs, [Column("", "metrics", metric, statistic)])
    found = [(row[0], run) for row, run in zip(rows, chosen.runs, strict=True) if row[0] is not None]
    if not found:
        raise ReportError(f"No run of {chosen.found} has {metric}." if chosen.found else "No run is found.")
    value, run = found[0]  # of the newest run, as they are sorted
    if statistic != "last":
        value, run = (max if statistic == "max" else min)(found, key=lambda pair: pair[0])
    return {
        "value": _json(value), "name": run.name, "label": run_data().label_of(run), "found": chosen.found,
    }  # fmt: skip


def _kind(one: Column) -> str:
    if one.kind != "field":
        return "value"
    known = {"status": "status", "duration": "duration", "label": "run", "name": "run"}
    return "time" if one.key in ("created", "modified", "started", "ended") else known.get(one.key, "value")


def _json(value):
    """Infinities as words: JSON has none."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
