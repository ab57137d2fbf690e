"""The audit log: every change, by whom, from where, before and after, in a chain of hashes.

``append`` belongs into the transaction of the change, as its last statement: either both are kept, or neither. Writers
queue for the end of the chain from there until they commit.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

import orjson
from django.db import connection, transaction
from django.utils import timezone

from catalog.actor import Actor, current
from catalog.models import AuditEntry, AuditHead

DONE, REFUSED, FAILED = "Done", "Refused", "Failed"
LIMIT = 32_768  # characters of before, after and detail each; more is cut to a digest of itself

_LOCK = 7_365_001  # of PostgreSQL's advisory locks; SQLite has one writer anyway


def append(
    action: str, target: str = "", *, on: str = "", before=None, after=None, detail=None, outcome: str = DONE,
    actor: Actor | None = None,
) -> AuditEntry:  # fmt: skip
    """Add an entry. ``on`` is a connection's name; ``before``, ``after`` and ``detail`` are JSON values, without secrets."""
    actor = actor or current()
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        head, _ = AuditHead.objects.get_or_create(id=1)
        entry = AuditEntry(
            number=head.number + 1, at=timezone.now(), user=(actor.user or actor.principal)[:256], via=actor.via,
            source=actor.source[:64], connection=on, action=action[:96], target=target[:2048], outcome=outcome,
            before=_text(before), after=_text(after), detail=_text(detail),
        )  # fmt: skip
        entry.hash = digest(entry, head.hash)
        entry.save(force_insert=True)
        AuditHead.objects.filter(id=1).update(number=entry.number, hash=entry.hash)
    return entry


def digest(entry: AuditEntry, previous: str) -> str:
    """SHA-256, in hexadecimal, of the hash before and the entry's fields, as JSON."""
    fields = [
        previous, entry.number, entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), entry.user, entry.via,
        entry.source, entry.connection, entry.action, entry.target, entry.outcome, entry.before, entry.after,
        entry.detail,
    ]  # fmt: skip
    return hashlib.sha256(orjson.dumps(fields)).hexdigest()


@dataclass(frozen=True)
class Fault:
    number: int  # of the entry that isn't what was written, or the first that is missing
    what: str


def verify(entries: Iterator[AuditEntry] | None = None) -> Iterator[Fault]:
    """Every entry that was altered, taken out or put in, in order. None: the log is whole.

    An entry that was altered doesn't spoil those after it: each is checked against the hash that the one before it has now.
    """
    number, previous = 0, ""
    if entries is None:
        entries = AuditEntry.objects.order_by("number").iterator(chunk_size=2000)
    for entry in entries:
        if entry.number < 1:
            yield Fault(entry.number, f"entry {entry.number} ({entry}) was put in: the log begins with 1")
            continue
        if entry.number != number + 1:
            lost = (
                f"entry {number + 1}" if entry.number == number + 2 else f"entries {number + 1} to {entry.number - 1}"
            )
            yield Fault(number + 1, f"{lost} missing")
        elif entry.hash != digest(entry, previous):
            yield Fault(entry.number, f"entry {entry.number} ({entry}) was altered, or the hash before it was")
        number, previous = entry.number, entry.hash
    head = AuditHead.objects.filter(id=1).first()
    if head and head.number > number:
        lost = f"entry {head.number}" if head.number == number + 1 else f"entries {number + 1} to {head.number}"
        yield Fault(number + 1, f"{lost} missing at the end")
    elif number and (head is None or (head.number, head.hash) != (number, previous)):
        yield Fault(number, f"entry {number} is not the one that was written last")


def changed(before: dict | None, after: dict | None) -> tuple[dict | None, dict | None]:
    """Two documents, less the members that are the same in both."""
    if before is None or after is None:
        return before, after
    names = [name for name in chain(before, (name for name in after if name not in before))
             if before.get(name) != after.get(name)]  # fmt: skip
    return {name: before.get(name) for name in names}, {name: after.get(name) for name in names}


def redact(request: dict) -> dict:
    """A request without what may be a secret: the values of environment variables, and members called so."""
    return {
        name: dict.fromkeys(value, "***") if name == "Environment" and isinstance(value, dict)
        else "***" if isinstance(value, str) and _is_secret(name)
        else redact(value) if isinstance(value, dict)
        else [redact(one) if isinstance(one, dict) else one for one in value] if isinstance(value, list)
        else value
        for name, value in request.items()
    }  # fmt: skip


def _is_secret(name: str) -> bool:
    words = name.lower()
    return any(word in words for word in ("password", "secret", "credential")) or words.endswith("token")


def _text(value) -> str:
    if value is None:
        return ""
    text = orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode()
    if len(text) > LIMIT:
        short = {"cut": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest(), "begins": text[:1000]}
        return orjson.dumps(short).decode()
    return text


def _plain(value):
    return value.isoformat() if isinstance(value, datetime) else value.hex() if isinstance(value, bytes) else str(value)
