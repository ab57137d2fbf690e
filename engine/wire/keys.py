"""Access keys as the gateway sees them: rows of AccessKey, kept in memory for a few seconds.

A revoked key is refused after at most TTL seconds. When the database can't be asked, a key seen in the last STALE
seconds still opens the door, so that endpoints go on answering while the database restarts.
"""

import time
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError

from catalog.models import AccessKey

TTL = 5.0
STALE = 300.0


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


_seen: dict[str, tuple[float, Key]] = {}


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
        row.expires.timestamp() if row.expires else None,
    )  # fmt: skip
    if len(_seen) >= 10_000:
        _seen.clear()
    _seen[key_id] = (time.monotonic(), key)
    return key
