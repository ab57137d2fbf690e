"""What somebody may do on a connection, and why: by which rule of which role, given to them or to which group."""

from dataclasses import dataclass

from catalog.access import VERBS, Rule
from catalog.models import Connection, Grant, Tag
from studio.people import roles
from studio.people.power import grants_of


@dataclass(frozen=True)
class Held:
    """A role that somebody has on a connection."""

    grant: Grant
    rules: tuple[tuple[Rule, str], ...]  # each with its words

    @property
    def why(self) -> str:
        through = f"through group {self.grant.group.name}" if self.grant.group else "given to them"
        return f"{through}, {'here' if self.grant.connection_id else 'on every connection'}"


def held(user, connection: Connection | None) -> list[Held]:
    """The roles that count on a connection (None: those of every connection)."""
    rows = grants_of(user)
    found = [grant for grant in rows if grant.connection_id in (None, connection.id if connection else None)]
    return [Held(one, tuple((Rule.read(rule), roles.words(rule)) for rule in one.role.rules)) for one in found]


def table(user, connection: Connection | None) -> list[tuple[str, list[str]]]:
    """Rows of (noun, for each of VERBS "all", "some" or ""); the noun ``*`` is every one without a row of its own."""
    if not user.is_active:
        return []
    if user.is_superuser:
        return [("*", ["all"] * len(VERBS))]
    rules = [rule for one in held(user, connection) for rule, _ in one.rules]
    named = sorted({noun for rule in rules for noun in rule.nouns} - {"*"})
    everything = [_extent(rules, verb, "*") for verb in VERBS]
    rows = [("*", everything)] if any(everything) else []
    return rows + [(noun, [_extent(rules, verb, noun) for verb in VERBS]) for noun in named]


def answer(user, connection: Connection | None, verb: str, noun: str, name: str = "") -> tuple[bool, str]:
    """Whether somebody may do one thing, and the reason in a sentence."""
    what = f"{verb} {noun}{f' {name}' if name else ''}"
    if not user.is_active:
        return False, f"No: the account {user.username} is deactivated."
    if user.is_superuser:
        return True, f"Yes: {user.username} is an administrator of the whole Studio."
    found = held(user, connection)
    tags = dict(
        Tag.objects.filter(record__connection=connection, record__kind=noun, record__name=name).values_list(
            "key", "value"
        )
    )
    for one in found:
        for rule, words in one.rules:
            if rule.covers(verb, noun) and (not name or rule.fits(name, tags)):
                limits = (
                    " Only of things that the rule's patterns match." if not name and (rule.names or rule.tags) else ""
                )
                return True, f"Yes: role {one.grant.role.name} ({one.why}) allows to {words}.{limits}"
    if not found:
        return False, f"No: {user.username} has no role here."
    near = next((one for one in found if any(rule.covers(verb, noun) for rule, _ in one.rules)), None)
    if near:
        return False, f"No: role {near.grant.role.name} allows to {verb} {noun}, but its patterns don't match {name}."
    return False, f"No: none of {', '.join(sorted({one.grant.role.name for one in found}))} allows to {what}."


def _extent(rules: list[Rule], verb: str, noun: str) -> str:
    covering = [rule for rule in rules if rule.covers(verb, noun)]
    if any(not rule.names and not rule.tags for rule in covering):
        return "all"
    return "some" if covering else ""
