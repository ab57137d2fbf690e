"""CloudWatch Logs as clients of SageMaker use it: groups, streams, events in and out."""

import base64
import binascii

from django.db.models import QuerySet

from engine.context import Context
from engine.errors import AwsError
from engine.logs import events, reader, store
from engine.logs.patterns import matcher
from engine.models import LogGroup, LogStream
from engine.operations import operation
from engine.s3.store import after_prefix

STREAMS = 50  # of a page, by default
SEARCHED = 1000  # streams of a group that one FilterLogEvents looks into
DAY = 24 * 3600 * 1000  # ms
TOO_OLD, TOO_NEW = 14 * DAY, 2 * 3600 * 1000  # ms before and after now


def invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)


def _group_name(request: dict) -> str:
    """The group's name, also where the request gives its ARN."""
    name = request.get("logGroupName") or request.get("logGroupIdentifier") or ""
    if name.startswith("arn:"):
        name = name.split(":log-group:")[-1].removesuffix(":*")
    if not name:
        raise invalid("Exactly one of logGroupName and logGroupIdentifier is required.")
    return name


def group_arn(context: Context, name: str) -> str:
    return f"arn:aws:logs:{context.region}:{context.account}:log-group:{name}"


@operation("CreateLogGroup", service="logs")
def create_log_group(context: Context, request: dict) -> None:
    store.create_group(context.account, context.region, request["logGroupName"])


@operation("DeleteLogGroup", service="logs")
def delete_log_group(context: Context, request: dict) -> None:
    store.delete_group(context.account, context.region, request["logGroupName"])


@operation("CreateLogStream", service="logs")
def create_log_stream(context: Context, request: dict) -> None:
    store.create_stream(context.account, context.region, request["logGroupName"], request["logStreamName"])


@operation("DeleteLogStream", service="logs")
def delete_log_stream(context: Context, request: dict) -> None:
    store.delete_stream(context.account, context.region, request["logGroupName"], request["logStreamName"])


@operation("PutLogEvents", service="logs")
def put_log_events(context: Context, request: dict) -> dict:
    stream = store.stream_of(context.account, context.region, request["logGroupName"], request["logStreamName"])
    given = [(int(event["timestamp"]), event["message"]) for event in request["logEvents"]]
    times = [ms for ms, _ in given]
    if times != sorted(times):
        raise invalid("Log events in a single PutLogEvents request must be in chronological order.")
    if times[-1] - times[0] > DAY:
        raise invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
    now = context.now * 1000
    kept = [event for event in given if now - TOO_OLD <= event[0] <= now + TOO_NEW]
    if kept:
        path = store.path_of(stream)
        before = reader.last(path) if stream.ordered else None
        if before and kept[0][0] < before.timestamp:
            LogStream.objects.filter(id=stream.id).update(ordered=False)
        store.write(path, kept)
    answer = {"nextSequenceToken": "0"}
    if rejected := _rejected(times, now):
        answer["rejectedLogEventsInfo"] = rejected
    return answer


def _rejected(times: list[int], now: float) -> dict:
    """Which events were left out: those before one index are too old, those from another on too new."""
    rejected = {}
    if too_old := sum(ms < now - TOO_OLD for ms in times):
        rejected["tooOldLogEventEndIndex"] = too_old
    if too_new := sum(ms > now + TOO_NEW for ms in times):
        rejected["tooNewLogEventStartIndex"] = len(times) - too_new
    return rejected


@operation("DescribeLogGroups", service="logs")
def describe_log_groups(context: Context, request: dict) -> dict:
    rows = LogGroup.objects.filter(account=context.account, region=context.region)
    if part := request.get("logGroupNamePattern"):
        rows = rows.filter(name__contains=part)
    rows, token = _page(_in_prefix(rows, request.get("logGroupNamePrefix")), request, "name")
    answer = {
        "logGroups": [
            {
                "logGroupName": row.name,
                "creationTime": _ms(row.created),
                "arn": group_arn(context, row.name) + ":*",
                "logGroupArn": group_arn(context, row.name),
                "logGroupClass": "STANDARD",
                "metricFilterCount": 0,
            }
            for row in rows
        ]
    }
    return answer | token


@operation("DescribeLogStreams", service="logs")
def describe_log_streams(context: Context, request: dict) -> dict:
    group = store.group_of(context.account, context.region, _group_name(request))
    rows = _in_prefix(group.streams.all(), request.get("logStreamNamePrefix"))
    is_down = bool(request.get("descending"))
    if request.get("orderBy") == "LastEventTime":
        if request.get("logStreamNamePrefix"):
            raise invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
        rows, token = _page_by_last_event(rows, request, is_down)
    else:
        rows, token = _page(rows, request, "name", is_down)
    return {"logStreams": [_described(context, group, row) for row in rows]} | token


def _described(context: Context, group: LogGroup, stream: LogStream) -> dict:
    path = store.path_of(stream)
    first, last = reader.first(path), reader.last(path)
    answer = {
        "logStreamName": stream.name,
        "creationTime": _ms(stream.created),
        "arn": f"{group_arn(context, group.name)}:log-stream:{stream.name}",
        "storedBytes": 0,  # as on AWS, where it is deprecated and always 0
    }
    if first and last:
        answer |= {
            "firstEventTimestamp": first.timestamp,
            "lastEventTimestamp": last.timestamp,
            "lastIngestionTime": last.timestamp,
        }
    return answer


def _page_by_last_event(rows: QuerySet, request: dict, is_down: bool) -> tuple[list[LogStream], dict]:
    """Streams by the time of their last event, which only their files know; empty ones count from their creation."""
    limit, found = request.get("limit") or STREAMS, list(rows)
    ages = {row.id: _last_event_ms(row) for row in found}
    found.sort(key=lambda row: (ages[row.id], row.name), reverse=is_down)
    start = 0
    if request.get("nextToken"):
        after = _read_token(request["nextToken"])
        start = next((index + 1 for index, row in enumerate(found) if row.name == after), len(found))
    page = found[start : start + limit]
    more = start + limit < len(found)
    return page, {"nextToken": _token(page[-1].name)} if more else {}


def _last_event_ms(row: LogStream) -> int:
    last = reader.last(store.path_of(row))
    return last.timestamp if last else _ms(row.created)


def _in_prefix(rows: QuerySet, prefix: str | None) -> QuerySet:
    if not prefix:
        return rows
    rows = rows.filter(name__gte=prefix)
    end = after_prefix(prefix)
    return rows.filter(name__lt=end) if end else rows


def _page(rows: QuerySet, request: dict, field: str, is_down: bool = False) -> tuple[list, dict]:
    """One page by name, and ``{"nextToken": …}`` only if there is another: clients loop for as long as it is there."""
    limit = request.get("limit") or STREAMS
    if request.get("nextToken"):
        rows = rows.filter(**{f"{field}__{'lt' if is_down else 'gt'}": _read_token(request["nextToken"])})
    found = list(rows.order_by(f"-{field}" if is_down else field)[: limit + 1])
    page = found[:limit]
    return page, {"nextToken": _token(getattr(page[-1], field))} if len(found) > limit else {}


def _token(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _read_token(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, ValueError):
        raise events.bad_token() from None


def _ms(moment) -> int:
    return int(moment.timestamp() * 1000)


@operation("GetLogEvents", service="logs")
def get_log_events(context: Context, request: dict) -> dict:
    stream = store.stream_of(context.account, context.region, _group_name(request), request["logStreamName"])
    return events.page_of(
        stream, request.get("nextToken"), from_head=bool(request.get("startFromHead")),
        limit=request.get("limit") or reader.PAGE_EVENTS, start=request.get("startTime"), end=request.get("endTime"),
    )  # fmt: skip


@operation("FilterLogEvents", service="logs")
def filter_log_events(context: Context, request: dict) -> dict:
    group = store.group_of(context.account, context.region, _group_name(request))
    names, prefix = request.get("logStreamNames"), request.get("logStreamNamePrefix")
    if names and prefix:
        raise invalid("logStreamNames and logStreamNamePrefix can't be given together.")
    rows = _in_prefix(group.streams.all(), prefix)
    if names:
        rows = rows.filter(name__in=names)
        if missing := set(names) - set(rows.values_list("name", flat=True)):
            raise AwsError(
                "ResourceNotFoundException", f"The specified log stream does not exist: {sorted(missing)[0]}"
            )
    streams = list(rows.order_by("name")[: SEARCHED + 1])
    if len(streams) > SEARCHED:
        raise invalid(f"More than {SEARCHED} streams would be searched: name them or give a prefix.")
    return events.filtered(
        streams, request.get("nextToken"), matcher(request.get("filterPattern") or ""),
        limit=request.get("limit") or reader.PAGE_EVENTS, start=request.get("startTime"),
        # AWS leaves out events after endTime, but not at it.
        end=None if request.get("endTime") is None else request["endTime"] + 1,
    )  # fmt: skip
