"""Telling people something: kept for the bell and, where they want it, sent by e-mail."""

from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from registry.notices.kinds import KINDS
from registry.notices.models import Notification, Wish


def tell(user, *, kind: str, text: str, url: str = "") -> None:
    """Tell one person (a user, or a user name: one that nobody has is passed over) in one sentence. ``kind`` is of
    ``registry.notices.kinds``, ``url`` a path on the Studio. Call it in the transaction of what it tells of."""
    tell_all([user], kind=kind, text=text, url=url)


def tell_all(users: Iterable, *, kind: str, text: str, url: str = "") -> None:
    """Tell many people the same, each once, as each of them wishes. Three statements at most, however many they are."""
    declared = KINDS[kind]
    found = _people(list(users))
    wishes = {wish.user_id: wish for wish in Wish.objects.filter(user__in=found, kind=kind)} if found else {}
    rows = []
    for user in found:
        wish = wishes.get(user.id)
        here, mail = (wish.here, wish.mail) if wish else (True, declared.mail)
        mail = bool(mail and user.email and settings.EMAIL_URL)
        if here or mail:
            rows.append(
                Notification(
                    user=user,
                    kind=kind,
                    text=text[:512],
                    url=url,
                    shown=here,
                    mail=Notification.WAITING if mail else "",
                    mail_due=timezone.now() if mail else None,
                )
            )  # fmt: skip
    Notification.objects.bulk_create(rows)


def _people(users: list) -> list:
    names = {user for user in users if isinstance(user, str) and user}
    known = {user.id: user for user in users if not isinstance(user, str) and user is not None}
    if names:
        known |= {user.id: user for user in get_user_model().objects.filter(username__in=names, is_active=True)}
    return [user for user in known.values() if user.is_active]
