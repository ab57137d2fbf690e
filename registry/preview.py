"""What a policy would have meant for the versions that there are: their checks measured now, their votes counted by it."""

from dataclasses import dataclass

from django.db.models.functions import Length

from catalog.models import Connection, Record
from registry import checks
from registry.approvals import ApprovalPolicy, ApprovalRequest
from registry.checks.case import CannotMeasure, Case
from registry.errors import DeskError
from registry.requests import APPROVED
from registry.standing import judge

VERSIONS = 20
_SKIPPED = ("smoke",)  # starts a container: only for a real request


@dataclass(frozen=True)
class Line:
    name: str
    status: str  # that the version has
    faults: tuple[str, ...]  # why it would not have been approved

    @property
    def would_pass(self) -> bool:
        return not self.faults


def preview(policy: ApprovalPolicy, connection: Connection) -> list[Line]:
    """The newest versions of the groups that ``policy`` (which need not be saved) matches on a connection."""
    rows = Record.objects.filter(connection=connection, kind="ModelPackage").annotate(long=Length("parent"))
    rows = rows.filter(long__gt=0, parent__matches=policy.groups).order_by("-created", "-id")[:VERSIONS]
    versions = list(rows)
    requests = _requests(connection, [record.arn for record in versions])
    return [Line(record.name, record.document.get("ModelApprovalStatus", ""),
                 tuple(_faults(policy, connection, record, requests.get(record.arn)))) for record in versions]  # fmt: skip


def _requests(connection: Connection, arns: list[str]) -> dict[str, ApprovalRequest]:
    rows = ApprovalRequest.objects.filter(connection=connection, arn__in=arns).order_by("id")
    return {one.arn: one for one in rows.select_related("connection").prefetch_related("votes", "results")}


def _faults(
    policy: ApprovalPolicy, connection: Connection, record: Record, request: ApprovalRequest | None
) -> list[str]:
    found = []
    if request is None:
        found.append("nobody voted on it at the desk")
    else:
        standing = judge(request, policy)
        counted = len(standing.approvals)
        if counted < policy.approvals:
            found.append(f"{counted} of {policy.approvals} approvals")
        found += [f"{seat.vote.user} {seat.fault}" for seat in standing.seats if seat.fault]
    champion = _champion_before(connection, record)
    for settings in policy.checks:
        if not settings["required"] or settings["kind"] in _SKIPPED:
            continue
        case = Case(connection, record.name, record.arn, record.document, champion.document if champion else None,
                    champion.name if champion else "", dict(request.artifacts) if request else {})  # fmt: skip
        try:
            result = checks.run(case, settings)
            reason = "" if result.passed else result.reason or f"measured {result.measured}"
        except (CannotMeasure, DeskError) as error:
            reason = str(error)
        if reason:
            found.append(f"{checks.title_of(settings)}: {reason}")
    return found


def _champion_before(connection: Connection, record: Record) -> Record | None:
    rows = Record.objects.filter(
        connection=connection, kind="ModelPackage", parent=record.parent, document__ModelApprovalStatus=APPROVED,
        created__lt=record.created,
    )  # fmt: skip
    return rows.order_by("-created", "-id").first()
