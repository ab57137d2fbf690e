"""The gate before a model version: what an approval policy forbids, no wire call, page or SDK can do around it."""

from catalog.models import Connection, Record
from registry import artifacts, locks, policies, requests
from registry.approvals import ApprovalPolicy, ApprovalRequest, CheckResult
from registry.requests import APPROVED, PENDING, REJECTED
from registry.standing import examine

DESK = "/approvals/"


class Refused(Exception):
    """A policy forbids the change. ``reason`` is the end of a sentence that begins with "… is not authorized … because"."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def check(
    *, connection: Connection, user: str, group: str, arn: str, wanted: str, changes_content: bool
) -> None:  # fmt: skip
    """Let a change to a model version pass, or raise Refused. Called in the transaction of the change, before it.

    ``user`` is the Studio's user name, or the principal's ARN; ``group`` is "" for a package without versions. ``wanted`` is
    the ModelApprovalStatus that the version shall have, "Deleted" if it is to go, "" if neither is asked for.
    ``changes_content``: what the version is made of changes (or goes), not only what is said about it.
    """
    decides = wanted in (APPROVED, REJECTED)
    if not group or wanted == "Deleted" or not (decides or changes_content):
        return  # no policy is about packages without versions; a version that is gone deploys nowhere
    locks.hold_policies()
    policy = policies.in_force(connection, group)
    if policy is None:
        return
    record = Record.objects.filter(connection_id=connection.id, kind="ModelPackage", arn=arn).first()
    current = record.document.get("ModelApprovalStatus", "") if record else ""
    if changes_content and record and APPROVED in (current, wanted):
        raise Refused(
            f'approval policy "{policy.name}" lets nobody change what an approved version contains: register a new '
            f"version, or set this one to {PENDING} first, and it is decided anew at {DESK}"
        )
    if decides and wanted != current:
        _check_decision(connection, policy, record, arn, wanted)


def opened(record: Record, user: str, etags: dict[str, str]) -> None:
    """A version has been registered: open a request if it waits for approval. In the transaction, after the change."""
    if record.parent and record.document.get("ModelApprovalStatus") == PENDING:
        requests.open_for(record, user, etags)


def changed(record: Record, before: dict, user: str, etags: dict[str, str] | None) -> None:
    """A version has changed: settle its request, open one, or void its votes. In the transaction, after the change.

    ``etags`` are those of what the version is made of now, if that has changed or it waits for approval; else None.
    """
    if not record.parent:
        return
    was, now = before.get("ModelApprovalStatus"), record.document.get("ModelApprovalStatus")
    request = requests.alive(record.connection, record.arn)
    is_other = artifacts.content_of(record.document) != artifacts.content_of(before)
    if is_other:
        _add_author(request or requests.locked(connection_id=record.connection_id, arn=record.arn), user)
    if now != was and now in (APPROVED, REJECTED):
        _settle(record, request, now, user)
    elif now != was and now == PENDING:
        requests.open_for(record, user, etags or {}, editor=user if is_other else "")
    elif request and is_other:
        request.content, request.artifacts = artifacts.content_of(record.document), etags or {}
        request.state, request.decision = ApprovalRequest.OPEN, ""
        requests.void_votes(request, "What the version contains was changed.", user)
        request.save()
    elif request and record.document.get("ModelCard") != before.get("ModelCard"):
        requests.reset_checks(request.results.filter(settings__kind="model_card"))


def card_changed(connection: Connection, arns: set[str]) -> None:
    """A ModelCard about these versions was written, changed or deleted: what was measured of it is measured anew."""
    alive = ApprovalRequest.objects.filter(connection=connection, arn__in=arns, state__in=ApprovalRequest.ALIVE)
    requests.reset_checks(CheckResult.objects.filter(request__in=alive, settings__kind="model_card"))


def removed(record: Record, user: str) -> None:
    """A version has been deleted: so nothing is left to decide. In the transaction, after the change."""
    request = requests.alive(record.connection, record.arn)
    if request:
        requests.end(request, ApprovalRequest.CANCELLED, user=user, text="The version was deleted.")


def check_bytes(record: Record, etags: dict[str, str]) -> None:
    """Refused if an approved version is no longer made of the bytes that were approved: nothing is deployed from it then."""
    request = ApprovalRequest.objects.filter(
        connection_id=record.connection_id, arn=record.arn, state=APPROVED, outside=False
    ).order_by("-id").first()  # fmt: skip
    if request is None:
        return
    for uri in artifacts.container_uris(record.document):
        if uri in request.artifacts and request.artifacts[uri] != etags.get(uri, artifacts.MISSING):
            raise Refused(
                f"{uri} is no longer what was approved at {requests.address(request)} (its ETag was "
                f"{request.artifacts[uri] or 'none'} and is {etags.get(uri) or 'none'}): register a new version"
            )


def _add_author(request: ApprovalRequest | None, user: str) -> None:
    if request:
        request.authors = requests.people({*request.authors, user})
        request.save(update_fields=["written_by", "modified"])


def _check_decision(
    connection: Connection, policy: ApprovalPolicy, record: Record | None, arn: str, wanted: str
) -> None:
    request = requests.alive(connection, arn) if record else None
    desk = f'approval policy "{policy.name}"'
    if request is None:
        raise Refused(
            f"{desk} lets a version be {wanted} only by the approval desk: "
            + (f"register it as {PENDING}, and it is decided at {DESK}" if record is None
               else f"ask for its approval at {DESK} first")
        )  # fmt: skip
    standing = examine(request, lock=True)
    if standing.is_expired:
        raise Refused(f"{desk} let the request {requests.address(request)} expire after {policy.expiry_days} days")
    if wanted == REJECTED and not standing.is_rejected:
        raise Refused(f"{desk} lets only its voters reject the version: reject it at {requests.address(request)}")
    if wanted == APPROVED and not standing.is_granted:
        raise Refused(f"{desk} is not satisfied: {'; '.join(standing.missing)}; see {requests.address(request)}")
    if request.state != ApprovalRequest.DECIDING or request.decision != wanted:
        raise Refused(f"{desk} has the desk carry decisions out: see {requests.address(request)}")
    if wanted == APPROVED:
        _check_same(request, record)


def _check_same(request: ApprovalRequest, record: Record) -> None:
    now = artifacts.read(request.connection, list(request.artifacts))
    if request.content != artifacts.content_of(record.document) or now != request.artifacts:
        changed = sorted(uri for uri in now if now[uri] != request.artifacts[uri])
        raise Refused(
            f"what was voted on has changed ({', '.join(changed) or 'its content'}): see {requests.address(request)}"
        )


def _settle(record: Record, request: ApprovalRequest | None, now: str, user: str) -> None:
    """A version has been approved or rejected: the desk's own decision, or, where no policy is in force, anybody's."""
    if request is None:
        last = requests.locked(connection_id=record.connection_id, arn=record.arn)
        if last:
            requests.note(last, "note", f"The version was set to {now}; no policy is in force.", user)
        return
    standing = examine(request)
    if request.state == ApprovalRequest.DECIDING and request.decision == now:
        text = describe_decision(request, standing)
    else:
        text = f"{now} by {user or 'the account'}; no policy is in force."
        request.decided_by, request.decision = user, now
    request.policy = standing.policy
    request.results.filter(state=CheckResult.WAITING).delete()
    requests.end(request, now, user=user, text=text, standing=standing)
    requests.champion_changed(request)
    if now == APPROVED:
        requests.plan_rollout(request, standing.policy)


def describe_decision(request: ApprovalRequest, standing) -> str:
    """``Approved by rosa and remi under the policy "two eyes" (version 3).``"""
    users = standing.users("approve" if request.decision == APPROVED else "reject")
    names = " and ".join([", ".join(users[:-1]), users[-1]] if len(users) > 1 else users) or request.decided_by
    under = f' under the policy "{standing.policy.name}" (version {standing.policy.version})' if standing.policy else ""
    spite = f", in spite of its checks: {request.override}" if standing.is_overridden and request.override else ""
    return f"{request.decision} by {names}{under}{spite}."
