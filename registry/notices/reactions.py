"""Notifications that come from events. What somebody does to somebody (a decision, a mention) is told where it is done."""

from areas.index import resources
from areas.permissions import of_arn
from catalog.models import Event, Record
from registry.notices.kinds import JOB_FAILED, ROLLED_BACK, RULE_FIRED
from registry.notices.telling import tell

ENDPOINT = "SageMaker Endpoint State Change"
RULE = "SageMaker Debugger Rule Message"


def tell_of(event: Event) -> None:
    """Tell the owner of a job that it failed, or what a rule that shall tell found, and of an endpoint that it is rolled back."""
    status = next((value for name, value in event.detail.items() if name.endswith("JobStatus")), "")
    if status == "Failed":
        _tell_owner(event, JOB_FAILED, "failed")
    elif event.detail_type == ENDPOINT and event.detail.get("EndpointStatus") == "RollingBack":
        _tell_owner(event, ROLLED_BACK, "is rolled back")
    elif event.detail_type == RULE:
        _tell_owner(event, RULE_FIRED, f"meets the rule {event.detail['Message']}")


def _tell_owner(event: Event, kind: str, what: str) -> None:
    if not event.resources or event.connection_id is None:
        return
    noun, name, _ = of_arn(event.resources[0])
    resource = resources().get(noun)
    owner = (
        Record.objects.filter(connection=event.connection_id, kind=noun, name=name)
        .values_list("owner", flat=True)
        .first()
    )
    if not owner or resource is None:
        return
    reason = event.detail.get("FailureReason")
    tell(
        owner, kind=kind, url=f"/{resource.slug}/{name}/?connection={event.connection.name}",
        text=f"{resource.singular.capitalize()} {name} {what}{f': {reason}' if reason else '.'}",
    )  # fmt: skip
