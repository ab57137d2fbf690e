"""Which events a webhook is meant to hear of."""

from functools import cache
from re import Pattern, compile, escape

from catalog.models import Event
from registry.webhooks.models import Webhook


def is_meant(webhook: Webhook, event: Event) -> bool:
    """Whether an event passes all of the webhook's filters. Its connection is compared before, in SQL."""
    if not any(_compiled(pattern).fullmatch(event.detail_type) for pattern in webhook.events):
        return False
    if webhook.group and not _compiled(webhook.group).fullmatch(group_of(event)):
        return False
    return not webhook.statuses or bool(statuses_of(event) & set(webhook.statuses))


def group_of(event: Event) -> str:
    """The model package group that an event is about, "" if it is about none."""
    found = event.detail.get("ModelPackageGroupName") or event.detail.get("group") or ""
    return found if isinstance(found, str) else ""


def statuses_of(event: Event) -> set[str]:
    """Every status in an event's detail: the members whose name ends in Status or State."""
    return {
        value for name, value in event.detail.items()
        if isinstance(value, str) and name.lower().endswith(("status", "state"))
    }  # fmt: skip


@cache
def _compiled(pattern: str) -> Pattern:
    return compile("".join({"*": ".*", "?": "."}.get(sign, escape(sign)) for sign in pattern))
