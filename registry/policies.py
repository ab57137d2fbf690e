"""Approval policies: which one is in force, and how one is made, changed and deleted."""

import re
from collections.abc import Iterable
from datetime import timedelta
from fnmatch import fnmatchcase

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from catalog import audit
from catalog.access import access_of
from catalog.models import Connection, Role
from registry import locks, plans
from registry.approvals import ApprovalPolicy, ApprovalRequest, PolicyVersion
from registry.checks import check_settings
from registry.errors import Conflict, DeskError, NotAllowed

NOUN = "ApprovalPolicy"
MEMBERS = (
    "name", "groups", "approvals", "roles", "author_may_approve", "one_rejection_rejects", "override_allowed",
    "checks", "expiry_days", "on_approval", "enabled",
)  # fmt: skip
MOST_APPROVALS, MOST_DAYS, MOST_CHECKS = 20, 3650, 20


def in_force(connection: Connection, group: str) -> ApprovalPolicy | None:
    """The one policy that decides about a group's versions now.

    A connection's own go before those of every connection, then the more exact pattern, then the older policy.
    """
    return first_of(enabled(connection), group)


def first_of(found: Iterable[ApprovalPolicy], group: str) -> ApprovalPolicy | None:
    """The policy among several that decides about a group."""
    return min((policy for policy in found if fnmatchcase(group, policy.groups)), key=_rank, default=None)


def enabled(connection: Connection) -> QuerySet[ApprovalPolicy]:
    return ApprovalPolicy.objects.filter(
        Q(connection=None) | Q(connection_id=connection.id), enabled=True
    ).select_related("connection")  # fmt: skip


def visible_to(user: str, connection: Connection | None) -> list[ApprovalPolicy]:
    """The policies of a connection and those of every connection, by name, that the user may see."""
    wanted = Q(connection=None) | Q(connection=connection) if connection else Q(connection=None)
    rows = ApprovalPolicy.objects.filter(wanted).select_related("connection")
    access = access_of(user, connection.id if connection else None)
    return sorted(access.visible(rows, NOUN), key=lambda policy: policy.name)


def save(
    *, actor, values: dict, connection: Connection | None, policy: ApprovalPolicy | None = None,
    seen_version: int | None = None,
) -> ApprovalPolicy:  # fmt: skip
    """Make a policy, or change ``policy`` to ``values`` (members that are left out stay). ``connection`` None: for every one.

    ``seen_version`` is what the editor has read: Conflict if it has been changed since. Raises DeskError, NotAllowed.
    """
    name = str(values.get("name", policy.name if policy else ""))
    _require_manager(actor, connection, name)
    if policy and policy.connection_id != (connection.id if connection else None):
        _require_manager(actor, policy.connection, policy.name)  # who takes it away there must be allowed to
    with transaction.atomic():
        locks.change_policies()
        before = None
        if policy:
            policy = ApprovalPolicy.objects.select_for_update().filter(id=policy.id).first()
            if policy is None:
                raise Conflict("This policy has been deleted meanwhile.")
            if seen_version is not None and policy.version != seen_version:
                raise Conflict(
                    f"{policy.name} was changed by {policy.modified_by} meanwhile (version {policy.version}): look again."
                )
            before = document_of(policy)
            policy.version += 1
        else:
            policy = ApprovalPolicy()
        policy.connection = connection
        _fill(policy, values)
        policy.modified, policy.modified_by = timezone.now(), actor.get_username()
        policy.save()
        after = document_of(policy)
        PolicyVersion.objects.create(
            policy=policy.id, name=policy.name, number=policy.version, document=after, by=policy.modified_by,
            at=policy.modified,
        )  # fmt: skip
        _look_again(policy.connection)
        _append("UpdateApprovalPolicy" if before else "CreateApprovalPolicy", policy, before, after)
    return policy


def delete(*, actor, policy: ApprovalPolicy) -> None:
    """Delete a policy; its versions stay to be read. What waited for it is decided by the next one that matches."""
    _require_manager(actor, policy.connection, policy.name)
    with transaction.atomic():
        locks.change_policies()
        found = ApprovalPolicy.objects.select_for_update().filter(id=policy.id).first()
        if found is None:
            raise Conflict("This policy has been deleted meanwhile.")
        before = document_of(found)
        PolicyVersion.objects.create(
            policy=found.id, name=found.name, number=found.version + 1, document=before, by=actor.get_username(),
            at=timezone.now(), deleted=True,
        )  # fmt: skip
        connection = found.connection
        found.delete()
        found.id = policy.id
        _look_again(connection)
        _append("DeleteApprovalPolicy", found, before, None)


def document_of(policy: ApprovalPolicy) -> dict:
    """A policy as it is kept in its versions and in the audit log."""
    where = policy.connection.name if policy.connection else ""
    return {"connection": where, **{member: getattr(policy, member) for member in MEMBERS}}


def expiry_of(policy: ApprovalPolicy | None, opened):
    """When a request that was opened at a time expires, None if it never does."""
    return opened + timedelta(days=policy.expiry_days) if policy and policy.expiry_days else None


def draft(values: dict, connection: Connection | None, of: ApprovalPolicy | None = None) -> ApprovalPolicy:
    """A policy that is not saved, to try it on versions; instead of ``of``, if it is to change that. Raises DeskError."""
    policy = ApprovalPolicy(connection=connection, id=of.id if of else None)
    _fill(policy, values)
    return policy


def _fill(policy: ApprovalPolicy, values: dict) -> None:
    if unknown := sorted(set(values) - set(MEMBERS)):
        raise DeskError(f"A policy has no {unknown[0]}; it has {', '.join(MEMBERS)}.", unknown[0])
    for member, value in values.items():
        setattr(policy, member, value)
    policy.name = str(policy.name).strip()
    if not re.fullmatch(r"[^\x00-\x1f/]{1,64}", policy.name):
        raise DeskError("A policy's name has 1 to 64 characters, without slashes.", "name")
    if ApprovalPolicy.objects.filter(name=policy.name).exclude(id=policy.id).exists():
        raise DeskError(f"There is a policy {policy.name} already.", "name")
    if not re.fullmatch(r"[a-zA-Z0-9*?-]{1,128}", str(policy.groups)):
        raise DeskError("Groups are a name or a pattern of letters, digits, hyphens, * and ?.", "groups")
    _check_number(policy, "approvals", 1, MOST_APPROVALS)
    _check_number(policy, "expiry_days", 0, MOST_DAYS)
    for member in ("author_may_approve", "one_rejection_rejects", "override_allowed", "enabled"):
        if not isinstance(getattr(policy, member), bool):
            raise DeskError(f"{member} is true or false.", member)
    _check_roles(policy)
    if not isinstance(policy.checks, list) or len(policy.checks) > MOST_CHECKS:
        raise DeskError(f"Checks are a list of {MOST_CHECKS} at most.", "checks")
    policy.checks = [check_settings(one) for one in policy.checks]
    policy.on_approval = plans.check_settings(policy.on_approval, policy.connection)


def _check_number(policy: ApprovalPolicy, member: str, least: int, most: int) -> None:
    value = getattr(policy, member)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise DeskError(f"{member} is a whole number from {least} to {most}.", member)


def _check_roles(policy: ApprovalPolicy) -> None:
    if not isinstance(policy.roles, list) or not all(isinstance(role, str) for role in policy.roles):
        raise DeskError("Roles are a list of names of roles.", "roles")
    policy.roles = sorted(set(policy.roles))
    known = set(Role.objects.filter(name__in=policy.roles).values_list("name", flat=True))
    if unknown := [role for role in policy.roles if role not in known]:
        raise DeskError(f"There is no role {unknown[0]}.", "roles")


def _require_manager(actor, connection: Connection | None, name: str) -> None:
    access = access_of(actor.get_username(), connection.id if connection else None)
    if not access.may("manage", NOUN, name):
        where = f"on connection {connection.name}" if connection else "on every connection"
        raise NotAllowed(f"No role of {actor.get_username()} {where} allows manage_approval_policy.")


def _look_again(connection: Connection | None) -> None:
    """Have the desk look at what waits: another rule may decide about it now, or at another time."""
    rows = ApprovalRequest.objects.filter(state__in=ApprovalRequest.ALIVE)
    if connection:
        rows = rows.filter(connection=connection)
    rows.filter(Q(due=None) | Q(due__gt=timezone.now())).update(due=timezone.now(), modified=F("modified"))


def _append(action: str, policy: ApprovalPolicy, before: dict | None, after: dict | None) -> None:
    on = policy.connection.name if policy.connection else ""
    shown = audit.changed(before, after)
    audit.append(action, f"ApprovalPolicy {policy.name}", on=on, before=shown[0], after=shown[1],
                 detail={"version": policy.version})  # fmt: skip


def _rank(policy: ApprovalPolicy) -> tuple:
    wild = sum(policy.groups.count(sign) for sign in "*?")
    return (policy.connection_id is None, wild > 0, -(len(policy.groups) - wild), policy.id)
