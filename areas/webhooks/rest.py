"""Webhooks by REST: the same use cases as the pages."""

from datetime import datetime
from functools import wraps

from django.http import HttpResponse
from ninja import Field, Query, Router, Schema, Status

from areas.allowed import allowed
from areas.rest import ERRORS, Problem
from areas.webhooks.finding import NOUN, check_name, deliveries, find, find_delivery, manages_everywhere, mine
from catalog.paging import read_page
from registry.waking import wake
from registry.webhooks import deliveries as sent
from registry.webhooks import keeping
from registry.webhooks.models import Delivery, Webhook

PREFIX = "/webhooks/"
router = Router()


class WebhookIn(Schema):
    name: str = Field(max_length=64, examples=["chat"])
    url: str = Field(max_length=2048, examples=["https://example.org/hook"])
    events: list[str] = Field(["*"], description="Patterns of detail-types; * is any text.")
    group: str = Field("", description="Pattern of the model package group that an event must be about.")
    statuses: list[str] = Field([], description="An event must tell of one of these statuses.")
    everywhere: bool = Field(False, description="Hear of every connection, not only of this one.")

    model_config = {"json_schema_extra": {"examples": [
        {"name": "chat", "url": "https://example.org/hook", "events": ["SageMaker Model Package State Change"]}
    ]}}  # fmt: skip


class WebhookPatch(Schema):
    name: str | None = None
    url: str | None = None
    events: list[str] | None = None
    group: str | None = None
    statuses: list[str] | None = None
    enabled: bool | None = None

    model_config = {"json_schema_extra": {"examples": [{"enabled": False}]}}


class WebhookOut(Schema):
    id: int
    name: str
    url: str
    connection: str | None = Field(description="null: every connection.")
    events: list[str]
    group: str
    statuses: list[str]
    enabled: bool
    disabled_because: str
    failing_since: datetime | None
    created_by: str
    created: datetime


class MadeOut(WebhookOut):
    secret: str = Field(description="Shown this once.")


class WebhookPage(Schema):
    items: list[WebhookOut]
    next_cursor: str | None = None


class AttemptOut(Schema):
    at: datetime
    status: int | None
    error: str
    seconds: float


class DeliveryOut(Schema):
    id: int
    message: str = Field(description="The header webhook-id: the same on every attempt.")
    detail_type: str
    state: str
    attempts: int
    status: int | None
    error: str
    response: str = Field(description="How the last answer began.")
    body: str
    log: list[AttemptOut]
    created: datetime
    due: datetime
    ended: datetime | None


class DeliveryPage(Schema):
    items: list[DeliveryOut]
    next_cursor: str | None = None


class SecretOut(Schema):
    secret: str


class WebhookQuery(Schema):
    limit: int = Field(50, ge=1, le=200)
    cursor: str = ""


class DeliveryQuery(WebhookQuery):
    state: str = Field("", pattern="^(|Waiting|Sending|Delivered|Failed)$")


def _told(view):
    @wraps(view)
    def telling(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except keeping.BadWebhook as error:
            raise Problem(
                422, error.message, "InvalidInput", errors=[{"at": error.field, "message": error.message}]
            ) from None

    return telling


router.add_decorator(_told)


@router.get("/", response={200: WebhookPage, **ERRORS}, operation_id="list_webhooks")
@allowed("manage", NOUN)
def list_webhooks(request, query: Query[WebhookQuery]):
    items, cursor = read_page(mine(request), sort="-id", limit=query.limit, cursor=query.cursor)
    return {"items": [_out(hook) for hook in items], "next_cursor": cursor}


@router.post("/", response={201: MadeOut, **ERRORS}, operation_id="create_webhook")
@allowed("manage", NOUN)
def create_webhook(request, response: HttpResponse, body: WebhookIn):
    """The answer holds the secret, which can't be had again."""
    given = body.dict()
    everywhere = given.pop("everywhere")
    if everywhere and not manages_everywhere(request):
        raise Problem(
            403, "Only who manages webhooks on every connection may make one that hears of all.", "AccessDenied"
        )
    check_name(request, body.name, everywhere=everywhere)
    hook, secret = keeping.create(actor=request.user, connection=None if everywhere else request.connection, **given)
    response["Cache-Control"] = "no-store"
    return Status(201, {**_out(hook), "secret": secret})


@router.get("/{int:number}/", response={200: WebhookOut, **ERRORS}, operation_id="get_webhook")
@allowed("manage", NOUN)
def get_webhook(request, number: int):
    return _out(find(request, number))


@router.patch("/{int:number}/", response={200: WebhookOut, **ERRORS}, operation_id="update_webhook")
@allowed("manage", NOUN)
def update_webhook(request, number: int, body: WebhookPatch):
    given = {field: value for field, value in body.dict(exclude_unset=True).items() if value is not None}
    hook = find(request, number)
    check_name(request, given.get("name", hook.name), everywhere=hook.connection_id is None)
    keeping.change(hook, **given)
    return _out(find(request, number))


@router.delete("/{int:number}/", response={204: None, **ERRORS}, operation_id="delete_webhook")
@allowed("manage", NOUN)
def delete_webhook(request, number: int):
    keeping.remove(find(request, number))
    return Status(204, None)


@router.post("/{int:number}/secret/", response={200: SecretOut, **ERRORS}, operation_id="rotate_webhook_secret")
@allowed("manage", NOUN)
def rotate_secret(request, response: HttpResponse, number: int):
    """A new secret; for a day messages are signed with the old one too."""
    response["Cache-Control"] = "no-store"
    return {"secret": keeping.rotate(find(request, number))}


@router.post("/{int:number}/test/", response={202: DeliveryOut, **ERRORS}, operation_id="test_webhook")
@allowed("manage", NOUN)
def test_webhook(request, number: int):
    delivery = sent.queue_test(find(request, number))
    wake()
    return Status(202, delivery)


@router.get("/{int:number}/deliveries/", response={200: DeliveryPage, **ERRORS}, operation_id="list_webhook_deliveries")
@allowed("manage", NOUN)
def list_deliveries(request, number: int, query: Query[DeliveryQuery]):
    items, cursor = deliveries(find(request, number), query.state, query.limit, query.cursor)
    return {"items": items, "next_cursor": cursor}


@router.get(
    "/{int:number}/deliveries/{int:delivery}/", response={200: DeliveryOut, **ERRORS},
    operation_id="get_webhook_delivery",
)  # fmt: skip
@allowed("manage", NOUN)
def get_delivery(request, number: int, delivery: int):
    return find_delivery(find(request, number), delivery)


@router.post(
    "/{int:number}/deliveries/{int:delivery}/redeliver/", response={202: DeliveryOut, **ERRORS},
    operation_id="redeliver_webhook_delivery",
)  # fmt: skip
@allowed("manage", NOUN)
def redeliver(request, number: int, delivery: int):
    """Send a message once more, under its own id."""
    hook = find(request, number)
    kept = find_delivery(hook, delivery)
    if not hook.enabled:
        raise Problem(409, f"Webhook {hook.name} is disabled; enable it first.", "Disabled")
    if not sent.redeliver(kept):
        raise Problem(409, f"Delivery {delivery} is on its way already.", "OnItsWay")
    wake()
    return Status(202, Delivery.objects.get(id=delivery))


def _out(hook: Webhook) -> dict:
    fields = (
        "id",
        "name",
        "url",
        "events",
        "group",
        "statuses",
        "enabled",
        "disabled_because",
        "failing_since",
        "created",
    )
    return {field: getattr(hook, field) for field in fields} | {
        "connection": hook.connection.name if hook.connection else None,
        "created_by": hook.created_by.get_username() if hook.created_by else "",
    }  # fmt: skip
