"""What the scripts of a job's pages fetch: metric points, log events, downloads."""

import csv
import hashlib
import math
from datetime import UTC, datetime

from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from areas import log_pages
from areas.allowed import allowed
from areas.training.detail import GROUP
from areas.training.resource import TRAINING_JOB
from catalog import metrics
from catalog.models import MetricSeries, Record
from catalog.points import count_of, read_series


@allowed("view", "TrainingJob")
@require_GET
def points(request, name):
    """Metric points as JSON: ``?since=<cursor>`` for what is new, ``?from=&to=`` (epoch s) for full resolution.

    Answers 304 while nothing is new (ETag), and says ``ended`` when nothing will be.
    """
    record = _record(request, name)
    ended = record.status in TRAINING_JOB.terminal
    mark = f"{record.id}/{count_of(record.id)}/{ended}/{request.META['QUERY_STRING']}"
    etag = f'"{hashlib.sha256(mark.encode()).hexdigest()[:24]}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers={"ETag": etag})
    try:
        between = (float(request.GET["from"]), float(request.GET["to"])) if "from" in request.GET else None
        series = read_series(record.id, since=request.GET.get("since", ""), between=between)
    except (KeyError, ValueError):
        problem = "since is the cursor of an answer before, from and to are numbers."
        return JsonResponse({"error": problem}, status=400)
    return JsonResponse(series | {"ended": ended}, headers={"ETag": etag, "Cache-Control": "no-cache"})


@allowed("view", "TrainingJob")
@require_GET
def table(request, name):
    """Every metric point as CSV, as it is stored."""
    record = _record(request, name)

    class Echo:
        def write(self, line):
            return line

    writer = csv.writer(Echo())
    lines = (
        writer.writerow(row)
        for row in _with_head(
            ("metric", "step", "time", "value"),
            _rows(record),
        )
    )
    headers = {"Content-Disposition": f'attachment; filename="{name}-metrics.csv"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def _rows(record: Record):
    """Every point, metric by metric, in the order of steps and times. One series is in memory at a time."""
    for series in MetricSeries.objects.filter(record=record).order_by("name"):
        curve, word = metrics.read([series], keep=0)[series.id], _words(series.name)
        for step, moment, value in zip(
            *(column.tolist() for column in (curve.step, curve.time, curve.value)), strict=True
        ):
            shown = "" if math.isnan(value) else value
            yield word, "" if math.isnan(step) else int(step), datetime.fromtimestamp(moment, UTC).isoformat(), shown


def _words(text: str) -> str:
    """Text that no spreadsheet runs as a formula: a script chooses the names of its metrics."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


@allowed("view", "TrainingJob")
@require_GET
def log(request, name):
    """Log events as JSON."""
    ended = _record(request, name).status in TRAINING_JOB.terminal
    return log_pages.tail(request, GROUP, f"{name}/", ended=ended)


@allowed("view", "TrainingJob")
@require_GET
def download(request, name):
    """The whole log as text."""
    _record(request, name)
    return log_pages.whole(request.connection, GROUP, f"{name}/", f"{name}.log")


def _record(request, name: str) -> Record:
    record = Record.objects.filter(connection=request.connection, kind="TrainingJob", name=name).first()
    if record is None:
        raise Http404(f"There is no training job {name} on {request.connection}.")
    return record


def _with_head(head, rows):
    yield head
    yield from rows
