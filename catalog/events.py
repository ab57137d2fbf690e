"""Events, as EventBridge words them: written with the change, handed to webhooks, notifications and deployments later."""

from datetime import UTC, datetime

from catalog.models import Connection, Event


def emit(
    connection: Connection | None, detail_type: str, detail: dict, *, resources: list[str] | None = None,
    source: str = "aws.sagemaker", time: float | None = None,
) -> Event:  # fmt: skip
    """Write an event down, in the transaction of the change that it tells of. ``time`` is in epoch seconds."""
    moment = datetime.fromtimestamp(time, UTC) if time else datetime.now(UTC)
    return Event.objects.create(
        connection_id=connection.id if connection else None, detail_type=detail_type, detail=detail,
        resources=resources or [], source=source, time=moment,
    )  # fmt: skip


def envelope(event: Event) -> dict:
    """The event as EventBridge delivers it (docs.aws.amazon.com/eventbridge, "AWS service event metadata")."""
    connection = event.connection
    return {
        "version": "0", "id": f"{event.id:032x}", "detail-type": event.detail_type, "source": event.source,
        "account": connection.account if connection else "", "region": connection.region if connection else "",
        "time": event.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "resources": event.resources,
        "detail": event.detail,
    }  # fmt: skip
