"""Personal tokens of the REST API: make, find, revoke."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from studio.rest.models import ApiToken

USED_EVERY = timedelta(minutes=1)  # how exact last_used is: not a write per request


def create(*, user, name: str, writes: bool = True, expires: datetime | None = None) -> tuple[str, ApiToken]:
    """Make a token. The text is returned once and can't be had again."""
    text = "atl_" + secrets.token_urlsafe(32)
    row = ApiToken.objects.create(
        user=user, name=name, prefix=text[:10], digest=_digest(text), writes=writes, expires=expires
    )
    return text, row


def find(text: str) -> ApiToken | None:
    """The live token with this text, its use noted; None if there is none, or its user may no longer sign in."""
    now = timezone.now()
    live = ApiToken.objects.filter(Q(expires=None) | Q(expires__gt=now), revoked=None, user__is_active=True)
    token = live.select_related("user").filter(digest=_digest(text)).first()
    if token and (token.last_used is None or token.last_used < now - USED_EVERY):
        ApiToken.objects.filter(id=token.id).update(last_used=now)
    return token


def revoke(token: ApiToken) -> None:
    ApiToken.objects.filter(id=token.id, revoked=None).update(revoked=timezone.now())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
