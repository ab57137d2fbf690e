"""Access keys of the embedded engine that people make for themselves."""

import secrets
from datetime import datetime

from django.db import transaction

from catalog import audit
from catalog.access import access_of, connections_of
from catalog.models import AccessKey, Connection
from studio.people.power import Refused

LIMIT = 20  # live keys of one person


def accounts_of(user) -> dict[str, list[Connection]]:
    """The embedded accounts that a user has a role in, each with its connections there."""
    found: dict[str, list[Connection]] = {}
    for connection in connections_of(user).filter(backend=Connection.EMBEDDED).order_by("account", "region"):
        found.setdefault(connection.account, []).append(connection)
    return found


def make_key(user, *, account: str, label: str, expires: datetime | None) -> AccessKey:
    """Make a key with which boto3 does what its owner may do. Raises Refused."""
    if account not in accounts_of(user):
        raise Refused(f"You have no role in an embedded account {account or 'without a number'}.")
    if not 0 < len(label) <= 64:
        raise Refused("A key needs a label of at most 64 characters, so that you know it again.")
    if keys_of(user).count() >= LIMIT:
        raise Refused(f"You have {LIMIT} keys: revoke one first.")
    with transaction.atomic():
        key = AccessKey.objects.create(
            key_id="AKIA" + secrets.token_hex(8).upper(), secret=secrets.token_urlsafe(30), account=account,
            principal=f"arn:aws:iam::{account}:user/{user.username}", user=user.username, label=label, expires=expires,
        )  # fmt: skip
        audit.append("CreateAccessKey", f"AccessKey {key.key_id}", after=_told(key))
    return key


def revoke_key(key: AccessKey, *, by) -> None:
    """Make a key useless: the wire refuses it within two seconds. Raises Refused."""
    if by is not None and key.user != by.username and not access_of(by.username, None).may("manage", "User"):
        raise Refused("Only its owner, or who may manage users on every connection, can revoke a key.")
    with transaction.atomic():
        if AccessKey.objects.filter(key_id=key.key_id, active=True).update(active=False):
            audit.append("RevokeAccessKey", f"AccessKey {key.key_id}", before=_told(key))


def keys_of(user):
    """A user's live keys, the newest first."""
    return AccessKey.objects.filter(user=user.username, active=True).order_by("-created", "key_id")


def _told(key: AccessKey) -> dict:
    expires = key.expires.isoformat() if key.expires else None
    return {"user": key.user, "account": key.account, "label": key.label, "expires": expires}
