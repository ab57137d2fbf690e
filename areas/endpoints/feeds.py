"""What the scripts of an endpoint's pages fetch: minutes of traffic, log events, downloads."""

import math
import time
from datetime import UTC, datetime

import numpy as np
from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from areas import logs
from areas.allowed import allowed
from areas.calls import CallFailed
from areas.endpoints.resource import ENDPOINT
from catalog.models import Record, TrafficPoint
from catalog.thinning import choose

KEEP = 1500  # minutes of a metric that a chart is sent
WINDOWS = {"1h": 3600, "6h": 6 * 3600, "24h": 86400, "7d": 7 * 86400}  # seconds


@allowed("view", "Endpoint")
@require_GET
def points(request, name):
    """The minutes of ``?window=`` (1h, 6h, 24h, 7d). Whole each time: the open minute's points still change."""
    record = _record(request, name)
    window = WINDOWS.get(request.GET.get("window"), 3600)
    now = time.time()
    try:
        between = (
            (float(request.GET["from"]), float(request.GET["to"])) if "from" in request.GET else (now - window, now)
        )
        series, thinned = _minutes(record, between)
    except (KeyError, ValueError, OverflowError, OSError):
        return JsonResponse({"error": "from and to are times, in seconds since 1970."}, status=400)
    answer = {"series": series, "thinned": thinned, "cursor": "", "whole": True, "ended": False}
    return JsonResponse(answer, headers={"Cache-Control": "no-cache"})


def _minutes(record: Record, between: tuple[float, float]) -> tuple[dict, bool]:
    """(metric → its minutes between two times (epoch s) as columns, whether some were left out)."""
    edges = [datetime.fromtimestamp(edge, UTC) for edge in between]
    rows = TrafficPoint.objects.filter(record=record, time__range=edges).order_by("id")
    found: dict[str, list[tuple]] = {}
    for name, step, moment, value in rows.values_list("name", "step", "time", "value"):
        found.setdefault(name, []).append((step, moment.timestamp(), value))
    series = {}
    for name, points in found.items():
        points.sort()
        value = np.array([math.nan if one is None else one for _, _, one in points])
        kept = choose(np.array([moment for _, moment, _ in points]), value, KEEP).tolist()
        series[name] = dict(zip(("step", "time", "value"), zip(*(points[i] for i in kept), strict=True), strict=True))
    return series, any(len(points) > KEEP for points in found.values())


@allowed("view", "Endpoint")
@require_GET
def log(request, name):
    """Log events as JSON, of ``?stream=`` or of the last stream by name; the tail without ``?token=``."""
    _record(request, name)
    group, stream = group_of(name), request.GET.get("stream", "")
    try:
        stream = stream or next(iter(reversed(logs.streams(request.connection, group))), "")
        if not stream:
            return JsonResponse({"events": [], "next": "", "ended": False, "stream": ""})
        token = request.GET.get("token", "")
        found = logs.read(request.connection, group, stream, token=token, tail=not token)
    except CallFailed as failed:
        return JsonResponse({"error": f"{failed.code}: {failed.message}"}, status=502)
    return JsonResponse(found | {"ended": False, "stream": stream})


@allowed("view", "Endpoint")
@require_GET
def download(request, name):
    """Every stream of the endpoint's log, one after the other, as text."""
    _record(request, name)
    group = group_of(name)
    try:
        streams = logs.streams(request.connection, group)
    except CallFailed as failed:
        return HttpResponse(f"{failed.code}: {failed.message}\n", status=502, content_type="text/plain; charset=utf-8")

    def lines():
        for stream in streams:
            yield f"==> {stream}\n"
            yield from logs.lines(request.connection, group, stream)

    headers = {"Content-Disposition": f'attachment; filename="{name}.log"'}
    return StreamingHttpResponse(lines(), content_type="text/plain; charset=utf-8", headers=headers)


def group_of(name: str) -> str:
    return ENDPOINT.logs.format(name=name)


def _record(request, name: str) -> Record:
    record = Record.objects.filter(connection=request.connection, kind="Endpoint", name=name).first()
    if record is None:
        raise Http404(f"There is no endpoint {name} on {request.connection}.")
    return record
