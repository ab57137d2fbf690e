"""An audit entry as a sentence of a story: "alice registered version 3 of churn"."""

import re

import orjson

from areas.audit.phrases import APPROVALS, PHRASES, VERBS
from areas.permissions import of_arn
from catalog.audit import FAILED, REFUSED
from catalog.models import AuditEntry


def sentence(entry: AuditEntry) -> str:
    """What happened, in one plain sentence."""
    who = short(entry.user) or "Atelier"
    past, infinitive = _words(entry)
    if entry.outcome == REFUSED:
        told = f"{who} was not allowed to {infinitive}"
    elif entry.outcome == FAILED:
        told = f"{who} failed to {infinitive}"
    else:
        told = f"{who} {past}"
    why = reason(entry).rstrip(".")  # the sentence gets its own full stop where it stands
    return f"{told.rstrip()}{f': {why}' if why else ''}"


def reason(entry: AuditEntry) -> str:
    """A comment, the reason of a refusal, an approval's description; "" if there is none."""
    detail = document(entry.detail)
    found = detail.get("reason") or detail.get("comment") or ""
    if not found:
        found = request_of(entry).get("ApprovalDescription", "")
    return found.strip() if isinstance(found, str) else ""


def request_of(entry: AuditEntry) -> dict:
    """The request of the call that an entry is about; {} if it was no call."""
    found = document(entry.detail).get("request")
    return found if isinstance(found, dict) else {}


def document(text: str) -> dict:
    """The JSON of an entry's ``before``, ``after`` or ``detail``; what is no object comes as ``{"": value}``."""
    found = orjson.loads(text) if text else {}
    return found if isinstance(found, dict) else {"": found}


def subject(entry: AuditEntry) -> tuple[str, str]:
    """(noun, name) of what it was about: ``("ModelPackage", "churn/3")``; a noun of ours is as it was written."""
    if found := re.match(r"Run \d+ for (\S+) (.+)", entry.target):
        return found[1], found[2]
    if entry.target.startswith("arn:"):
        noun, name, _ = of_arn(entry.target)
        return noun, name
    noun, _, name = entry.target.partition(" ")
    return noun, name


def short(user: str) -> str:
    """A user's name; of a principal's ARN the end of it; somebody whom nobody knows is in parentheses in the log."""
    if user.startswith("("):
        return "somebody"
    return user.rpartition("/")[2] or user if user.startswith("arn:") and "/" in user else user


def _words(entry: AuditEntry) -> tuple[str, str]:
    """What was done, in the past and in the infinitive, with the thing that it was done to."""
    noun, name = subject(entry)
    what = thing(noun, name)
    if phrases := PHRASES.get(entry.action):
        places = _Places(document(entry.before) | document(entry.after) | document(entry.detail), what=what)
        return phrases[0].format_map(places), phrases[1].format_map(places)
    status = document(entry.after).get("ModelApprovalStatus")
    if entry.action == "UpdateModelPackage" and status in APPROVALS:
        past, infinitive = APPROVALS[status]
    elif entry.action == "CreateModelPackage" and "/" in name:
        past, infinitive = "registered", "register"
    else:
        return _from_action(entry.action, noun, what)
    return f"{past} {what}", f"{infinitive} {what}"


def _from_action(action: str, noun: str, what: str) -> tuple[str, str]:
    first, *rest = re.findall(r"[A-Z][a-z0-9]*|[A-Z]+(?![a-z])|[a-z]+", action) or [""]
    past, infinitive = VERBS.get(first, (f"did {action} on", f"do {action} on"))
    about = " ".join(word.lower() for word in rest).removeprefix(_spaced(noun)).strip()
    if first in VERBS and about not in ("", "version"):
        what = f"the {about} of {what}" if what else about
    return f"{past} {what}".rstrip(), f"{infinitive} {what}".rstrip()


class _Places(dict):
    """The values that a phrase may name; a place without one is "?"."""

    def __init__(self, found: dict, what: str):
        connection = found.get("connection")
        where = f" on {'every connection' if connection == '*' else connection}" if connection else ""
        vote = "ask for changes to" if found.get("vote") == "changes" else found.get("vote", "?")
        super().__init__({**found, "what": what, "where": where, "vote": vote})

    def __missing__(self, name: str) -> str:
        return "?"


def thing(noun: str, name: str) -> str:
    """``version 3 of churn``, ``training job penguins``"""
    if noun == "ModelPackage" and "/" in name:
        group, _, version = name.rpartition("/")
        return f"version {version} of {group}"
    return f"{_spaced(noun)} {name}".strip()


def _spaced(noun: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", noun).lower()
