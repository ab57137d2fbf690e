"""Who is to be told: the people whose roles allow something."""

from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q

from catalog.access import Rule
from catalog.models import Connection, Grant, Role


def who_may(
    verb: str, noun: str, *, connection: Connection | None, name: str = "", roles: Iterable[str] | None = None
) -> list:
    """The active users whose roles allow ``verb`` on the ``noun`` called ``name`` there, in two statements however many they
    are. ``roles``: names of the only roles that count; then superusers without one of them don't. Rules that ask for tags
    count as if the tags were there: it is better to tell somebody too many than one too few."""
    found = Role.objects.all() if roles is None else Role.objects.filter(name__in=list(roles))
    allowing = [
        role.id for role in found
        if any(rule.covers(verb, noun) and _fits(rule, name) for rule in map(Rule.read, role.rules))
    ]  # fmt: skip
    where = Q(connection=None) | Q(connection=connection) if connection else Q(connection=None)
    held = Grant.objects.filter(where, Q(user=OuterRef("pk")) | Q(group__user=OuterRef("pk")), role__in=allowing)
    meant = Q(Exists(held)) | Q(is_superuser=True) if roles is None else Q(Exists(held))
    return list(get_user_model().objects.filter(meant, is_active=True).order_by("id"))


def _fits(rule: Rule, name: str) -> bool:
    return not name or Rule(rule.verbs, rule.nouns, rule.names).fits(name, {})
