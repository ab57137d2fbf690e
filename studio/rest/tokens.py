"""Personal tokens of the REST API: make, find, revoke."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from catalog import audit
from catalog.models import Connection
from catalog.tokens import ApiToken, digest_of

USED_EVERY = timedelta(minutes=1)  # how exact last_used is: not a write per request


def create(
    *, user, name: str, writes: bool = True, expires: datetime | None = None, connection: Connection | None = None,
    nouns: Iterable[str] = (),
) -> tuple[str, ApiToken]:  # fmt: skip
    """Make a token, good for one connection and some nouns only if any are given. The text is returned once and can't be had
    again."""
    text = "atl_" + secrets.token_urlsafe(32)
    with transaction.atomic():
        row = ApiToken.objects.create(
            user=user, name=name, prefix=text[:10], digest=digest_of(text), writes=writes, expires=expires,
            connection=connection, nouns=sorted(nouns),
        )  # fmt: skip
        audit.append("CreateToken", _target(row), on=connection.name if connection else "", after=_told(row))
    return text, row


def find(text: str) -> ApiToken | None:
    """The live token with this text, its use noted; None if there is none, or its user may no longer sign in."""
    now = timezone.now()
    token = ApiToken.objects.select_related("user").filter(digest=digest_of(text)).first()
    if token is None or token.revoked or not token.user.is_active or (token.expires and token.expires <= now):
        return None
    if token.last_used is None or token.last_used < now - USED_EVERY:
        ApiToken.objects.filter(id=token.id).update(last_used=now)
    return token


def revoke(token: ApiToken) -> None:
    with transaction.atomic():
        if ApiToken.objects.filter(id=token.id, revoked=None).update(revoked=timezone.now()):
            audit.append("RevokeToken", _target(token), before=_told(token))


def _target(token: ApiToken) -> str:
    return f"Token {token.prefix}"


def _told(token: ApiToken) -> dict:
    return {
        "user": token.user.get_username(), "name": token.name, "writes": token.writes, "nouns": token.nouns,
        "expires": token.expires.isoformat() if token.expires else None,
    }  # fmt: skip
