"""Whose vote counts: asked anew at every vote and every decision, so that a role that is gone counts for nothing."""

from django.contrib.auth import get_user_model
from django.db.models import Q

from catalog.access import Access, Rule
from catalog.models import Connection, Grant, Role, Tag
from registry.approvals import ApprovalPolicy

NOUN = "ModelPackage"


def find_faults(
    users: list[str], *, connection: Connection, name: str, policy: ApprovalPolicy | None, authors: list[str],
    lock: bool = False,
) -> dict[str, str]:  # fmt: skip
    """Why each user's vote on the version ``name`` doesn't count, as the end of a sentence; "" where it does.

    With ``lock`` what this was read from stays as it is until the transaction ends. A constant number of statements.
    """
    accesses, roles = _read(users, connection, lock)

    def tags() -> dict[str, str]:
        found = Tag.objects.filter(record__connection=connection, record__kind=NOUN, record__name=name)
        return dict(found.values_list("key", "value"))

    def fault(user: str) -> str:
        access = accesses.get(user)
        if access is None:
            return "has no active account"
        if not access.may("approve", NOUN, name, tags):
            return "has no role that allows approve_model_package here"
        if policy is None:
            return ""
        if policy.roles and not roles[user] & set(policy.roles):
            return f"has none of the roles that count: {', '.join(policy.roles)}"
        if user in authors and not policy.author_may_approve:
            return "is an author of this version"
        return ""

    return {user: fault(user) for user in users}


def find_voters(connection: Connection, name: str, policy: ApprovalPolicy | None, authors: list[str]) -> list[str]:
    """Everybody whose vote would count, in order."""
    User = get_user_model()
    held = Grant.objects.filter(Q(connection=None) | Q(connection=connection))
    if policy and policy.roles:
        held = held.filter(role__name__in=policy.roles)
    grantees = Q(id__in=held.values("user")) | Q(groups__in=held.exclude(group=None).values("group"))
    if not (policy and policy.roles):
        grantees |= Q(is_superuser=True)
    users = sorted(set(User.objects.filter(grantees, is_active=True).values_list("username", flat=True)))
    faults = find_faults(users, connection=connection, name=name, policy=policy, authors=authors)
    return [user for user, fault in faults.items() if not fault]


def _read(users: list[str], connection: Connection, lock: bool) -> tuple[dict[str, Access], dict[str, set[str]]]:
    User = get_user_model()
    people = User.objects.filter(username__in=users, is_active=True).order_by("pk")
    memberships = User.groups.through.objects.filter(user__username__in=users).order_by("pk")
    if lock:  # table by table, each in order: two decisions never wait for each other in a circle
        people = people.select_for_update(no_key=True)
        memberships = memberships.select_for_update(of=("self",), no_key=True)
    people = {person.pk: person for person in people}
    groups = [(one.user_id, one.group_id) for one in memberships]
    held = Grant.objects.filter(
        Q(user__in=people) | Q(group__in={group for _, group in groups}), Q(connection=None) | Q(connection=connection)
    ).order_by("pk")  # fmt: skip
    held = list(held.select_for_update(no_key=True) if lock else held)
    known = Role.objects.filter(id__in={grant.role_id for grant in held}).order_by("pk")
    known = {role.pk: role for role in (known.select_for_update(no_key=True) if lock else known)}
    granted: dict[int, list[Grant]] = {number: [] for number in people}
    for grant in held:
        members = [grant.user_id] if grant.user_id else [user for user, group in groups if group == grant.group_id]
        for number in members:
            if number in granted:
                granted[number].append(grant)
    accesses, roles = {}, {}
    for number, person in people.items():
        mine = {grant.role_id: known[grant.role_id] for grant in granted[number]}.values()
        rules = tuple(Rule.read(rule) for role in mine for rule in role.rules)
        accesses[person.username] = Access(person.username, person.is_superuser, rules)
        roles[person.username] = {role.name for role in mine}
    return accesses, roles
