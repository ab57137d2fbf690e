"""Versions of AWS accounts: nobody can keep somebody with other credentials from approving one there, but it is found."""

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from areas.calls import CallFailed, guards
from catalog.models import Connection, Record
from registry import artifacts, gate, locks, policies, requests
from registry.approvals import ApprovalRequest
from registry.requests import APPROVED, PENDING, REJECTED

_CONTENT = (*artifacts.MEMBERS, "AdditionalInferenceSpecificationsToAdd")


def seen(record: Record, before: dict | None) -> None:
    """A sync has found a version of an AWS account new or changed: open its request, or settle it. In the sync's transaction."""
    if record.kind != "ModelPackage" or not record.parent:
        return
    was, now = (before or {}).get("ModelApprovalStatus"), record.document.get("ModelApprovalStatus")
    request = requests.alive(record.connection, record.arn)
    if now == PENDING and request is None:
        opened = requests.open_for(record, "", {})
        opened.due = timezone.now()  # the desk's tick reads the ETags: not here, where the database waits
        opened.save(update_fields=["due", "modified"])
    elif now in (APPROVED, REJECTED) and now != was:
        if request and request.state == ApprovalRequest.DECIDING and request.decision == now:
            return  # by the desk itself, which is about to write that down
        _flag(record, request, now)


def cancel_gone(request_id: int) -> None:
    """End the request for a version that a sync doesn't find any more."""
    with transaction.atomic():
        locks.hold_policies()
        request = requests.locked(id=request_id, state=ApprovalRequest.OPEN)
        if request:
            requests.end(request, ApprovalRequest.CANCELLED, user="", text="The version was deleted.")


def gone() -> QuerySet[ApprovalRequest]:
    """The open requests for versions of AWS accounts that the catalog doesn't have any more."""
    there = Record.objects.filter(connection=OuterRef("connection"), kind="ModelPackage", arn=OuterRef("arn"))
    rows = ApprovalRequest.objects.filter(state=ApprovalRequest.OPEN, connection__backend=Connection.AWS)
    return rows.exclude(Exists(there))


def guard(connection_id: int, service: str, operation: str, params: dict) -> None:
    """Ask the gate before the Studio itself calls an AWS account. Raises CallFailed."""
    if service != "sagemaker" or operation not in ("CreateModelPackage", "UpdateModelPackage"):
        return
    connection = Connection.objects.get(id=connection_id)
    arn, group = params.get("ModelPackageArn", ""), params.get("ModelPackageGroupName", "")
    if arn:
        record = Record.objects.filter(connection=connection, kind="ModelPackage", arn=arn).first()
        group = record.parent if record else arn.rpartition(":model-package/")[2].rpartition("/")[0]
    try:
        with transaction.atomic():
            gate.check(
                connection=connection, user="", group=group.rpartition("/")[2], arn=arn,
                wanted=params.get("ModelApprovalStatus", ""), changes_content=any(params.get(name) for name in _CONTENT),
            )  # fmt: skip
    except gate.Refused as error:
        raise CallFailed(
            "AccessDeniedException", f"{operation} was not sent to {connection.name} because {error.reason}", 403
        ) from None


def _flag(record: Record, request: ApprovalRequest | None, now: str) -> None:
    """Somebody decided on the account. Where a policy is in force, that is written down as what it is."""
    policy, who = policies.in_force(record.connection, record.parent), _who(record)
    last = requests.locked(connection_id=record.connection_id, arn=record.arn)
    if request is None and last and last.state == now:
        return
    if request is None and policy is None:
        return
    if request is None:
        request = ApprovalRequest(
            connection=record.connection, group=record.parent, name=record.name, arn=record.arn, opened=timezone.now(),
            authors=requests.authors_of(record), content=artifacts.content_of(record.document), policy=policy,
        )  # fmt: skip
        request.save()
    request.outside, request.decided_by = policy is not None, who
    by = f" by {who}" if who else ""
    under = f', around the policy "{policy.name}"' if policy else ""
    requests.end(request, now, user=who, text=f"{now} outside the desk{by}{under}.")
    requests.champion_changed(request)
    if policy:
        requests.write_down(f"{now}OutsideTheDesk", request, policy=policy.name, by=who)


def _who(record: Record) -> str:
    by = record.document.get("LastModifiedBy") or record.document.get("CreatedBy") or {}
    return by.get("UserProfileName") or by.get("IamIdentity", {}).get("Arn", "")


guards.append(guard)
