"""Which webhooks a request may touch: those of its connection, and those of all connections for who manages them everywhere."""

from django.db.models import QuerySet
from django.http import Http404

from areas.allowed import access, access_everywhere
from catalog.models import Event
from catalog.paging import read_page
from registry.webhooks.keeping import BadWebhook
from registry.webhooks.models import Delivery, Webhook

NOUN = "Webhook"
STATES = (Delivery.WAITING, Delivery.SENDING, Delivery.DELIVERED, Delivery.FAILED)

# What this Studio tells of, for the form's suggestions; what has been told so far is added.
KINDS = (
    "SageMaker Model Package State Change", "SageMaker Endpoint State Change", "SageMaker Training Job State Change",
    "Atelier Run State Change", "Atelier Approval Request State Change", "CloudWatch Alarm State Change", "*",
)  # fmt: skip


def mine(request) -> QuerySet[Webhook]:
    """The webhooks that the request's user manages here."""
    here = access(request).visible(Webhook.objects.filter(connection=request.connection), NOUN, "manage")
    everywhere = access_everywhere(request).visible(Webhook.objects.filter(connection=None), NOUN, "manage")
    found = here | everywhere if request.connection else everywhere
    return found.select_related("connection", "created_by").order_by("id")


def find(request, number: int) -> Webhook:
    hook = mine(request).filter(id=number).first()
    if hook is None:
        raise Http404(f"There is no webhook {number} that you manage on this connection.")
    return hook


def find_delivery(hook: Webhook, number: int) -> Delivery:
    found = Delivery.objects.filter(webhook=hook, id=number).first()
    if found is None:
        raise Http404(f"Webhook {hook.name} has no delivery {number}; they are kept for 30 days.")
    return found


def manages_everywhere(request) -> bool:
    """Whether the request's user may make webhooks that hear of every connection."""
    return access_everywhere(request).may("manage", NOUN)


def check_name(request, name: str, *, everywhere: bool) -> None:
    """Raise BadWebhook where no role of the request's user covers a webhook of this name, here or for every connection."""
    if not (access_everywhere if everywhere else access)(request).may("manage", NOUN, name.strip()):
        raise BadWebhook("name", f"No role of yours lets you manage a webhook called {name.strip()}.")


def deliveries(hook: Webhook, state: str, limit: int, cursor: str) -> tuple[list[Delivery], str | None]:
    """A page of the delivery log, the newest first, and the cursor of the next one."""
    rows = Delivery.objects.filter(webhook=hook)
    if state in STATES:
        rows = rows.filter(state=state)
    return read_page(rows, sort="-id", limit=limit, cursor=cursor)


def kinds_of_events(request) -> list[str]:
    """Detail-types to choose from."""
    told = Event.objects.filter(connection=request.connection).order_by().values_list("detail_type", flat=True)
    return list(dict.fromkeys([*KINDS, *sorted(told.distinct()[:50])]))
