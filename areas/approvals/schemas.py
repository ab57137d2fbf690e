"""What the approval desk's routes take and give."""

from datetime import datetime

from ninja import Field, Schema

from registry.approvals import ApprovalPolicy, ApprovalRequest, PolicyVersion, Remark, Rollout
from registry.policies import MEMBERS
from registry.standing import Standing, examine, fingerprint


class VoteOut(Schema):
    """A vote; ``fault`` says why it doesn't count now."""

    user: str
    choice: str
    comment: str
    at: datetime
    counts: bool
    fault: str


class CheckOut(Schema):
    """A check of the policy in force, and what was measured of the version as it is now."""

    key: str
    title: str
    kind: str
    required: bool
    limit: str
    state: str = Field(description="Waiting, Running, Passed or Failed.")
    measured: str
    reason: str
    seconds: float | None


class RolloutOut(Schema):
    """A version's way onto an endpoint, or (``is_undo``) back."""

    id: int
    connection: str
    endpoint: str
    package: str
    state: str
    reason: str
    user: str
    is_undo: bool
    run: int | None
    created: datetime
    ended: datetime | None


class RemarkOut(Schema):
    """A line of the thread."""

    kind: str
    user: str
    text: str
    at: datetime


class RequestOut(Schema):
    """An approval request."""

    id: int
    name: str
    group: str
    arn: str
    state: str
    decision: str
    authors: list[str]
    policy: str
    opened: datetime
    expires: datetime | None
    decided: datetime | None
    decided_by: str
    reason: str
    outside: bool


class RequestDetail(RequestOut):
    """A request as it stands under the policy in force now. ``seen`` goes back with a vote: it is about what you have read."""

    needed: int
    approvals: list[str]
    missing: list[str]
    votes: list[VoteOut]
    checks: list[CheckOut]
    rollouts: list[RolloutOut]
    thread: list[RemarkOut]
    seen: str


class RequestPage(Schema):
    items: list[RequestOut]
    next_cursor: str | None


class AskIn(Schema):
    name: str = Field(max_length=256, description="The model version, as churn/3.")

    model_config = {"json_schema_extra": {"examples": [{"name": "penguins/3"}]}}


class VoteIn(Schema):
    choice: str = Field(pattern="^(approve|reject|changes)$")
    comment: str = Field("", max_length=4000)
    seen: str = Field("", description="What the request answered as seen; a vote on anything else is refused.")

    model_config = {
        "json_schema_extra": {"examples": [{"choice": "approve", "comment": "Better on all three islands."}]}
    }


class RemarkIn(Schema):
    comment: str = Field(min_length=1, max_length=4000)

    model_config = {"json_schema_extra": {"examples": [{"comment": "What about the chinstraps?"}]}}


class ReasonIn(Schema):
    reason: str = Field(min_length=1, max_length=1000)

    model_config = {"json_schema_extra": {"examples": [{"reason": "It mistakes chinstraps for gentoos."}]}}


class CountOut(Schema):
    count: int


class PolicyIn(Schema):
    """A policy. ``checks`` and ``on_approval`` are described in the documentation of the approval desk."""

    name: str = Field(max_length=64)
    groups: str = Field("*", max_length=128)
    approvals: int = 1
    roles: list[str] = []
    author_may_approve: bool = False
    one_rejection_rejects: bool = True
    override_allowed: bool = False
    checks: list[dict] = []
    expiry_days: int = 0
    on_approval: dict = {}
    enabled: bool = True
    everywhere: bool = Field(False, description="In force on every connection, not only on this one.")
    version: int | None = Field(None, description="The version that you have read; 409 if it has been changed since.")

    model_config = {"json_schema_extra": {"examples": [
        {"name": "two-reviewers", "groups": "penguins*", "approvals": 2, "roles": ["Reviewer"]}
    ]}}  # fmt: skip


class PolicyOut(Schema):
    id: int
    connection: str = Field(description="Its name; empty for every connection.")
    name: str
    groups: str
    approvals: int
    roles: list[str]
    author_may_approve: bool
    one_rejection_rejects: bool
    override_allowed: bool
    checks: list[dict]
    expiry_days: int
    on_approval: dict
    enabled: bool
    version: int
    modified: datetime
    modified_by: str


class PolicyList(Schema):
    items: list[PolicyOut]


class PolicyVersionOut(Schema):
    number: int
    by: str
    at: datetime
    deleted: bool
    document: dict


class PolicyVersionList(Schema):
    items: list[PolicyVersionOut]


class PreviewLine(Schema):
    name: str
    status: str
    would_pass: bool
    faults: list[str]


class PreviewOut(Schema):
    items: list[PreviewLine]


def request_out(one: ApprovalRequest) -> dict:
    members = ("id", "name", "group", "arn", "state", "decision", "authors", "opened", "expires", "decided", "decided_by",
               "reason", "outside")  # fmt: skip
    return {member: getattr(one, member) for member in members} | {"policy": one.policy.name if one.policy else ""}


def request_detail(one: ApprovalRequest) -> dict:
    standing = examine(one)
    return request_out(one) | {
        "policy": standing.policy.name if standing.policy else "", "needed": standing.needed,
        "approvals": standing.approvals, "missing": standing.missing if one.state in ApprovalRequest.ALIVE else [],
        "votes": _votes(standing), "checks": _checks(standing), "seen": fingerprint(one),
        "rollouts": [rollout_out(row) for row in one.rollouts.select_related("connection")],
        "thread": [remark_out(row) for row in one.remarks.order_by("-id")[:200]][::-1],
    }  # fmt: skip


def remark_out(row: Remark) -> dict:
    return {"kind": row.kind, "user": row.user, "text": row.text, "at": row.at}


def rollout_out(row: Rollout) -> dict:
    members = ("id", "endpoint", "package", "state", "reason", "user", "is_undo", "run", "created", "ended")
    return {member: getattr(row, member) for member in members} | {"connection": row.connection.name}


def policy_out(policy: ApprovalPolicy) -> dict:
    where = policy.connection.name if policy.connection else ""
    members = ("id", *MEMBERS, "version", "modified", "modified_by")
    return {member: getattr(policy, member) for member in members} | {"connection": where}


def version_out(one: PolicyVersion) -> dict:
    return {member: getattr(one, member) for member in ("number", "by", "at", "deleted", "document")}


def _votes(standing: Standing) -> list[dict]:
    return [
        {"user": seat.vote.user, "choice": seat.vote.choice, "comment": seat.vote.comment, "at": seat.vote.at,
         "counts": seat.counts, "fault": seat.fault} for seat in standing.seats
    ]  # fmt: skip


def _checks(standing: Standing) -> list[dict]:
    return [
        {"key": line.key, "title": line.title, "kind": line.settings["kind"], "required": line.required,
         "limit": line.limit, "state": line.state, "measured": line.result.measured if line.result else "",
         "reason": line.result.reason if line.result else "", "seconds": line.took} for line in standing.lines
    ]  # fmt: skip
