"""Approval requests as they open, change and end. Everything here is called inside the transaction of what it tells of."""

from django.db.models import Q
from django.utils import timezone

from areas.index import modules
from areas.permissions import of_arn
from catalog import audit, events
from catalog.models import Connection, Record
from registry import artifacts, plans, policies
from registry.approvals import ApprovalPolicy, ApprovalRequest, CheckResult, Remark, Rollout, Vote
from registry.checks import key_of
from registry.errors import DeskError
from registry.notices.kinds import DECIDED, WAITING
from registry.notices.telling import tell_all
from registry.standing import Standing, fingerprint
from registry.voters import find_voters

KIND = "Atelier Approval Request State Change"
SOURCE = "atelier"
NOUN = "ApprovalRequest"
CHAMPION = "champion"  # the alias of the version that others are measured against

APPROVED, REJECTED, PENDING = "Approved", "Rejected", "PendingManualApproval"


def address(request: ApprovalRequest) -> str:
    """Where the request is decided, on the Studio."""
    return f"/approvals/{request.id}/"


def locked(**which) -> ApprovalRequest | None:
    """The newest request that fits, its row locked until the transaction ends. After ``locks.hold_policies``."""
    rows = ApprovalRequest.objects.select_for_update(of=("self",)).select_related("connection")
    return rows.filter(**which).order_by("-id").first()


def alive(connection: Connection, arn: str) -> ApprovalRequest | None:
    """The request that waits for a version's approval, locked."""
    return locked(connection_id=connection.id, arn=arn, state__in=ApprovalRequest.ALIVE)


def open_for(record: Record, user: str, etags: dict[str, str], *, editor: str = "") -> ApprovalRequest:
    """Open a request for a version whose bytes have these ETags, and tell who may vote. The one that is open, if one is.
    ``editor`` has changed what the version contains, and so is an author, too."""
    connection = record.connection
    found = alive(connection, record.arn)
    if found:
        return found
    now, policy = timezone.now(), policies.in_force(connection, record.parent)
    request = ApprovalRequest.objects.create(
        connection=connection, group=record.parent, name=record.name, arn=record.arn, authors=authors_of(record, editor),
        content=artifacts.content_of(record.document), artifacts=etags, policy=policy, opened=now,
        expires=policies.expiry_of(policy, now),
    )  # fmt: skip
    ask_checks(request, policy)
    by = f' under the policy "{policy.name}"' if policy else "; no policy is in force for its group"
    note(request, "opened", f"Approval asked for{by}.", user)
    announce(request, "", policy)
    voters = find_voters(connection, request.name, policy, request.authors)
    tell_all(
        [voter for voter in voters if voter != user], kind=WAITING, text=f"{request.name} waits for your approval.",
        url=f"{address(request)}?connection={connection.name}",
    )  # fmt: skip
    return request


def end(request: ApprovalRequest, state: str, *, user: str, text: str, standing: Standing | None = None) -> None:
    """Write the end of a request down: its state, its thread, an event, and a word to its authors."""
    before, request.state = request.state, state
    request.decided, request.due = timezone.now(), None
    request.reason = text[:1024]
    if state in (APPROVED, REJECTED):
        request.decision, request.decided_by = state, request.decided_by or user
    request.save()
    note(request, "decided", text, user)
    policy = standing.policy if standing else request.policy
    announce(request, before, policy, standing)
    tell_all(
        [author for author in request.authors if author != user], kind=DECIDED, text=f"{request.name}: {text}",
        url=f"{address(request)}?connection={request.connection.name}",
    )  # fmt: skip


def note(request: ApprovalRequest, kind: str, text: str, user: str = "") -> Remark:
    """Add a line to the thread."""
    return Remark.objects.create(request=request, kind=kind, text=text, user=user, at=timezone.now())


def announce(
    request: ApprovalRequest, before: str, policy: ApprovalPolicy | None, standing: Standing | None = None, **more
) -> None:
    """Emit the event of a request's change of state."""
    detail = {
        "RequestId": request.id, "ModelPackageGroupName": request.group, "ModelPackageArn": request.arn,
        "ModelPackageName": request.name, "State": request.state, "PreviousState": before,
        "Policy": policy.name if policy else "", "Authors": request.authors, "DecidedBy": request.decided_by,
        "Approvals": standing.approvals if standing else [], "Reason": request.reason, "Url": address(request), **more,
    }  # fmt: skip
    events.emit(request.connection, KIND, detail, resources=[request.arn], source=SOURCE)


def void_votes(request: ApprovalRequest, why: str, user: str = "") -> None:
    """Nobody has said anything about what the version is now. Checks run again."""
    voided = request.votes.filter(void=False).update(void=True)
    request.override = request.override_by = ""
    reset_checks(request.results.all())
    note(request, "void", f"{why} {voided} vote{'s are' if voided != 1 else ' is'} void; the checks run again.", user)


def ask_checks(request: ApprovalRequest, policy: ApprovalPolicy | None) -> None:
    """Have the checks of the policy run that haven't been run for the version as it is, and forget those of no policy."""
    wanted = {key_of(settings): settings for settings in (policy.checks if policy else ())}
    mark, now = fingerprint(request), timezone.now()
    there = {result.key: result for result in request.results.all()}
    request.results.filter(state=CheckResult.WAITING).exclude(key__in=wanted).delete()
    for key, settings in wanted.items():
        result = there.get(key)
        if result is None:
            CheckResult.objects.get_or_create(
                request=request, key=key, defaults={"settings": settings, "content": mark, "asked": now}
            )
        elif result.content != mark and result.state != CheckResult.RUNNING:
            reset_checks(request.results.filter(key=key))
    request.results.filter(state=CheckResult.WAITING).exclude(content=mark).update(content=mark)


def reset_checks(results) -> int:
    """Have these results measured anew; one that is being measured is forgotten when it ends, and measured again."""
    return results.update(
        state=CheckResult.WAITING, measured="", limit="", reason="", content="", asked=timezone.now(), claimed=None,
        started=None, ended=None,
    )  # fmt: skip


def champion_changed(request: ApprovalRequest) -> None:
    """Another version is the champion now: what was measured against the one before is measured again."""
    others = CheckResult.objects.filter(
        request__connection=request.connection, request__group=request.group, request__state=ApprovalRequest.OPEN,
        settings__tolerance__gte=0,
    )  # fmt: skip
    reset_checks(others.exclude(request=request))


def authors_of(record: Record, editor: str = "") -> list[str]:
    """Who may not approve a version: who registered it, who made it (the owners of the jobs that it comes from), and who
    has changed what it contains."""
    by = (record.document.get("CreatedBy") or {}).get("UserProfileName", "")
    rows = ApprovalRequest.objects.filter(connection_id=record.connection_id, arn=record.arn).order_by("-id")
    before = rows.first()
    return people({editor, record.owner, by, *(before.authors if before else ()), *_owners_of_jobs(record)})


def people(owners) -> list[str]:
    """The user names among owners of things, which may be principals' ARNs."""
    return sorted({owner for owner in owners if owner and not owner.startswith("arn:")})


def find_champion(connection: Connection, group: str, *, but: str = "") -> Record | None:
    """The Approved version of a group, other than ``but`` (an ARN), that is called champion; else the newest one."""
    for module in modules("aliases"):
        found = module.called(connection, group, CHAMPION)
        if found and found.arn != but and found.document.get("ModelApprovalStatus") == APPROVED:
            return found
    rows = Record.objects.filter(
        connection=connection, kind="ModelPackage", parent=group, document__ModelApprovalStatus=APPROVED
    ).exclude(arn=but)  # fmt: skip
    return rows.order_by("-created", "-id").first()


def write_down(action: str, request: ApprovalRequest, **detail) -> None:
    """An audit entry about a request; the last statement of its transaction."""
    audit.append(action, request.arn, on=request.connection.name, detail={"request": request.id, **detail})


def plan_rollout(request: ApprovalRequest, policy: ApprovalPolicy | None) -> None:
    """Have an approved version deployed as its policy says; the desk starts it after this transaction."""
    if policy is None or not policy.on_approval:
        return
    try:
        where, endpoint = plans.target(policy.on_approval, request.connection, request.group)
    except DeskError as error:
        note(request, "rollout", f"Not deployed: {error.message}")
        return
    Rollout.objects.create(
        request=request, connection=where, endpoint=endpoint, package=request.arn, settings=policy.on_approval,
        user=policy.modified_by, created=timezone.now(),
    )  # fmt: skip


def has_votes(request: ApprovalRequest) -> bool:
    return Vote.objects.filter(request=request, void=False).exists()


def _owners_of_jobs(record: Record) -> set[str]:
    arn = (record.document.get("MetadataProperties") or {}).get("GeneratedBy", "")
    containers = (record.document.get("InferenceSpecification") or {}).get("Containers", ())
    uris = [one["ModelDataUrl"] for one in containers if one.get("ModelDataUrl")]
    names = {part for uri in uris for part in uri.split("/")[3:-1]}
    jobs = Record.objects.filter(Q(name__in=names) | Q(arn=arn), connection=record.connection, kind="TrainingJob")
    return {
        job.owner for job in jobs
        if job.arn == arn or (job.document.get("ModelArtifacts") or {}).get("S3ModelArtifacts") in uris
    } | ({job.owner for job in Record.objects.filter(connection=record.connection, arn=arn)}
         if arn and of_arn(arn)[0] not in ("", "TrainingJob") else set())  # fmt: skip
