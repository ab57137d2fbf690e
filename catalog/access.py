"""What a person may do on a connection: one answer for pages, REST and the wire.

``access_of`` reads the roles at the moment of the request (one statement), so a role that is taken away is gone with the
next request. ``Access.may`` decides about one thing, ``Access.visible`` about the rows of a list, in the same SQL statement.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from django.db import connection
from django.db.models import CharField, Exists, Lookup, OuterRef, Q, QuerySet

from catalog.actor import Actor, current
from catalog.models import Connection, Grant, Tag

# What a permission may be about, beside AWS's nouns: invoke and approve are verbs of their own because they weigh more.
VERBS = ("view", "create", "update", "stop", "delete", "invoke", "approve", "manage")

Tags = Mapping[str, str] | Callable[[], Mapping[str, str]]


@dataclass(frozen=True)
class Rule:
    """Verbs on nouns, of the things whose name and tags match the patterns. ``"*"`` is every verb but manage, or every noun."""

    verbs: frozenset[str]
    nouns: frozenset[str]
    names: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, given: dict) -> "Rule":
        return cls(
            frozenset(given.get("verbs", ())), frozenset(given.get("nouns", ())), tuple(given.get("names") or ()),
            tuple(sorted((given.get("tags") or {}).items())),
        )  # fmt: skip

    def covers(self, verb: str, noun: str) -> bool:
        return self.covers_verb(verb) and ("*" in self.nouns or noun in self.nouns)

    def covers_verb(self, verb: str) -> bool:
        return verb in self.verbs or ("*" in self.verbs and verb != "manage")

    def only(self, verbs: Iterable[str] | None, nouns: Iterable[str] | None) -> "Rule":
        """The part of the rule that is about these verbs and nouns (None: all)."""
        kept = self.verbs if verbs is None else frozenset(v for v in verbs if self.covers_verb(v))
        about = (
            self.nouns if nouns is None else frozenset(nouns) if "*" in self.nouns else self.nouns & frozenset(nouns)
        )
        return replace(self, verbs=kept, nouns=about)

    def fits(self, name: str, tags: Tags, *, is_prefix: bool = False) -> bool:
        """Whether the rule is about a thing; with ``is_prefix`` about all things whose names begin so."""
        names = [pattern for pattern in self.names if pattern.endswith("*")] if is_prefix else self.names
        if self.names and not any(_compiled(pattern).fullmatch(name) for pattern in names):
            return False
        if not self.tags:
            return True
        found = tags() if callable(tags) else tags
        return all(key in found and _compiled(pattern).fullmatch(found[key]) for key, pattern in self.tags)


@dataclass(frozen=True)
class Access:
    """What somebody may do on one connection (or, for ``connection=None``, on what belongs to none)."""

    user: str
    is_everything: bool = False
    rules: tuple[Rule, ...] = ()

    def only(self, verbs: Iterable[str] | None = None, nouns: Iterable[str] | None = None) -> "Access":
        """The part of this access that is about these verbs and nouns (None: all): what a limited token may use."""
        if verbs is None and nouns is None:
            return self
        rules = (Rule(frozenset(VERBS), frozenset("*")),) if self.is_everything else self.rules
        narrowed = (rule.only(verbs, nouns) for rule in rules)
        return Access(self.user, rules=tuple(rule for rule in narrowed if rule.verbs and rule.nouns))

    def may(
        self,
        verb: str,
        noun: str,
        name: str = "",
        tags: Tags = {},  # noqa: B006 (never changed)
        *,
        is_prefix: bool = False,
    ) -> bool:
        """Whether ``verb`` is allowed on the ``noun`` called ``name``. Without a name: on any of them, as for a list page
        or a button that makes a new one. ``tags`` of the thing may be a function: it is asked only if a rule needs them.
        With ``is_prefix``: on everything whose name begins with ``name``."""
        if self.is_everything:
            return True
        rules = [rule for rule in self.rules if rule.covers(verb, noun)]
        return any((not name and not is_prefix) or rule.fits(name, tags, is_prefix=is_prefix) for rule in rules)

    def visible(self, rows: QuerySet, noun: str, verb: str = "view", *, name: str = "name") -> QuerySet:
        """The rows that ``verb`` is allowed on. ``rows`` are Records, or of a model with a field called ``name`` (then
        rules with tags match none of them)."""
        if self.is_everything:
            return rows
        allowed = Q(pk__in=[])
        for rule in self.rules:
            if not rule.covers(verb, noun):
                continue
            if not rule.names and not rule.tags:
                return rows
            allowed |= _condition(rule, rows, name)
        return rows.filter(allowed)

    def visible_kinds(self, rows: QuerySet, verb: str = "view") -> QuerySet:
        """As ``visible``, for rows of many nouns, each named by its fields ``kind`` and ``name``: Records, Runs."""
        if self.is_everything:
            return rows
        allowed = Q(pk__in=[])
        for rule in self.rules:
            if not rule.covers_verb(verb):
                continue
            of_nouns = Q() if "*" in rule.nouns else Q(kind__in=rule.nouns)
            if not of_nouns and not rule.names and not rule.tags:
                return rows
            allowed |= of_nouns & _condition(rule, rows, "name")
        return rows.filter(allowed)


NOBODY = Access("")
EVERYTHING = Access("", is_everything=True)


# Asked with every request: building this query with the ORM costs several times what running it does.
_HELD = """
    SELECT u.is_superuser, r.rules FROM auth_user u
    LEFT JOIN catalog_grant g ON (g.connection_id IS NULL OR g.connection_id = %s) AND (
        g.user_id = u.id OR g.group_id IN (SELECT m.group_id FROM auth_user_groups m WHERE m.user_id = u.id))
    LEFT JOIN catalog_role r ON r.id = g.role_id
    WHERE u.username = %s AND u.is_active
"""


def access_of(user: str, connection_id: int | None) -> Access:
    """What the user of this name may do, by the roles of this very moment. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, (connection_id, user))
        rows = cursor.fetchall()
    if rows and rows[0][0]:
        return Access(user, is_everything=True)
    texts = {rules if isinstance(rules, str) else json.dumps(rules) for _, rules in rows if rules}
    return Access(user, rules=tuple(rule for text in sorted(texts) for rule in _read(text)))


@lru_cache(maxsize=1024)
def _read(text: str) -> tuple[Rule, ...]:
    return tuple(Rule.read(rule) for rule in json.loads(text))


def connections_of(user) -> QuerySet[Connection]:
    """The connections on which a user has a role, through a group or everywhere too; all of them for a superuser."""
    if not user.is_authenticated or not user.is_active:
        return Connection.objects.none()
    if user.is_superuser:
        return Connection.objects.all()
    held = Grant.objects.filter(Q(user=user) | Q(group__user=user))
    return Connection.objects.filter(Exists(held.filter(Q(connection=None) | Q(connection=OuterRef("pk")))))


_here: ContextVar[tuple[Actor, int | None, Access] | None] = ContextVar("access_here", default=None)


def access_here(connection_id: int | None) -> Access:
    """What whoever acts now (``catalog.actor``) may do on a connection; read once for each actor, which is one request."""
    actor = current()
    if actor.is_system:
        return EVERYTHING
    kept = _here.get()
    if kept and kept[0] is actor and kept[1] == connection_id:
        return kept[2]
    return keep_here(connection_id, access_of(actor.user, connection_id) if actor.user else NOBODY)


def keep_here(connection_id: int | None, access: Access) -> Access:
    """Let ``access`` be what ``access_here`` answers while the present actor acts."""
    _here.set((current(), connection_id, access))
    return access


def _condition(rule: Rule, rows: QuerySet, name: str) -> Q:
    condition = Q()
    if rule.names:
        named = Q()
        for pattern in rule.names:
            named |= Q(**{f"{name}__matches": pattern})
        condition &= named
    for key, pattern in rule.tags:
        if rows.model._meta.label != "catalog.Record":
            return Q(pk__in=[])
        condition &= Q(Exists(Tag.objects.filter(record=OuterRef("pk"), key=key, value__matches=pattern)))
    return condition


@cache
def _compiled(pattern: str) -> re.Pattern:
    return re.compile("".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in pattern), re.DOTALL)


@CharField.register_lookup
class Matches(Lookup):
    """``name__matches="churn-*"``: ``*`` is any text, ``?`` any character, everything else itself, with its case."""

    lookup_name = "matches"

    def as_sql(self, compiler, connection):
        left, parameters = self.process_lhs(compiler, connection)
        if connection.vendor == "sqlite":
            return f"{left} GLOB %s", [*parameters, str(self.rhs).replace("[", "[[]")]
        escaped = re.sub(r"([\\%_])", r"\\\1", str(self.rhs)).replace("*", "%").replace("?", "_")
        return f"{left} LIKE %s", [*parameters, escaped]
