"""Deciding: votes, and what becomes of them. Pages, REST and Django's admin all go through here.

A vote is one short transaction. When it makes a request ready, the decision is carried out right after it by UpdateModelPackage,
as the last voter: SageMaker, asked over the wire, asks the gate again, which looks at the votes and the policy of that very
moment. A process that dies in between leaves ``Deciding`` behind, and the desk's next tick goes on (``registry.desk``).
"""

from contextlib import contextmanager
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from areas import calls
from catalog.access import access_of
from catalog.actor import SYSTEM, WORKER, Actor, acting, current
from catalog.models import Record
from registry import artifacts, gate, locks, policies, requests
from registry.approvals import ApprovalRequest, CheckResult, Remark, Vote
from registry.errors import Conflict, DeskError, NotAllowed
from registry.requests import APPROVED, PENDING, REJECTED
from registry.standing import Standing, examine, fingerprint

LONGEST = 4000  # characters of a comment
_VERDICTS = {Vote.APPROVE: "approved", Vote.REJECT: "rejected", Vote.CHANGES: "asked for changes"}
_RETRY = timedelta(seconds=5)  # after a call that SageMaker couldn't answer, times the attempts
_MOST_ATTEMPTS = 100


def vote(
    *, actor, request: ApprovalRequest, choice: str, comment: str = "", seen: str = ""
) -> ApprovalRequest:  # fmt: skip
    """Say ``approve``, ``reject`` or ``changes`` about a version, or change what one has said; carry the decision out if that
    makes one. ``seen`` is the ``fingerprint`` of what the voter has looked at.

    Raises NotAllowed (no role that counts, an author), Conflict (decided, expired, or no longer what was seen), Away.
    """
    user, comment = actor.get_username(), _clean(comment)
    if choice not in Vote.CHOICES:
        raise DeskError(f"A vote is {', '.join(Vote.CHOICES)}, not {choice}.", "choice")
    if choice != Vote.APPROVE and not comment:
        raise DeskError("Say why: the author has to know what to change.", "comment")
    with _as(user):
        if not refresh(request):
            raise Conflict(
                f"What {request.name} is made of has changed in S3 meanwhile: all votes are void. Look again."
            )
        if _cast(user, request.id, choice, comment, seen):
            carry_out(request.id)
    return ApprovalRequest.objects.select_related("connection", "policy").get(id=request.id)


def comment(*, actor, request: ApprovalRequest, text: str) -> Remark:
    """Add to the thread without voting."""
    user, text = actor.get_username(), _clean(text)
    if not text:
        raise DeskError("A comment says something.", "text")
    access = access_of(user, request.connection_id)
    for verb, noun, name in (("view", "ModelPackage", request.name), ("create", "Comment", "")):
        if not access.may(verb, noun, name):
            raise NotAllowed(f"No role of {user} on connection {request.connection} allows {verb} of {noun}.")
    with _as(user), transaction.atomic():
        found = requests.note(request, "comment", text, user)
        requests.write_down("CommentApprovalRequest", request, comment=text)
    return found


def override_checks(*, actor, request: ApprovalRequest, reason: str) -> ApprovalRequest:
    """Let a request be granted in spite of its checks, where the policy allows that to who manages it. The votes it still needs
    are needed all the same."""
    user, reason = actor.get_username(), _clean(reason)
    if not reason:
        raise DeskError("An override has a reason.", "reason")
    with _as(user):
        with transaction.atomic():
            locks.hold_policies()
            found = _open(request.id)
            policy = policies.in_force(found.connection, found.group)
            if policy is None or not policy.override_allowed:
                raise NotAllowed("No policy in force lets anybody override the checks of this version.")
            if not access_of(user, found.connection_id).may("manage", policies.NOUN, policy.name):
                raise NotAllowed(f"Only who may manage the policy {policy.name} overrides its checks; {user} may not.")
            if user in found.authors and not policy.author_may_approve:
                raise NotAllowed(f"{user} is an author of this version.")
            found.override, found.override_by = reason[:1024], user
            is_ready = _decide(found, examine(found, lock=True))
            found.save()
            requests.note(found, "note", f"Checks overridden: {reason}", user)
            requests.write_down("OverrideApprovalChecks", found, reason=reason)
        if is_ready:
            carry_out(request.id)
    return ApprovalRequest.objects.select_related("connection", "policy").get(id=request.id)


def rerun_checks(*, actor, request: ApprovalRequest, key: str = "") -> int:
    """Have all checks of an open request measured again, or the one with this key; how many."""
    user = actor.get_username()
    access = access_of(user, request.connection_id)
    if not (access.may("approve", "ModelPackage", request.name) or access.may("update", "ModelPackage", request.name)):
        raise NotAllowed(
            f"No role of {user} on connection {request.connection} lets them run the checks of {request.name}."
        )
    with _as(user), transaction.atomic():
        locks.hold_policies()
        found = _open(request.id)
        requests.ask_checks(found, policies.in_force(found.connection, found.group))
        rows = found.results.exclude(state=CheckResult.RUNNING)
        count = requests.reset_checks(rows.filter(key=key) if key else rows)
        requests.ask_checks(found, policies.in_force(found.connection, found.group))
        requests.write_down("RunApprovalChecks", found, checks=count)
    return count


def ask(*, actor, record: Record) -> ApprovalRequest:
    """Have a version decided, or decided anew: the request that is open, or the one that opens when the version is set back
    to PendingManualApproval, as ``actor``. Raises NotAllowed, Conflict, Away."""
    user, connection = actor.get_username(), record.connection
    if not record.parent:
        raise DeskError("A model package without versions has no approval desk.")
    if not access_of(user, connection.id).may("update", "ModelPackage", record.name):
        raise NotAllowed(f"No role of {user} on connection {connection} allows update_model_package of {record.name}.")
    with _as(user):
        if record.document.get("ModelApprovalStatus") != PENDING:
            _update(connection, record.arn, PENDING, "")
        etags = artifacts.etags(connection, record.document)
        with transaction.atomic():
            locks.hold_policies()
            found = (
                Record.objects.select_for_update(of=("self",)).select_related("connection").filter(id=record.id).first()
            )
            if found is None:
                raise Conflict(f"{record.name} has been deleted meanwhile.")
            known = requests.alive(connection, record.arn)
            request = known or requests.open_for(found, user, etags)
            if known is None:
                requests.write_down("OpenApprovalRequest", request)
    return request


def reconsider(*, actor, request: ApprovalRequest, comment: str) -> ApprovalRequest:
    """Reject a version that was approved: the request opens again, with this one vote, which must count as any."""
    user, comment = actor.get_username(), _clean(comment)
    if not comment:
        raise DeskError("Say why the version shall not be used any more.", "comment")
    with _as(user):
        with transaction.atomic():
            locks.hold_policies()
            found = requests.locked(id=request.id)
            if found is None or found.state != ApprovalRequest.APPROVED:
                raise Conflict(
                    f"Only an approved version can be taken back; {request.name} is {found and found.state}."
                )
            if requests.alive(found.connection, found.arn):
                raise Conflict(f"{found.name} is being decided anew already.")
            found.votes.update(void=True)
            found.state, found.decision, found.decided, found.opened = ApprovalRequest.OPEN, "", None, timezone.now()
            _write_vote(found, user, Vote.REJECT, comment)
            standing = _require_counted(found, user)
            is_ready = _decide(found, standing)
            found.save()
            requests.announce(found, ApprovalRequest.APPROVED, standing.policy)
            requests.write_down("ReconsiderApproval", found, comment=comment)
        if is_ready:
            carry_out(request.id)
    return ApprovalRequest.objects.select_related("connection", "policy").get(id=request.id)


def refresh(request: ApprovalRequest) -> bool:
    """Look whether the version is still made of the bytes that were voted on; if not, void the votes. Whether it was."""
    record = Record.objects.filter(connection_id=request.connection_id, kind="ModelPackage", arn=request.arn).first()
    if record is None:
        return True
    now = artifacts.etags(request.connection, record.document)  # before the transaction: it may go over the network
    if now == request.artifacts:
        return True
    with transaction.atomic():
        found = requests.locked(id=request.id)
        if found is None or found.state not in ApprovalRequest.ALIVE or found.artifacts == now:
            return found is None or found.artifacts == now
        uris = sorted(uri for uri in {**now, **found.artifacts} if now.get(uri) != found.artifacts.get(uri))
        if not found.artifacts and not requests.has_votes(found):  # of an AWS account: seen for the first time
            found.artifacts = now
            found.save(update_fields=["artifacts", "modified"])
            return True
        found.artifacts, found.state, found.decision = now, ApprovalRequest.OPEN, ""
        requests.void_votes(found, f"{', '.join(uris)} changed in S3.")
        found.save()
        requests.write_down("VoidApprovalVotes", found, changed=uris)
    return False


def look_at(request_id: int) -> None:
    """Look at an open request as if for the first time: is it made of the same bytes, and what does the policy say now."""
    request = ApprovalRequest.objects.select_related("connection").get(id=request_id)
    refresh(request)
    decide_if_ready(request_id)


def decide_if_ready(request_id: int) -> None:
    """Look at a request again without a new vote: a check has ended, or a policy was changed."""
    with transaction.atomic():
        locks.hold_policies()
        request = requests.locked(id=request_id, state=ApprovalRequest.OPEN)
        if request is None:
            return
        request.due = None
        standing = examine(request, lock=True)
        request.policy, request.expires = standing.policy, standing.expires
        if standing.is_expired:
            _expire(request, standing)
            return
        requests.ask_checks(request, standing.policy)
        is_ready = requests.has_votes(request) and _decide(request, standing)
        request.save()
    if is_ready:
        carry_out(request_id)


def carry_out(request_id: int) -> None:
    """Make a decision SageMaker's: UpdateModelPackage as who made it. Safe to call twice and at the same time."""
    request = ApprovalRequest.objects.select_related("connection").filter(
        id=request_id, state=ApprovalRequest.DECIDING
    ).first()  # fmt: skip
    if request is None:
        return
    with _as(request.decided_by):
        standing = examine(request)
        try:
            _update(request.connection, request.arn, request.decision, gate.describe_decision(request, standing))
        except calls.CallFailed as error:
            _not_carried_out(request, error)
            return
    with transaction.atomic():  # an AWS account doesn't tell us: the embedded engine has settled it already
        locks.hold_policies()
        found = requests.locked(id=request_id, state=ApprovalRequest.DECIDING)
        if found:
            _settle_here(found)


def expire(request_id: int) -> None:
    """End a request whose time is over under the policy in force."""
    with transaction.atomic():
        locks.hold_policies()
        request = requests.locked(id=request_id, state=ApprovalRequest.OPEN)
        standing = examine(request) if request else None
        if standing and standing.is_expired:
            _expire(request, standing)
        elif request:
            request.expires = standing.expires
            request.save(update_fields=["expires", "modified"])


def _cast(user: str, request_id: int, choice: str, comment: str, seen: str) -> bool:
    """Write a vote down. Whether a decision is to be carried out now."""
    with transaction.atomic():
        locks.hold_policies()
        request = _open(request_id)
        if seen and seen != fingerprint(request):
            raise Conflict(
                f"{request.name} is no longer what you have looked at: its content or its files changed. Look again."
            )
        standing = examine(request)
        if standing.is_expired:
            _expire(request, standing)
        else:
            _write_vote(request, user, choice, comment)
            standing = _require_counted(request, user)
            is_ready = _decide(request, standing)
            request.policy, request.expires = standing.policy, standing.expires
            request.save()
            requests.write_down("VoteApprovalRequest", request, vote=choice, comment=comment)
    if standing.is_expired:
        raise Conflict(f"The request for {request.name} expired on {standing.expires:%-d %B %Y}.")
    return is_ready


def _require_counted(request: ApprovalRequest, user: str) -> Standing:
    """How the request stands with the vote just written; NotAllowed, which takes it back, if it doesn't count.

    Everybody's roles are locked in one go: two votes never wait for each other in a circle.
    """
    standing = examine(request, lock=True)
    fault = next(seat.fault for seat in standing.seats if seat.vote.user == user)
    if fault:
        raise NotAllowed(f"{user} {fault}: the vote on {request.name} doesn't count.")
    return standing


def _write_vote(request: ApprovalRequest, user: str, choice: str, comment: str) -> None:
    Vote.objects.update_or_create(
        request=request, user=user,
        defaults={"choice": choice, "comment": comment, "at": timezone.now(), "void": False},
    )  # fmt: skip
    said = f": {comment}" if comment else "."
    requests.note(request, "vote", f"{_VERDICTS[choice].capitalize()}{said}", user)


def _decide(request: ApprovalRequest, standing: Standing) -> bool:
    """Set a request that is ready to Deciding; whether it is. The caller saves it."""
    decision = REJECTED if standing.is_rejected else APPROVED if standing.is_granted else ""
    if not decision:
        return False
    last = standing.users(Vote.REJECT if decision == REJECTED else Vote.APPROVE)[-1]
    request.state, request.decision, request.decided_by = ApprovalRequest.DECIDING, decision, last
    request.attempts, request.due = 0, timezone.now() + _RETRY  # if this process dies, the desk's tick goes on then
    return True


def _open(request_id: int) -> ApprovalRequest:
    request = requests.locked(id=request_id)
    if request is None:
        raise Conflict("This request is gone.")
    if request.state != ApprovalRequest.OPEN:
        words = f"was {request.state.lower()}" if request.state != ApprovalRequest.DECIDING else "is being decided"
        raise Conflict(f"{request.name} {words}{f' by {request.decided_by}' if request.decided_by else ''} already.")
    return request


def _expire(request: ApprovalRequest, standing: Standing) -> None:
    text = f"Nobody decided within {standing.policy.expiry_days} days."
    requests.end(request, ApprovalRequest.EXPIRED, user="", text=text, standing=standing)
    requests.write_down("ExpireApprovalRequest", request)


def _update(connection, arn: str, status: str, description: str) -> None:
    words = {"ApprovalDescription": description[:1024]} if description else {}
    calls.call(connection, "UpdateModelPackage", ModelPackageArn=arn, ModelApprovalStatus=status, **words)


def _not_carried_out(request: ApprovalRequest, error: calls.CallFailed) -> None:
    """SageMaker refused: the request is open again, and says why. If it can't be reached, it is tried again later."""
    with transaction.atomic():
        locks.hold_policies()
        found = requests.locked(id=request.id, state=ApprovalRequest.DECIDING)
        if found is None or found.decision != request.decision:
            return
        if (error.status >= 500 or error.status == 429) and found.attempts < _MOST_ATTEMPTS:
            found.attempts += 1
            found.due = timezone.now() + _RETRY * min(found.attempts, 12)
        elif "does not exist" in error.message:
            requests.end(found, ApprovalRequest.CANCELLED, user="", text="The version was deleted.")
            return
        else:
            found.state, found.decision, found.decided_by, found.due = ApprovalRequest.OPEN, "", "", None
            requests.note(found, "note", f"Not carried out: {error.message}")
        found.save()


def _settle_here(request: ApprovalRequest) -> None:
    standing = examine(request)
    text = gate.describe_decision(request, standing)
    requests.end(request, request.decision, user=request.decided_by, text=text, standing=standing)
    requests.champion_changed(request)
    if request.connection.is_embedded:
        return  # it had that status before: nothing is deployed again
    if request.decision == APPROVED:
        requests.plan_rollout(request, standing.policy)
    rows = Record.objects.select_for_update().filter(
        connection_id=request.connection_id, kind="ModelPackage", arn=request.arn
    )
    for record in rows:  # the next sync would see it as well
        record.document["ModelApprovalStatus"] = request.decision
        record.save(update_fields=["document"])


def _clean(text: str) -> str:
    text = text.replace("\0", "").strip()
    if len(text) > LONGEST:
        raise DeskError(f"A comment has {LONGEST} characters at most; this has {len(text)}.", "comment")
    return text


@contextmanager
def _as(user: str):
    """Act as the person; as they came, if it is they who are acting already."""
    now = current()
    with acting(now if now.user == user else Actor(user, WORKER if now.via == SYSTEM else now.via)):
        yield
