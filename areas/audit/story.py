"""An audit entry as a sentence of a story: "alice registered version 3 of churn"."""

import re

import orjson

from areas.permissions import of_arn
from catalog.audit import FAILED, REFUSED
from catalog.models import AuditEntry

# What the operations' own words don't say well: (past, infinitive).
_VERBS = {
    "Create": ("created", "create"), "Update": ("changed", "change"), "Delete": ("deleted", "delete"),
    "Stop": ("stopped", "stop"), "Start": ("started", "start"), "Add": ("added", "add"), "Put": ("set", "set"),
    "Remove": ("removed", "remove"), "Import": ("imported", "import"), "Register": ("registered", "register"),
    "Approve": ("approved", "approve"), "Reject": ("rejected", "reject"), "Revoke": ("revoked", "revoke"),
    "Disable": ("disabled", "disable"), "Enable": ("enabled", "enable"), "Grant": ("granted", "grant"),
    "Retry": ("retried", "retry"), "Rotate": ("renewed", "renew"), "Open": ("opened", "open"),
    "Vote": ("voted on", "vote on"), "Deploy": ("deployed", "deploy"), "Cancel": ("cancelled", "cancel"),
    "Expire": ("let expire", "let expire"), "Override": ("overrode", "override"), "Undo": ("undid", "undo"),
    "Sign": ("signed", "sign"), "Lock": ("locked", "lock"), "Unlock": ("unlocked", "unlock"),
    "Archive": ("archived", "archive"), "Restore": ("restored", "restore"), "Upload": ("uploaded", "upload"),
    "Change": ("changed", "change"), "Set": ("set", "set"), "Make": ("made", "make"), "Run": ("ran", "run"),
    "Send": ("sent", "send"), "Invoke": ("asked", "ask"), "Associate": ("tied", "tie"), "Batch": ("worked on", "work on"),
}  # fmt: skip

_STATUS = {"Approved": ("approved", "approve"), "Rejected": ("rejected", "reject"),
           "PendingManualApproval": ("asked for approval of", "ask for approval of")}  # fmt: skip


def sentence(entry: AuditEntry) -> str:
    """What happened, in one plain sentence."""
    who = short(entry.user) or "Atelier"
    past, infinitive, what = _words(entry)
    if entry.outcome == REFUSED:
        told = f"{who} was not allowed to {infinitive} {what}"
    elif entry.outcome == FAILED:
        told = f"{who} failed to {infinitive} {what}"
    else:
        told = f"{who} {past} {what}"
    why = reason(entry)
    return f"{told.rstrip()}{f': {why}' if why else ''}"


def reason(entry: AuditEntry) -> str:
    """A comment, the reason of a refusal, an approval's description; "" if there is none."""
    detail = document(entry.detail)
    found = detail.get("reason") or detail.get("comment") or ""
    if not found:
        found = (detail.get("request") or {}).get("ApprovalDescription", "")
    return found.strip() if isinstance(found, str) else ""


def document(text: str) -> dict:
    """The JSON of an entry's ``before``, ``after`` or ``detail``; what is no object comes as ``{"": value}``."""
    found = orjson.loads(text) if text else {}
    return found if isinstance(found, dict) else {"": found}


def subject(entry: AuditEntry) -> tuple[str, str]:
    """(noun, name) of what it was about: ``("ModelPackage", "churn/3")``; a noun of ours is as it was written."""
    if entry.target.startswith("arn:"):
        noun, name, _ = of_arn(entry.target)
        return noun, name
    noun, _, name = entry.target.partition(" ")
    return noun, name


def short(user: str) -> str:
    """A user's name; of a principal's ARN the end of it."""
    return user.rpartition("/")[2] or user if user.startswith("arn:") and "/" in user else user


def _words(entry: AuditEntry) -> tuple[str, str, str]:
    noun, name = subject(entry)
    status = document(entry.after).get("ModelApprovalStatus")
    if entry.action == "UpdateModelPackage" and status in _STATUS:
        return *_STATUS[status], thing(noun, name)
    if entry.action == "CreateModelPackage" and "/" in name:
        return "registered", "register", thing(noun, name)
    first, *rest = re.findall(r"[A-Z][a-z0-9]*|[A-Z]+(?![a-z])|[a-z]+", entry.action) or [""]
    past, infinitive = _VERBS.get(first, (f"did {entry.action} on", f"do {entry.action} on"))
    if first not in _VERBS:
        return past, infinitive, thing(noun, name)
    about = " ".join(word.lower() for word in rest)
    of = thing(noun, name)
    if not about or not of or about == _spaced(noun) or about.endswith(_spaced(noun)):
        return past, infinitive, of or about
    return past, infinitive, f"{about} of {of}"


def thing(noun: str, name: str) -> str:
    """``version 3 of churn``, ``training job penguins``"""
    if noun == "ModelPackage" and "/" in name:
        group, _, version = name.rpartition("/")
        return f"version {version} of {group}"
    return f"{_spaced(noun)} {name}".strip()


def _spaced(noun: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", noun).lower()
