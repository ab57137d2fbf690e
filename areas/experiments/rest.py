"""Runs by REST, beside the routes that every noun has: the runs of an experiment, their metrics, parameters, notes, the archive
and the bin. ``ROUTERS`` says where each router is mounted; see ``areas.rest``."""

import csv
import io
import re

import numpy as np
from django.db.models import F
from django.http import Http404, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from areas.allowed import access, allowed, require
from areas.calls import call
from areas.experiments import changing
from areas.experiments.chosen import RUN, label_of, status_of
from areas.experiments.rest_schemas import (
    MOST_COLUMNS,
    DeletedRunPage,
    ExperimentRunPage,
    RunChanged,
    RunMetric,
    RunNote,
    RunParametersOut,
    RunParametersPatch,
    RunPointsAdded,
    RunPointsIn,
    RunPointsOut,
    RunPointsQuery,
    RunsQuery,
)  # fmt: skip
from areas.exports import safe_cell
from areas.rest import ERRORS, Problem
from catalog import bin as bin_
from catalog import metrics
from catalog.measures import MetricSeries
from catalog.metric_names import is_higher_better, rank
from catalog.models import Binned, Record
from catalog.paging import read_page
from catalog.query_language import QueryError
from catalog.run_search import RunSearch
from catalog.run_values import Column, column, values
from catalog.runs import RunRow

PARQUET = "application/vnd.apache.parquet"
A_CALL = 10  # points that BatchPutMetrics takes
_COLUMN = re.compile(r'(?:[^,"]|"(?:\\.|[^"\\])*")+')  # a comma in quotes is part of a name

experiments, runs, deleted = Router(), Router(), Router()
ROUTERS = (("/experiments/", experiments), ("/trial-components/", runs), ("/deleted-runs/", deleted))


@experiments.get("/{name}/runs/", response={200: ExperimentRunPage, **ERRORS}, operation_id="list_experiment_runs")
@allowed("view", "Experiment")
def list_runs(request, name: str, query: Query[RunsQuery]):
    """The runs of an experiment that a query is true of, with the values of chosen columns."""
    require(request, "view", RUN)
    experiment = Record.objects.filter(connection=request.connection, kind="Experiment", name=name).first()
    if experiment is None:
        raise Http404(f"There is no experiment {name!r}.")
    wanted = _columns(query.columns)
    try:
        found = RunSearch(
            request.connection, query.q, experiment=experiment.id, sort=query.sort, access=access(request),
            archived=query.archived,
        )  # fmt: skip
        records, cursor = found.after(query.cursor, query.limit)
    except QueryError as error:
        place = {"at": "q", "message": error.message, "character": error.at}
        raise Problem(422, f"q: {error.message}", "BadQuery", errors=[place]) from error
    request.next_cursor = cursor
    items = [
        {"name": one.name, "label": label_of(one), "status": status_of(one), "owner": one.owner, "created": one.created,
         "values": {column.text: _json(value) for column, value in zip(wanted, row, strict=True)}}
        for one, row in zip(records, values(records, wanted), strict=True)
    ]  # fmt: skip
    return {"items": items, "next_cursor": cursor}


@runs.get("/{name}/metrics/", response={200: list[RunMetric], **ERRORS}, operation_id="list_run_metrics")
@allowed("view", RUN)
def list_metrics(request, name: str):
    """Every metric of a run in numbers: last, least and greatest value with their steps, mean, count."""
    found = {one.name: one for _, one in sorted(metrics.series_of([_run(request, name).id]).items())}
    return [
        {"name": one.name, "count": one.count, "last": _json(one.last), "last_step": one.last_step, "min": _json(one.low),
         "min_step": one.low_step, "max": _json(one.high), "max_step": one.high_step,
         "mean": one.mean if one.finite else None, "higher_is_better": is_higher_better(one.name)}
        for one in sorted(found.values(), key=lambda one: rank(one.name))
    ]  # fmt: skip


@runs.get(
    "/{name}/metrics/points/", response={200: RunPointsOut, **ERRORS}, operation_id="get_run_points",
    openapi_extra={"responses": {200: {"content": {
        "text/csv": {"schema": {"type": "string"}}, PARQUET: {"schema": {"type": "string", "format": "binary"}}}}}},
)  # fmt: skip
@allowed("view", RUN)
def get_points(request, name: str, metric: str, query: Query[RunPointsQuery]):
    """The points of one metric; as CSV or Parquet where ``Accept`` asks for ``text/csv`` or ``application/vnd.apache.parquet``."""
    run = _run(request, name)
    series = metrics.series_of([run.id], [metric]).get((run.id, metric))
    if series is None:
        raise Http404(f"The run {name!r} has no metric {metric[:100]!r}.")
    curve = metrics.read([series], keep=query.keep, steps=_span(query.steps))[series.id]
    accept = request.headers.get("Accept", "")
    if PARQUET in accept:
        return _as_parquet(series, curve)
    if "text/csv" in accept:
        return _as_csv(series, curve)
    return {
        "name": series.name, "count": series.count, "thinned": curve.thinned,
        "step": [None if one != one else int(one) for one in curve.step.tolist()],
        "time": curve.time.tolist(), "value": [_json(one) for one in curve.value.tolist()],
    }  # fmt: skip


@runs.post("/{name}/metrics/", response={200: RunPointsAdded, **ERRORS}, operation_id="add_run_points")
@allowed("update", RUN)
def add_points(request, name: str, body: RunPointsIn):
    """Add points to metrics of a run, by BatchPutMetrics. All or, where one is refused, those before it: send them again, what is
    there already is kept once."""
    run, now = _run(request, name), timezone.now()
    data = [
        {"MetricName": one.name, "Value": float(one.value), "Timestamp": one.time or now}
        | ({} if one.step is None else {"Step": one.step})
        for one in body.points
    ]
    for start in range(0, len(data), A_CALL):
        answer = call(
            request.connection, "BatchPutMetrics", service="sagemaker-metrics", TrialComponentName=run.name,
            MetricData=data[start : start + A_CALL],
        )  # fmt: skip
        if errors := answer.get("Errors"):
            places = [
                {"at": f"points.{start + one.get('MetricIndex', 0)}", "message": one.get("Code", "")} for one in errors
            ]
            words = f"{len(errors)} points were refused, from {places[0]['at']} on: {places[0]['message']}."
            raise Problem(422, words, places[0]["message"], errors=places)
    return {"added": len(data)}


@runs.patch("/{name}/parameters/", response={200: RunParametersOut, **ERRORS}, operation_id="set_run_parameters")
@allowed("update", RUN)
def set_parameters(request, name: str, body: RunParametersPatch):
    """Set parameters of a run, by UpdateTrialComponent."""
    run = _run(request, name)
    new = {
        key: {"StringValue": value} if isinstance(value, str) else {"NumberValue": value}
        for key, value in body.parameters.items() if value is not None
    }  # fmt: skip
    gone = [key for key, value in body.parameters.items() if value is None]
    call(
        request.connection, "UpdateTrialComponent", TrialComponentName=run.name,
        **({"Parameters": new} if new else {}), **({"ParametersToRemove": gone} if gone else {}),
    )  # fmt: skip
    if not request.connection.is_embedded:
        return {
            "parameters": _parameters(call(request.connection, "DescribeTrialComponent", TrialComponentName=run.name))
        }
    run.refresh_from_db()
    return {"parameters": _parameters(run.document)}


@runs.get("/{name}/parameters/", response={200: RunParametersOut, **ERRORS}, operation_id="get_run_parameters")
@allowed("view", RUN)
def get_parameters(request, name: str):
    return {"parameters": _parameters(_run(request, name).document)}


@runs.get("/{name}/note/", response={200: RunNote, **ERRORS}, operation_id="get_run_note")
@allowed("view", RUN)
def get_note(request, name: str):
    row = RunRow.objects.filter(record=_run(request, name)).first()
    return {"note": row.note if row else ""}


@runs.put("/{name}/note/", response={200: RunNote, **ERRORS}, operation_id="put_run_note")
@allowed("update", RUN)
def put_note(request, name: str, body: RunNote):
    """Write what people should know of a run."""
    run = _run(request, name)
    _told(changing.write_note, request.connection, run, body.note.replace("\x00", ""))
    return {"note": RunRow.objects.get(record=run).note}


@runs.post("/{name}/archive/", response={200: RunChanged, **ERRORS}, operation_id="archive_run")
@allowed("update", RUN)
def archive(request, name: str):
    """Leave a run out of tables unless they ask for it. ``changed`` is false where it was archived before."""
    return {"changed": bool(changing.archive(request.connection, [_run(request, name)], archived=True))}


@runs.post("/{name}/unarchive/", response={200: RunChanged, **ERRORS}, operation_id="unarchive_run")
@allowed("update", RUN)
def unarchive(request, name: str):
    """Take a run back into tables."""
    return {"changed": bool(changing.archive(request.connection, [_run(request, name)], archived=False))}


@runs.post("/{name}/stop/", response={204: None, **ERRORS}, operation_id="stop_run")
@allowed("stop", RUN)
def stop(request, name: str):
    """Stop the job behind a run; mark a run that has no job as stopped."""
    _told(changing.stop, request.connection, _run(request, name))
    return Status(204, None)


@deleted.get("/", response={200: DeletedRunPage, **ERRORS}, operation_id="list_deleted_runs")
@allowed("view", RUN)
def list_deleted(request, limit: int = Query(50, ge=1, le=200), cursor: str = Query("", max_length=2000)):
    """The runs in the bin, what was deleted last first."""
    rows = Binned.objects.filter(record__connection=request.connection, kind=RUN).select_related("record")
    rows = access(request).visible(rows, RUN).annotate(id=F("record_id"))
    items, cursor = read_page(rows, sort="-at", limit=limit, cursor=cursor)
    request.next_cursor = cursor
    return {"items": [
        {"id": one.record_id, "name": one.name, "label": one.record.document.get("DisplayName") or one.name,
         "deleted": one.at, "by": one.by, "gone": one.at + bin_.KEPT} for one in items
    ], "next_cursor": cursor}  # fmt: skip


@deleted.post("/{int:number}/restore/", response={204: None, **ERRORS}, operation_id="restore_run")
@allowed("delete", RUN)
def restore(request, number: int):
    """Bring a run back from the bin, with everything that hangs on it; ``number`` is its id there."""
    rows = Binned.objects.filter(record__connection=request.connection, kind=RUN, record=number)
    entry = access(request).visible(rows, RUN).select_related("record").first()
    if entry is None:
        raise Http404(f"There is no run {number} in the bin of {request.connection}.")
    require(request, "delete", RUN, entry.name)
    try:
        bin_.restore(entry.record)
    except bin_.CannotRestore as error:
        raise Problem(409, str(error), "CannotRestore") from error
    return Status(204, None)


def _run(request, name: str) -> Record:
    run = Record.objects.filter(connection=request.connection, kind=RUN, name=name).first()
    if run is None:
        raise Http404(f"There is no run {name!r}.")
    return run


def _told(act, *args):
    """What ``changing`` refuses, as a problem."""
    try:
        return act(*args)
    except changing.Refused as error:
        raise Problem(409, str(error), "Refused") from error


def _columns(text: str) -> list[Column]:
    wanted = _COLUMN.findall(text)
    if len(wanted) > MOST_COLUMNS:
        raise Problem(422, f"columns: {len(wanted)} are named; {MOST_COLUMNS} is the most.", "InvalidInput")
    try:
        return [column(one) for one in wanted]
    except ValueError as error:
        place = {"at": "columns", "message": str(error)}
        raise Problem(422, f"columns: {error}", "InvalidInput", errors=[place]) from error


def _span(text: str) -> tuple[float, float] | None:
    if not text:
        return None
    try:
        low, high = (float(one) for one in text.split(","))
    except ValueError as error:
        place = {"at": "steps", "message": "steps is two numbers with a comma between."}
        raise Problem(422, "steps is two numbers with a comma between.", "InvalidInput", errors=[place]) from error
    if low != low or high != high:
        raise Problem(422, "steps is two numbers with a comma between, and NaN is none.", "InvalidInput")
    return low, high


def _parameters(document: dict) -> dict:
    found = document.get("Parameters") or {}
    return {key: _json(one.get("NumberValue", one.get("StringValue", ""))) for key, one in found.items()}


def _json(value):
    """A number as JSON has it: NaN is null, infinities are words."""
    if isinstance(value, float) and not np.isfinite(value):
        return None if value != value else "Infinity" if value > 0 else "-Infinity"
    return value


def _as_csv(series: MetricSeries, curve: metrics.Curve) -> HttpResponse:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(("metric", "step", "time", "value"))
    name = safe_cell(series.name)
    for step, time, value in zip(curve.step.tolist(), curve.time.tolist(), curve.value.tolist(), strict=True):
        writer.writerow((name, "" if step != step else int(step), time, value))
    return HttpResponse(file.getvalue(), content_type="text/csv; charset=utf-8")


def _as_parquet(series: MetricSeries, curve: metrics.Curve) -> HttpResponse:
    import pyarrow as pa
    import pyarrow.parquet as pq

    step = pa.array(np.nan_to_num(curve.step).astype(np.int64), mask=np.isnan(curve.step))
    table = pa.table({"step": step, "time": curve.time, "value": curve.value}).replace_schema_metadata(
        {"metric": series.name}
    )
    file = pa.BufferOutputStream()
    pq.write_table(table, file, compression="zstd")
    return HttpResponse(file.getvalue().to_pybytes(), content_type=PARQUET)
