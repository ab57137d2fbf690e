"""Nobody gives what they don't have, nobody rules over somebody who may do more, and an administrator always remains.

Every function that changes people runs inside ``changing()``: one at a time on both databases, all or nothing. ``by`` is the
user who does it; None is a command on the host, which nothing limits.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models import Q

from catalog.access import VERBS, Access, Rule, access_of
from catalog.models import Connection, Grant, Role

_LOCK = 7_365_002  # of PostgreSQL's advisory locks; SQLite has one writer anyway


class Refused(Exception):
    """A change of people, roles or keys that is not made; the text says why."""


@contextmanager
def changing(*, keep_an_administrator: bool = True) -> Iterator[None]:
    """A transaction for a change of people that refuses to leave the Studio without an administrator."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        had = keep_an_administrator and administrators().exists()
        yield
        if had and not administrators().exists():
            raise Refused(
                "This would leave nobody who can administer the Studio: let somebody else be an administrator first."
            )


def administrators():
    """The users who can sign in and manage people on every connection."""
    giving = [role.pk for role in Role.objects.all() if lacking(_access(role), [_MANAGES_USERS]) == ""]
    held = Q(grants__role__in=giving, grants__connection=None)
    held |= Q(groups__grants__role__in=giving, groups__grants__connection=None)
    can_sign_in = ~Q(password__startswith="!") & ~Q(password="") | Q(identities__isnull=False)
    people = get_user_model().objects.filter(can_sign_in, is_active=True)
    return people.filter(Q(is_superuser=True) | held).distinct()


def check_manages(by, noun: str, where: Connection | None) -> None:
    """Refuse who may not manage a noun on a connection (None: on every connection)."""
    if by is None or access_of(by.username, where.id if where else None).may("manage", noun):
        return
    place = f"on connection {where.name}" if where else "on every connection"
    raise Refused(f"Only who may manage {_plural(noun)} {place} can do this.")


def check_may_give(by, role: Role, where: Connection | None) -> None:
    """Refuse to give (or take) a role that allows what ``by`` may not do themselves."""
    if by is None:
        return
    missing = lacking(access_of(by.username, where.id if where else None), _access(role).rules)
    if missing:
        place = f"on connection {where.name}" if where else "on every connection"
        raise Refused(f"Role {role.name} allows to {missing}, which you may not do {place} yourself.")


def check_rules(by, rules: list[dict]) -> None:
    """Refuse rules for a role, which anybody may be given anywhere, that allow what ``by`` may not do everywhere."""
    if by is None:
        return
    missing = lacking(access_of(by.username, None), [Rule.read(rule) for rule in rules])
    if missing:
        raise Refused(f"These rules allow to {missing}, which you may not do on every connection yourself.")


def check_outranks(by, user) -> None:
    """Refuse to change the account of somebody who may do anything that ``by`` may not: it would be a way to get there."""
    if by is None or by == user:
        return
    if user.is_superuser and not by.is_superuser:
        raise Refused(
            f"{user.username} is an administrator of the whole Studio: only another one can change the account."
        )
    for grant in grants_of(user):
        check_may_give(by, grant.role, grant.connection)


def grants_of(user):
    """What a user has, directly and by groups."""
    held = Grant.objects.filter(Q(user=user) | Q(group__in=Group.objects.filter(user=user)))
    return held.select_related("role", "connection", "group").order_by("connection__name", "role__name")


def lacking(mine: Access, rules: Iterable[Rule]) -> str:
    """The first permission of ``rules`` that ``mine`` doesn't include, in words ("manage User"); "" if it has them all."""
    if mine.is_everything:
        return ""
    for rule in rules:
        for verb in (verb for verb in VERBS if rule.covers_verb(verb)):
            for noun in sorted(rule.nouns):
                for name in rule.names or ("",):
                    if not any(_includes(one, verb, noun, name, dict(rule.tags)) for one in mine.rules):
                        what = "everything" if noun == "*" else noun
                        return f"{verb} {what}{f' called {name}' if name else ''}"
    return ""


def _includes(mine: Rule, verb: str, noun: str, name: str, tags: dict[str, str]) -> bool:
    """Whether one rule covers a noun, everything that a name pattern matches ("" is all), with tags that match theirs."""
    if not mine.covers(verb, noun):
        return False
    if mine.names and not (name and any(_wider(pattern).fullmatch(name) for pattern in mine.names)):
        return False
    return all(key in tags and _wider(pattern).fullmatch(tags[key]) for key, pattern in mine.tags)


@cache
def _wider(pattern: str) -> re.Pattern:
    """What matches a narrower *pattern*: only a ``*`` of ours takes a ``*`` of theirs, so all that theirs matches is ours."""
    return re.compile("".join({"*": ".*", "?": "[^*]"}.get(sign, re.escape(sign)) for sign in pattern), re.DOTALL)


def _access(role: Role) -> Access:
    return Access("", rules=tuple(Rule.read(rule) for rule in role.rules))


_MANAGES_USERS = Rule(frozenset(["manage"]), frozenset(["User"]))


def _plural(noun: str) -> str:
    return f"{noun.lower()}s"
