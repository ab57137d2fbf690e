"""What the log of a job's page fetches: its tail as JSON, all of it as text."""

from django.http import HttpResponse, JsonResponse, StreamingHttpResponse

from areas import logs
from areas.calls import CallFailed


def tail(request, group: str, prefix: str, *, ended: bool) -> JsonResponse:
    """Events of the stream that the address names, or of the first one below ``prefix``: ``{"events": [[epoch ms, text]],
    "next": token, "ended": bool, "stream": name}``; the tail without ``?token=``, the start with ``?from=head``."""
    try:
        stream = request.GET.get("stream") or next(iter(logs.streams(request.connection, group, prefix)), "")
        if not stream.startswith(prefix):
            return JsonResponse({"events": [], "next": "", "ended": ended, "stream": ""})
        token = request.GET.get("token", "")
        head = request.GET.get("from") == "head"
        found = logs.read(request.connection, group, stream, token=token, tail=not token and not head)
    except CallFailed as failed:
        return JsonResponse({"error": f"{failed.code}: {failed.message}"}, status=502)
    return JsonResponse(found | {"ended": ended, "stream": stream})


def whole(connection, group: str, prefix: str, filename: str) -> HttpResponse | StreamingHttpResponse:
    """Every stream below ``prefix`` as one text file."""
    try:
        streams = logs.streams(connection, group, prefix)
    except CallFailed as failed:
        return HttpResponse(f"{failed.code}: {failed.message}\n", status=502, content_type="text/plain; charset=utf-8")
    lines = (line for stream in streams for line in logs.lines(connection, group, stream))
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return StreamingHttpResponse(lines, content_type="text/plain; charset=utf-8", headers=headers)
