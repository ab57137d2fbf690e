"""Log streams over the wire, as pages read them: the same calls on AWS and on the embedded engine."""

from collections.abc import Iterator

from areas.calls import CallFailed, call, client

PAGE = 2000  # events


def streams(connection, group: str, prefix: str = "") -> list[str]:
    """Names of a group's streams that start with ``prefix``, in order; none if the group doesn't exist yet."""
    request = {"logGroupName": group, **({"logStreamNamePrefix": prefix} if prefix else {})}
    try:
        found = call(connection, "DescribeLogStreams", service="logs", **request)["logStreams"]
    except CallFailed as failed:
        if failed.code == "ResourceNotFoundException":
            return []
        raise
    return sorted(stream["logStreamName"] for stream in found)


def read(connection, group: str, stream: str, *, token: str = "", tail: bool = False, limit: int = PAGE) -> dict:
    """Events of one stream: ``{"events": [[epoch ms, text]], "next": token, "back": token}``.

    From ``token`` on if given; else from the start, or the last ``limit`` with ``tail``. At the end of the stream
    ``next`` equals ``token``. Raises CallFailed with the service's words.
    """
    request = {"logGroupName": group, "logStreamName": stream, "limit": limit, "startFromHead": not tail}
    if token:
        request |= {"nextToken": token, "startFromHead": True}
    answer = call(connection, "GetLogEvents", service="logs", **request)
    return {
        "events": [[event["timestamp"], event["message"]] for event in answer["events"]],
        "next": answer["nextForwardToken"],
        "back": answer["nextBackwardToken"],
    }


def lines(connection, group: str, stream: str) -> Iterator[str]:
    """The whole stream as text lines with ISO times, a page in memory at a time."""
    from datetime import UTC, datetime

    token = None
    logs = client(connection, "logs")
    while True:
        request = {"logGroupName": group, "logStreamName": stream, "startFromHead": True, "limit": 10_000}
        answer = logs.get_log_events(**request, **({"nextToken": token} if token else {}))
        for event in answer["events"]:
            when = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
            yield f"{when:%Y-%m-%dT%H:%M:%S}.{event['timestamp'] % 1000:03d}Z {event['message']}\n"
        if answer["nextForwardToken"] == token:
            return
        token = answer["nextForwardToken"]
