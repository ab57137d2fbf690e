"""Roles of our own: their rules are checked, and what a rule matches can be seen before anybody has it."""

import difflib
import re
from functools import cache

from botocore.loaders import Loader
from django.db.models import Count

from areas.permissions import permission
from catalog import audit
from catalog.access import VERBS, Access, Rule
from catalog.models import Connection, Record, Role
from studio.people.power import Refused, changing, check_manages, check_rules

# What only the Studio has; AWS's nouns come from its service model.
OURS = (
    "ApprovalPolicy", "ApprovalRequest", "AuditEntry", "Comment", "Connection", "Cost", "Dataset", "Event", "Group", "Lineage",
    "Price", "Role", "Run", "User", "Webhook",
)  # fmt: skip
BESIDE = ("Alarm", "ExecutionRole", "LogStream", "S3Object")  # of the services beside SageMaker's
SHOWN = 8  # names of what a rule matches
PATTERN, KEY, VALUE = 256, 128, 256  # characters


@cache
def nouns() -> tuple[str, ...]:
    """Every noun that a rule may name, in alphabetical order."""
    loader = Loader()
    found = {*OURS, *BESIDE}
    for service in ("sagemaker", "sagemaker-runtime", "sagemaker-featurestore-runtime", "sagemaker-metrics"):
        for operation in loader.load_service_model(service, "service-2")["operations"]:
            found.add(permission(service, operation)[1])
    return tuple(sorted(found - {""}))


def create_role(name: str, description: str, rules: list[dict], *, by) -> Role:
    """Make a role that can then be given. Raises Refused."""
    with changing():
        _check(name, description, rules, by)
        role = Role.objects.create(name=name, description=description, rules=rules)
        audit.append("CreateRole", f"Role {name}", after=_told(role))
    return role


def edit_role(role: Role, name: str, description: str, rules: list[dict], *, by) -> None:
    """Change a role, and with it what everybody who has it may do from now on. Raises Refused."""
    with changing():
        _check_ours(role)
        check_rules(by, role.rules)  # who may do less than the role allows may not take from it either
        _check(name, description, rules, by, role)
        before = _told(role)
        role.name, role.description, role.rules = name, description, rules
        role.save()
        old, new = audit.changed(before, _told(role))
        if new:
            audit.append("UpdateRole", f"Role {name}", before=old, after=new)


def delete_role(role: Role, *, by) -> None:
    with changing():
        check_manages(by, "Role", None)
        _check_ours(role)
        check_rules(by, role.rules)
        holders = role.grants.count()
        if holders:
            raise Refused(f"{role.name} is given {holders} time{'s'[: holders > 1]}: take it from everybody first.")
        before = _told(role)
        role.delete()
        audit.append("DeleteRole", f"Role {before['name']}", before=before)


def check_rule(rule: dict) -> None:
    """Refuse a rule that means nothing: no or unknown verbs or nouns, patterns that can't match."""
    if not rule.get("verbs"):
        raise Refused("A rule needs a verb: what does it allow?")
    if not rule.get("nouns"):
        raise Refused("A rule needs a noun: TrainingJob, Endpoint, or * for everything.")
    for verb in rule["verbs"]:
        if verb not in (*VERBS, "*"):
            raise Refused(f"There is no verb {verb}: use {', '.join(VERBS)} or *.")
    for noun in rule["nouns"]:
        if noun != "*":
            check_noun(noun)
    for pattern in rule.get("names") or ():
        if not 0 < len(pattern) <= PATTERN:
            raise Refused(f"A name pattern has 1 to {PATTERN} characters.")
    for key, pattern in (rule.get("tags") or {}).items():
        if not 0 < len(key) <= KEY or len(pattern) > VALUE:
            raise Refused(f"A tag has a key of 1 to {KEY} characters and a value of at most {VALUE}: team=nlp-*.")


def check_noun(noun: str) -> None:
    if noun not in nouns():
        raise Refused(f"There is no noun {noun}{_meant(noun)}.")


def matches(rule: dict, connection: Connection | None) -> tuple[int, list[tuple[str, str]]]:
    """How many things of a connection a rule is about now, and the (kind, name) of the first SHOWN of them."""
    found = Rule.read(rule)
    rows = Record.objects.filter(connection=connection, binned=None)
    verb = next(iter(found.verbs - {"*"}), "view")
    rows = Access("", rules=(found,)).visible_kinds(rows, verb)
    first = rows.order_by("kind", "name").values_list("kind", "name")[:SHOWN]
    return rows.count(), list(first)


def listed():
    """Roles, each with how many grants there are of it."""
    return Role.objects.annotate(given=Count("grants")).order_by("-is_builtin", "name")


def words(rule: dict) -> str:
    """``view, create: Model, Endpoint called churn-* tagged team=nlp``"""
    verbs = "everything but manage" if "*" in rule["verbs"] else ", ".join(rule["verbs"])
    if "*" in rule["verbs"] and "manage" in rule["verbs"]:
        verbs = "everything"
    about = "all things" if "*" in rule["nouns"] else ", ".join(rule["nouns"])
    text = f"{verbs}: {about}"
    if rule.get("names"):
        text += f" called {' or '.join(rule['names'])}"
    if rule.get("tags"):
        text += " tagged " + " and ".join(f"{key}={value}" for key, value in rule["tags"].items())
    return text


def read_tags(text: str) -> dict[str, str]:
    """``team=nlp-*, stage=prod`` as a dictionary. Raises Refused."""
    found = {}
    for part in split(text):
        key, equals, value = part.partition("=")
        if not equals:
            raise Refused(f"A tag pattern is key=value, so what is {part}? Write {part}=* for any value.")
        found[key.strip()] = value.strip()
    return found


def split(text: str) -> list[str]:
    """The words of a list that is written with commas, blanks or lines between them."""
    return list(dict.fromkeys(word for word in re.split(r"[,\s]+", text) if word))


def _check(name: str, description: str, rules: list[dict], by, role: Role | None = None) -> None:
    check_manages(by, "Role", None)
    if not 0 < len(name) <= 64 or not name.isprintable() or name != name.strip():
        raise Refused("A role has a name of 1 to 64 printable characters.")
    if Role.objects.filter(name__iexact=name).exclude(pk=role.pk if role else None).exists():
        raise Refused(f"There is a role {name} already.")
    if len(description) > 256:
        raise Refused("A description has at most 256 characters.")
    if not rules:
        raise Refused("A role needs a rule: without one it allows nothing.")
    for rule in rules:
        check_rule(rule)
    check_rules(by, rules)


def _check_ours(role: Role) -> None:
    if role.is_builtin:
        raise Refused(f"{role.name} ships with the Studio and stays as it is: make a role of your own.")


def _meant(noun: str) -> str:
    close = difflib.get_close_matches(noun, nouns(), 1, 0.6) or [
        known for known in nouns() if known.lower() == noun.lower().rstrip("s")
    ]
    return f"; did you mean {close[0]}?" if close else ""


def _told(role: Role) -> dict:
    return {"name": role.name, "description": role.description, "rules": role.rules}
