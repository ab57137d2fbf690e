"""AWS's status words of every noun, sorted into the six states that the design tokens colour."""

import re

RUNNING, OK, WARN, FAIL, STOPPED, WAITING = "running", "ok", "warn", "fail", "stopped", "waiting"

ICONS = {
    RUNNING: "running",
    OK: "check-circle",
    WARN: "exclamation-triangle",
    FAIL: "x-circle",
    STOPPED: "stop-circle",
    WAITING: "clock",
}

WORDS = {
    OK: "Completed Succeeded InService Ready Created Active Approved Issued Available Enabled Running Verified Healthy Used "
    "Passed Done Delivered Serving OK NoIssuesFound",
    FAIL: "Failed DeleteFailed CreateFailed UpdateFailed Rejected UpdateRollbackFailed Error Corrupt Broken Unhealthy ALARM",
    WARN: "CompletedWithViolations SystemUpdating RollingBack OutOfService Incomplete Expired Throttled RolledBack IssuesFound",
    STOPPED: "Stopped Archived Deleted Retired Disabled Inactive Revoked NotStarted Cancelled Draft Replaced",
    WAITING: "Pending PendingManualApproval PendingReview Queued Waiting Scheduled Initializing Open INSUFFICIENT_DATA",
}
STATES = {word: state for state, words in WORDS.items() for word in words.split()}


def state(word: str) -> str:
    """The state of a status word; a word that nobody listed and that ends in -ing is running, any other is stopped."""
    word = str(word or "")
    if word in STATES:
        return STATES[word]
    if word.endswith("ing") or word in ("InProgress", "Following"):
        return RUNNING
    return FAIL if "Fail" in word else STOPPED


def spaced(word: str) -> str:
    """``InProgress`` → ``In progress``; ``InService`` stays AWS's word, as it is what people search for."""
    if word in ("InService",):
        return word
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", word).capitalize() if re.search(r"[a-z][A-Z]", word) else word
