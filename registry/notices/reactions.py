"""Notifications that come from events. What somebody does to somebody (a decision, a mention) is told where it is done."""

from django.db.models import Q

from areas.index import resources
from areas.permissions import of_arn
from catalog.models import Event, Record
from registry.notices.kinds import JOB_FAILED
from registry.notices.telling import tell


def tell_of(event: Event) -> None:
    """Tell the owner of a job that it failed."""
    failed = next((value for name, value in event.detail.items() if name.endswith("JobStatus")), "") == "Failed"
    if not failed or not event.resources or event.connection_id is None:
        return
    record = Record.objects.filter(Q(arn=event.resources[0]), connection=event.connection_id).first()
    owner = record.owner if record else event.detail.get("Owner", "")
    noun, name, _ = of_arn(event.resources[0])
    resource = resources().get(noun)
    if not owner or resource is None:
        return
    reason = event.detail.get("FailureReason") or "no reason was given"
    tell(
        owner, kind=JOB_FAILED, url=f"/{resource.slug}/{name}/?connection={event.connection.name}",
        text=f"{resource.singular.capitalize()} {name} failed: {reason}",
    )  # fmt: skip
