"""Who calls, known from the Authorization header: a personal token (Bearer), or an access key of the engine (Basic).

What somebody may do is kept for TTL seconds, as the data plane does, so that logging a metric asks the database nothing.
"""

import base64
import binascii
import hashlib
import hmac
import time
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from areas.experiments.mlflow.errors import MlflowError, missing
from catalog.access import EVERYTHING, Access, access_of
from catalog.models import Connection
from catalog.tokens import ApiToken, digest_of
from engine.wire import keys

TTL = 2.0  # seconds
USED_EVERY = timedelta(minutes=1)  # how exact a token's last_used is: not a write per request


@dataclass
class Caller:
    """Somebody on a connection. ``writable`` are the runs that a request has found writable: run id → id of its Record."""

    user: str  # "" is the account's root
    principal: str
    connection: Connection
    access: Access
    nouns: tuple[str, ...] = ()
    expires: float | None = None  # epoch seconds, of the token or key
    read_at: float = field(default_factory=time.monotonic)
    writable: dict[str, int] = field(default_factory=dict)

    @property
    def is_fresh(self) -> bool:
        return time.monotonic() - self.read_at < TTL and (self.expires is None or time.time() < self.expires)


_kept: dict[tuple[str, str], Caller] = {}


def remembered(header: str, connection: str) -> Caller | None:
    """Whoever sent this header for this connection less than TTL seconds ago. Never touches the database."""
    found = _kept.get((_fingerprint(header), connection))
    return found if found and found.is_fresh else None


def read(header: str, connection: str) -> Caller:
    """Whoever sends this header, from the database, kept for ``remembered``. Where they have no role, there is no connection.

    Raises UNAUTHENTICATED, RESOURCE_DOES_NOT_EXIST (no such embedded connection, or none for them).
    """
    scheme, _, given = header.partition(" ")
    if scheme.lower() == "bearer":
        caller = _by_token(given.strip(), connection)
    elif scheme.lower() == "basic":
        caller = _by_key(given.strip(), connection)
    else:
        raise _unknown("Set MLFLOW_TRACKING_TOKEN to a personal token, or MLFLOW_TRACKING_USERNAME and _PASSWORD to an "
                       "access key's id and secret.")  # fmt: skip
    if len(_kept) >= 10_000:
        _kept.clear()
    _kept[_fingerprint(header), connection] = caller
    return caller


def _by_token(text: str, name: str) -> Caller:
    now = timezone.now()
    token = ApiToken.objects.select_related("user").filter(digest=digest_of(text)).first()
    if token is None or token.revoked or not token.user.is_active or (token.expires and token.expires <= now):
        raise _unknown("The token is unknown, expired or revoked.")
    if token.last_used is None or token.last_used < now - USED_EVERY:
        ApiToken.objects.filter(id=token.id).update(last_used=now)
    user = token.user.get_username()
    connection = _connection(name)
    access = token.narrow(access_of(user, connection.id), connection.id)
    if not access.is_everything and not access.rules:
        raise _no_connection(name)
    expires = token.expires.timestamp() if token.expires else None
    principal = f"arn:aws:iam::{connection.account}:user/{user}"
    return Caller(user, principal, connection, access, tuple(token.nouns), expires)


def _by_key(given: str, name: str) -> Caller:
    try:
        key_id, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise _unknown("The Authorization header can't be read.") from None
    key = keys.read(key_id)
    wanted = f"{key.secret}:{key.session_token}" if key and key.session_token else key.secret if key else ""
    is_right = hmac.compare_digest(secret.encode(), wanted.encode()) if key else False
    if not is_right or (key.expires is not None and key.expires <= time.time()):
        raise _unknown("The access key is unknown, its secret is wrong, or it has expired.")
    if keys.is_use_due(key_id):
        keys.note_use(key_id)
    connection = _connection(name)
    access = access_of(key.user, connection.id) if key.user else EVERYTHING
    access = access.only(None, key.nouns or None)
    if key.account != connection.account or not (access.is_everything or access.rules):
        raise _no_connection(name)
    return Caller(key.user, key.principal, connection, access, key.nouns, key.expires)


def _connection(name: str) -> Connection:
    found = Connection.objects.filter(name=name, backend=Connection.EMBEDDED).first()
    if found is None:
        raise _no_connection(name)
    return found


def _no_connection(name: str) -> MlflowError:
    return missing(f"There is no embedded connection {name!r} for you; the tracking URI ends in /mlflow/<connection>.")


def _unknown(why: str) -> MlflowError:
    return MlflowError("UNAUTHENTICATED", why)


def _fingerprint(header: str) -> str:
    return hashlib.sha256(header.encode()).hexdigest()
