"""The route of a noun's logs: the tail, and from there on what is new."""

from datetime import UTC, datetime

from django.core import signing
from ninja import Field, Query, Router, Schema

from areas import logs
from areas.allowed import allowed
from areas.rest import ERRORS, Problem
from areas.spec import Resource
from catalog.models import Record
from studio.rest.find import find_record

SALT = "log"


class LogQuery(Schema):
    stream: str = Field("", description="One of ``streams``; without it the job's first one, the endpoint's last one.")
    after: str = Field("", description="The ``after`` of an earlier answer: what came since then, of the same stream.")
    head: bool = Field(False, description="Without ``after``: begin at the start of the stream, not near its end.")
    limit: int = Field(1000, ge=1, le=10_000)


class EventOut(Schema):
    time: datetime
    message: str


class LogOut(Schema):
    """Events in their order. A stream never says that it is over: ask again with ``after`` until ``ended``, and nothing
    came."""

    stream: str
    streams: list[str] = Field(description="Told without ``after`` only.")
    events: list[EventOut]
    after: str
    ended: bool = Field(description="The job has ended; on AWS its last lines may come a moment later.")


def add_logs(router: Router, resource: Resource) -> None:
    """Give a noun's router ``/{name}/logs/``."""

    @router.get("/{record:name}/logs/", response={200: LogOut, **ERRORS}, operation_id=f"logs_{resource.codename}")
    @allowed("view", resource.noun)
    def read_logs(request, name: str, query: Query[LogQuery]):
        """The last events, or those after an earlier answer's ``after``."""
        record = find_record(request, resource, name)
        ended = not _has_own_group(resource) and record.status in resource.terminal
        streams, stream, token = [], "", ""
        if query.after:
            stream, token = _read_mark(query.after, record)
        else:
            streams = logs.streams(request.connection, *_place(resource, name))
            stream = _choose(resource, name, streams, query.stream)
        if not stream:
            return {"stream": "", "streams": [], "events": [], "after": "", "ended": ended}
        group, _ = _place(resource, name)
        tail = not (token or query.head)
        found = logs.read(request.connection, group, stream, token=token, tail=tail, limit=query.limit)
        events = [{"time": datetime.fromtimestamp(time / 1000, UTC), "message": text} for time, text in found["events"]]
        mark = signing.dumps([record.pk, stream, found["next"]], salt=SALT)
        return {"stream": stream, "streams": streams, "events": events, "after": mark, "ended": ended}


def _place(resource: Resource, name: str) -> tuple[str, str]:
    """(log group, what the names of its streams start with)"""
    return resource.logs.format(name=name), "" if _has_own_group(resource) else f"{name}/"


def _has_own_group(resource: Resource) -> bool:
    """Each endpoint has a log group and goes on writing; jobs share one, and end."""
    return "{name}" in resource.logs


def _choose(resource: Resource, name: str, streams: list[str], wanted: str) -> str:
    if wanted and wanted not in streams:
        raise Problem(404, f"The {resource.singular} {name!r} has no log stream {wanted!r}.", "UnknownStream")
    return wanted or next(iter(reversed(streams) if _has_own_group(resource) else streams), "")


def _read_mark(after: str, record: Record) -> tuple[str, str]:
    """(stream, the service's token)"""
    try:
        of, stream, token = signing.loads(after, salt=SALT)
    except signing.BadSignature:
        of = None
    if of != record.pk:
        raise Problem(400, "This after is not of this log; start again without it.", "BadCursor")
    return stream, token
