"""How a request stands under the policy in force now: whose votes count, what is missing, what its checks say."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from catalog.access import access_of
from registry import checks, policies
from registry.approvals import ApprovalPolicy, ApprovalRequest, CheckResult, Vote
from registry.artifacts import digest
from registry.voters import find_faults


@dataclass(frozen=True)
class Seat:
    """A vote, and whether it counts now; ``fault`` says why it doesn't."""

    vote: Vote
    fault: str

    @property
    def counts(self) -> bool:
        return not self.fault


@dataclass(frozen=True)
class CheckLine:
    """A check of the policy in force, and its result, if there is one for the version as it is."""

    settings: dict
    result: CheckResult | None

    @property
    def key(self) -> str:
        return checks.key_of(self.settings)

    @property
    def title(self) -> str:
        return checks.title_of(self.settings)

    @property
    def limit(self) -> str:
        return checks.limit_of(self.settings)

    @property
    def required(self) -> bool:
        return self.settings["required"]

    @property
    def state(self) -> str:
        return self.result.state if self.result else CheckResult.WAITING

    @property
    def took(self) -> float | None:
        """Seconds that measuring it took."""
        done = self.result and self.result.started and self.result.ended
        return (self.result.ended - self.result.started).total_seconds() if done else None

    @property
    def blocks(self) -> bool:
        return self.required and self.state != CheckResult.PASSED


@dataclass(frozen=True)
class Standing:
    policy: ApprovalPolicy | None
    needed: int  # approvals
    seats: tuple[Seat, ...]
    lines: tuple[CheckLine, ...]
    is_overridden: bool
    expires: datetime | None
    is_expired: bool

    def users(self, choice: str) -> list[str]:
        """Who voted so, in the order of their votes; only votes that count."""
        return [seat.vote.user for seat in self.seats if seat.counts and seat.vote.choice == choice]

    @property
    def approvals(self) -> list[str]:
        return self.users(Vote.APPROVE)

    @property
    def blocking(self) -> list[CheckLine]:
        return [] if self.is_overridden else [line for line in self.lines if line.blocks]

    @property
    def is_granted(self) -> bool:
        return not self.is_expired and not self.missing

    @property
    def is_rejected(self) -> bool:
        against = len(self.users(Vote.REJECT))
        lone = self.policy is None or self.policy.one_rejection_rejects
        return not self.is_expired and against >= (1 if lone else self.needed)

    @property
    def missing(self) -> list[str]:
        """What an approval still needs, a phrase each."""
        found = []
        if len(self.approvals) < self.needed:
            of = f" of {' or '.join(self.policy.roles)}" if self.policy and self.policy.roles else ""
            who = f" ({', '.join(self.approvals)})" if self.approvals else ""
            plural = "s" if self.needed > 1 else ""
            found.append(f"it needs {self.needed} approval{plural}{of} and has {len(self.approvals)}{who}")
        if self.users(Vote.REJECT):
            found.append(f"{', '.join(self.users(Vote.REJECT))} rejected it")
        if self.users(Vote.CHANGES):
            found.append(f"{', '.join(self.users(Vote.CHANGES))} asked for changes")
        for line in self.blocking:
            words = {CheckResult.FAILED: "failed"}.get(line.state, "has not been run yet")
            found.append(f"the check {line.title} ({line.limit}) {words}")
        return found


def examine(request: ApprovalRequest, *, lock: bool = False) -> Standing:
    """How the request stands now. With ``lock`` (in a transaction, after ``locks.hold_policies``) it stays so until the end."""
    return judge(request, policies.in_force(request.connection, request.group), lock=lock)


def judge(request: ApprovalRequest, policy: ApprovalPolicy | None, *, lock: bool = False) -> Standing:
    """How the request stands under ``policy``."""
    votes = [vote for vote in request.votes.all() if not vote.void]
    faults = find_faults(
        [vote.user for vote in votes], connection=request.connection, name=request.name, policy=policy,
        authors=request.authors, lock=lock,
    )  # fmt: skip
    expires = policies.expiry_of(policy, request.opened)
    return Standing(
        policy=policy,
        needed=policy.approvals if policy else 1,
        seats=tuple(Seat(vote, faults[vote.user]) for vote in votes),
        lines=tuple(check_lines(request, policy)),
        is_overridden=_is_overridden(request, policy),
        expires=expires,
        is_expired=bool(expires) and expires <= timezone.now() and request.state in ApprovalRequest.ALIVE,
    )


def check_lines(request: ApprovalRequest, policy: ApprovalPolicy | None) -> Iterable[CheckLine]:
    """The checks of the policy, each with its result, if that is about the version as it is now."""
    if policy is None or not policy.checks:
        return
    mark = fingerprint(request)
    results = {result.key: result for result in request.results.all()}
    for settings in policy.checks:
        result = results.get(checks.key_of(settings))
        yield CheckLine(settings, result if result and result.content == mark else None)


def fingerprint(request: ApprovalRequest) -> str:
    """What a vote or a check is about: the version's content and the bytes that it is made of and judged by."""
    return digest([request.content, request.artifacts])


def _is_overridden(request: ApprovalRequest, policy: ApprovalPolicy | None) -> bool:
    if policy is None or not request.override or not policy.override_allowed:
        return False
    return access_of(request.override_by, request.connection_id).may("manage", policies.NOUN, policy.name)
