"""Groups and who is in them. A role that a group has, everybody in it has."""

from django.contrib.auth.models import Group

from catalog import audit
from studio.people.power import Refused, changing, check_manages, check_may_give


def create_group(name: str, *, by) -> Group:
    with changing():
        check_manages(by, "Group", None)
        _check_name(name)
        group = Group.objects.create(name=name)
        audit.append("CreateGroup", f"Group {name}")
    return group


def rename_group(group: Group, name: str, *, by) -> None:
    with changing():
        check_manages(by, "Group", None)
        if name == group.name:
            return
        _check_name(name, group)
        before, group.name = group.name, name
        group.save()
        audit.append("UpdateGroup", f"Group {name}", before={"name": before}, after={"name": name})


def delete_group(group: Group, *, by) -> None:
    """Remove a group; what it gave, its members no longer have."""
    with changing():
        check_manages(by, "Group", None)
        _check_may_give_all(by, group)
        members = sorted(group.user_set.values_list("username", flat=True))
        held = [[grant.role.name, grant.connection.name if grant.connection else "*"] for grant in _grants(group)]
        name = group.name
        group.delete()
        audit.append("DeleteGroup", f"Group {name}", before={"members": members, "roles": held})


def add_member(group: Group, user, *, by) -> None:
    """Put a user into a group, who then has what the group has: so only who could give it may do this."""
    with changing():
        check_manages(by, "Group", None)
        _check_may_give_all(by, group)
        if user.groups.filter(pk=group.pk).exists():
            raise Refused(f"{user.username} is in {group.name} already.")
        user.groups.add(group)
        audit.append("AddGroupMember", f"Group {group.name}", after={"user": user.username})


def remove_member(group: Group, user, *, by) -> None:
    with changing():
        check_manages(by, "Group", None)
        _check_may_give_all(by, group)
        if not user.groups.filter(pk=group.pk).exists():
            raise Refused(f"{user.username} is not in {group.name}.")
        user.groups.remove(group)
        audit.append("RemoveGroupMember", f"Group {group.name}", before={"user": user.username})


def _check_name(name: str, but: Group | None = None) -> None:
    if not 0 < len(name) <= 150 or not name.isprintable() or name != name.strip():
        raise Refused("A group has a name of 1 to 150 printable characters.")
    if Group.objects.filter(name__iexact=name).exclude(pk=but.pk if but else None).exists():
        raise Refused(f"There is a group {name} already.")


def _check_may_give_all(by, group: Group) -> None:
    for grant in _grants(group):
        check_may_give(by, grant.role, grant.connection)


def _grants(group: Group):
    return group.grants.select_related("role", "connection")
