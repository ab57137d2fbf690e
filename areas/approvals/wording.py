"""Requests in words: for the list, the thread, and what a rollout does."""

from registry.approvals import ApprovalRequest, Vote
from registry.artifacts import digest

_ICONS = {
    "opened": "inbox-arrow-down", "vote": "hand-raised", "comment": "chat-bubble-left", "void": "arrow-path",
    "decided": "check-badge", "rollout": "rocket-launch", "note": "information-circle",
}  # fmt: skip
LATEST = 200  # lines of the thread


def tally(request: ApprovalRequest) -> dict:
    """Votes of a request for the list, from what is prefetched."""
    votes = [vote for vote in request.votes.all() if not vote.void]
    counted = {choice: sum(vote.choice == choice for vote in votes) for choice in Vote.CHOICES}
    return {"votes": counted, "needed": request.policy.approvals if request.policy else 1}


def thread(request: ApprovalRequest) -> list[dict]:
    """The newest lines of the thread, oldest first."""
    rows = list(request.remarks.order_by("-id")[:LATEST])
    return [{"remark": row, "icon": _ICONS.get(row.kind, "information-circle")} for row in reversed(rows)]


def mark(request: ApprovalRequest) -> str:
    """Changes with everything that the page shows of what goes on."""
    results = list(request.results.order_by("id").values_list("key", "state", "started"))
    moves = list(request.rollouts.order_by("id").values_list("id", "state"))
    return digest([request.state, request.remarks.count(), results, moves])[:16]


def rollout(settings: dict) -> list[str]:
    """The steps of a rollout, a phrase each."""
    wait = settings.get("wait_seconds", 60)
    if "canary_percent" in settings:
        found = [f"{settings['canary_percent']} % of the traffic for {wait} s, then all of it"]
    elif "linear_percent" in settings:
        found = [f"{settings['linear_percent']} % more of the traffic every {wait} s"]
    else:
        found = [f"All traffic at once, watched for {wait} s"]
    limits = []
    rate = settings.get("max_error_rate", 0.01)
    limits.append(f"more than {100 * rate:g} % of answers are errors")
    if "max_latency_ms" in settings:
        limits.append(f"one answer in ten takes longer than {settings['max_latency_ms']:g} ms")
    return [*found, f"Rolled back by itself if {' or '.join(limits)}"]
