"""A person's own notifications by REST."""

from datetime import datetime

from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from areas.allowed import anybody
from areas.rest import ERRORS
from catalog.paging import read_page
from registry.notices.models import Notification

PREFIX = "/notifications/"
router = Router()


class NotificationQuery(Schema):
    unread: bool = Field(False, description="Only what wasn't read yet.")
    limit: int = Field(50, ge=1, le=200)
    cursor: str = ""


class NotificationOut(Schema):
    id: int
    kind: str
    text: str
    url: str = Field(description="Path on the Studio.")
    time: datetime
    read: datetime | None


class NotificationPage(Schema):
    items: list[NotificationOut]
    next_cursor: str | None = None


class ReadIn(Schema):
    ids: list[int] = Field([], description="Empty: all.", max_length=200)

    model_config = {"json_schema_extra": {"examples": [{"ids": [12, 14]}]}}


@router.get("/", response={200: NotificationPage, **ERRORS}, operation_id="list_notifications")
@anybody
def list_notifications(request, query: Query[NotificationQuery]):
    rows = Notification.objects.filter(user=request.user, shown=True)
    if query.unread:
        rows = rows.filter(read=None)
    items, cursor = read_page(rows, sort="-id", limit=query.limit, cursor=query.cursor)
    return {"items": items, "next_cursor": cursor}


@router.post("/read/", response={204: None, **ERRORS}, operation_id="read_notifications")
@anybody
def read_notifications(request, body: ReadIn):
    """Mark your own notifications as read."""
    rows = Notification.objects.filter(user=request.user, read=None)
    if body.ids:
        rows = rows.filter(id__in=body.ids)
    rows.update(read=timezone.now())
    return Status(204, None)
