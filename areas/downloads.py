"""A file from S3 to a browser. Whoever wrote it is not trusted: it is sent as an attachment, or as an image that runs nothing."""

from urllib.parse import quote

from django.http import HttpResponse, StreamingHttpResponse

from areas import objects
from areas.calls import CallFailed, call

CHUNK = 256 * 1024
SANDBOX = "sandbox; default-src 'none'"
_PIXELS = {media for kind, media in objects.IMAGES.items() if kind != "svg"}  # what a browser shows of its own


def send(connection, uri: str, *, as_image: bool = False) -> HttpResponse | StreamingHttpResponse:
    """The object at ``uri``: inline if it is asked for as an image and is one by its bytes, else an attachment. S3's refusal as
    text."""
    bucket, key = objects.split(uri)
    try:
        answer = call(connection, "GetObject", service="s3", Bucket=bucket, Key=key)
    except CallFailed as failed:
        status = 404 if failed.code in objects.MISSING else 403 if failed.status == 403 else 502
        return HttpResponse(
            f"{failed.code}: {failed.message}\n", status=status, content_type="text/plain; charset=utf-8"
        )
    body = answer["Body"]
    head = body.read(8192)
    kind = objects.kind_of(key, head) if as_image else ""
    media = objects.IMAGES.get(kind, "application/octet-stream")

    def parts():
        with body:
            yield head
            yield from body.iter_chunks(CHUNK)

    # An <img> shows an attachment too; whoever opens an SVG by its address gets it as a file.
    disposition = "inline" if media in _PIXELS else "attachment"
    return StreamingHttpResponse(parts(), content_type=media, headers={
        "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(key.rpartition('/')[2], safe='')}",
        "Content-Length": str(answer["ContentLength"]), "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": SANDBOX, "Cache-Control": "private, max-age=60",
    })  # fmt: skip
