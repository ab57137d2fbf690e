"""What the scripts of a job's pages fetch: metric points, log events, downloads."""

import csv
import hashlib

from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from areas import logs
from areas.allowed import allowed
from areas.calls import CallFailed
from areas.training.detail import GROUP
from areas.training.resource import TRAINING_JOB
from catalog.models import MetricPoint, Record
from catalog.points import last_row, read_series


@allowed("view", "TrainingJob")
@require_GET
def points(request, name):
    """Metric points as JSON: ``?since=<cursor>`` for what is new, ``?from=&to=`` (epoch s) for full resolution.

    Answers 304 while nothing is new (ETag), and says ``ended`` when nothing will be.
    """
    record = _record(request, name)
    ended = record.status in TRAINING_JOB.terminal
    mark = f"{record.id}/{last_row(record.id)}/{ended}/{request.META['QUERY_STRING']}"
    etag = f'"{hashlib.sha256(mark.encode()).hexdigest()[:24]}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers={"ETag": etag})
    try:
        since = int(request.GET.get("since") or 0)
        between = (float(request.GET["from"]), float(request.GET["to"])) if "from" in request.GET else None
    except (KeyError, ValueError):
        return JsonResponse({"error": "since, from and to are numbers."}, status=400)
    series = read_series(record.id, since=since, between=between)
    return JsonResponse(series | {"ended": ended}, headers={"ETag": etag, "Cache-Control": "no-cache"})


@allowed("view", "TrainingJob")
@require_GET
def table(request, name):
    """Every metric point as CSV, as it is stored."""
    record = _record(request, name)
    rows = MetricPoint.objects.filter(record=record).order_by("id").values_list("name", "step", "time", "value")

    class Echo:
        def write(self, line):
            return line

    writer = csv.writer(Echo())
    lines = (
        writer.writerow(row)
        for row in _with_head(
            ("metric", "step", "time", "value"),
            ((_words(metric), step, time.isoformat(), value) for metric, step, time, value in rows.iterator(5000)),
        )
    )
    headers = {"Content-Disposition": f'attachment; filename="{name}-metrics.csv"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def _words(text: str) -> str:
    """Text that no spreadsheet runs as a formula: a script chooses the names of its metrics."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


@allowed("view", "TrainingJob")
@require_GET
def log(request, name):
    """Log events as JSON: ``{"events": [[epoch ms, text]], "next": token, "ended": bool}``; the tail without ``?token=``."""
    record = _record(request, name)
    ended = record.status in TRAINING_JOB.terminal
    try:
        stream = request.GET.get("stream") or next(iter(logs.streams(request.connection, GROUP, f"{name}/")), "")
        if not stream.startswith(f"{name}/"):
            return JsonResponse({"events": [], "next": "", "ended": ended, "stream": ""})
        token = request.GET.get("token", "")
        head = request.GET.get("from") == "head"
        found = logs.read(request.connection, GROUP, stream, token=token, tail=not token and not head)
    except CallFailed as failed:
        return JsonResponse({"error": f"{failed.code}: {failed.message}"}, status=502)
    return JsonResponse(found | {"ended": ended, "stream": stream})


@allowed("view", "TrainingJob")
@require_GET
def download(request, name):
    """The whole log as text."""
    _record(request, name)
    try:
        streams = logs.streams(request.connection, GROUP, f"{name}/")
    except CallFailed as failed:
        return HttpResponse(f"{failed.code}: {failed.message}\n", status=502, content_type="text/plain; charset=utf-8")

    def lines():
        for stream in streams:
            yield from logs.lines(request.connection, GROUP, stream)

    headers = {"Content-Disposition": f'attachment; filename="{name}.log"'}
    return StreamingHttpResponse(lines(), content_type="text/plain; charset=utf-8", headers=headers)


def _record(request, name: str) -> Record:
    record = Record.objects.filter(connection=request.connection, kind="TrainingJob", name=name).first()
    if record is None:
        raise Http404(f"There is no training job {name} on {request.connection}.")
    return record


def _with_head(head, rows):
    yield head
    yield from rows
