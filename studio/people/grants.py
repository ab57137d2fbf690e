"""Giving roles and taking them."""

from catalog import audit
from catalog.models import Connection, Grant, Role
from studio.people.power import Refused, changing, check_manages, check_may_give


def give(role: Role, *, by, user=None, group=None, where: Connection | None = None) -> Grant:
    """Give a role to a user or to a group, on a connection or (None) on every one. Raises Refused."""
    with changing():
        check_manages(by, "Group" if group else "User", where)
        check_may_give(by, role, where)
        grant, is_new = Grant.objects.get_or_create(role=role, user=user, group=group, connection=where)
        if not is_new:
            raise Refused(f"{_holder(grant)} has the role {role.name} {_place(grant)} already.")
        audit.append("GiveRole", _holder(grant), on=where.name if where else "", after=_told(grant))
    return grant


def take(grant: Grant, *, by) -> None:
    """Take a role away. Raises Refused."""
    with changing():
        check_manages(by, "Group" if grant.group_id else "User", grant.connection)
        check_may_give(by, grant.role, grant.connection)
        on = grant.connection.name if grant.connection else ""
        holder, told = _holder(grant), _told(grant)
        grant.delete()
        audit.append("TakeRole", holder, on=on, before=told)


def _holder(grant: Grant) -> str:
    return f"User {grant.user.username}" if grant.user else f"Group {grant.group.name}"


def _place(grant: Grant) -> str:
    return f"on {grant.connection.name}" if grant.connection else "on every connection"


def _told(grant: Grant) -> dict:
    return {"role": grant.role.name, "connection": grant.connection.name if grant.connection else "*"}
