"""Access keys as the gateway sees them: rows of AccessKey, kept in memory for a few seconds.

A revoked key is refused after at most TTL seconds. When the database can't be asked, a key seen in the last STALE
seconds still opens the door, so that endpoints go on answering while the database restarts.
"""

import logging
import time
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from catalog.models import AccessKey

log = logging.getLogger(__name__)

TTL = 1.5  # with the time of a request, a revoked key is refused within two seconds
STALE = 300.0
NOTED_EVERY = 60.0  # how exact AccessKey.last_used is: not a write per request


@dataclass(frozen=True)
class Key:
    key_id: str
    secret: str
    session_token: str
    account: str
    principal: str
    user: str
    speaks_for_others: bool
    expires: float | None  # epoch seconds
    nouns: tuple[str, ...] = ()


_seen: dict[str, tuple[float, Key]] = {}
_noted: dict[str, float] = {}


def remembered(key_id: str) -> Key | None:
    """The key, if it was read less than TTL seconds ago. Never touches the database."""
    found = _seen.get(key_id)
    return found[1] if found and time.monotonic() - found[0] < TTL else None


def read(key_id: str) -> Key | None:
    """The key from the database; None if there is none that is active."""
    try:
        row = AccessKey.objects.filter(key_id=key_id, active=True).first()
    except (DatabaseError, InterfaceError):
        at, key = _seen.get(key_id, (0.0, None))
        if key and time.monotonic() - at < STALE:
            return key
        raise
    if row is None:
        _seen.pop(key_id, None)
        return None
    key = Key(
        row.key_id, row.secret, row.session_token, row.account, row.principal, row.user, row.speaks_for_others,
        row.expires.timestamp() if row.expires else None, tuple(row.nouns),
    )  # fmt: skip
    if len(_seen) >= 10_000:
        _seen.clear()
    _seen[key_id] = (time.monotonic(), key)
    return key


def is_use_due(key_id: str) -> bool:
    """Whether the use of a key is to be written down (``note_use``): the first time in a minute that this is asked."""
    now = time.monotonic()
    if now - _noted.get(key_id, -NOTED_EVERY) < NOTED_EVERY:
        return False
    if len(_noted) >= 10_000:
        _noted.clear()
    _noted[key_id] = now
    return True


def note_use(key_id: str) -> None:
    """Write down that a key was used now. Nothing depends on it, so a database that is away is no failure."""
    try:
        AccessKey.objects.filter(key_id=key_id).update(last_used=timezone.now())
    except (DatabaseError, InterfaceError):
        log.warning("the use of key %s could not be written down", key_id, exc_info=True)
