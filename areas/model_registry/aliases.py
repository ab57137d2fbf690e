"""Aliases: names such as ``champion`` for a version of a group. ``group@alias`` is good wherever a version is asked for.

The areas that deploy find this module by name (``areas.index.modules``).
"""

import re

from django.db import transaction
from django.utils import timezone

from areas.model_registry import who
from areas.model_registry.errors import Conflict, Missing, RegistryError
from areas.model_registry.models import Alias, AliasMove
from areas.model_registry.resource import GROUP, PACKAGE
from catalog import audit, events
from catalog.models import Connection, Record

KIND = "Atelier Model Alias Change"
_NAME = re.compile(r"[a-z](-?[a-z0-9]){0,39}")
APPROVED = "Approved"


def resolve(connection: Connection, text: str) -> Record:
    """The model package that ``group@alias``, ``group/3``, a name or an ARN means. Raises Missing with what is not there."""
    rows = Record.objects.filter(connection=connection, kind=PACKAGE.noun)
    if text.startswith("arn:"):
        found = rows.filter(arn=text).first()
    elif "@" in text:
        group, _, name = text.partition("@")
        alias = Alias.objects.filter(connection=connection, group=group, name=name).first()
        if alias is None:
            raise Missing(f"Group {group} on {connection} has no alias {name}.")
        found = rows.filter(name=alias.package).first()
        if found is None:
            raise Missing(f"{text} points to version {alias.version}, which is gone.")
    else:
        found = rows.filter(name=text).first()
    if found is None:
        raise Missing(f"There is no model package {text} on {connection}.")
    return found


def aliases_of(connection: Connection, group: str) -> list[Alias]:
    """A group's aliases by name."""
    return sorted(Alias.objects.filter(connection=connection, group=group), key=lambda alias: alias.name)


def called(connection: Connection, group: str, name: str) -> Record | None:
    """The version that ``group@name`` means; None if there is none."""
    alias = Alias.objects.filter(connection=connection, group=group, name=name).first()
    rows = Record.objects.filter(connection=connection, kind=PACKAGE.noun)
    return rows.filter(name=alias.package).first() if alias else None


def names_by_version(connection: Connection, group: str) -> dict[int, list[str]]:
    """``{3: ["champion", "stable"]}``"""
    found: dict[int, list[str]] = {}
    for alias in aliases_of(connection, group):
        found.setdefault(alias.version, []).append(alias.name)
    return found


def history(connection: Connection, group: str, limit: int = 100) -> list[AliasMove]:
    """Every move of a group's aliases, newest first."""
    return list(AliasMove.objects.filter(connection=connection, group=group)[:limit])


def at_version(record: Record) -> list[str]:
    """The aliases that point to a version."""
    version = record.document.get("ModelPackageVersion")
    if not record.parent or not version:
        return []
    rows = Alias.objects.filter(connection_id=record.connection_id, group=record.parent, version=version)
    return sorted(rows.values_list("name", flat=True))


def set_alias(
    connection: Connection, group: str, name: str, version: int, *, is_protected: bool | None = None,
    seen: int | None = None,
) -> Alias:  # fmt: skip
    """Let ``group@name`` be a version from now on. ``is_protected`` None: as it is. ``seen``: the version that it must point
    to until now (0: nowhere), else Conflict. Raises RegistryError."""
    if not _NAME.fullmatch(name):
        raise RegistryError(
            f"An alias has lower-case letters, digits and single hyphens, 40 at most, and starts with a letter; {name!r} does not.",
            "name",
        )
    who.check(connection, "update", GROUP.noun, group)
    with transaction.atomic():
        _lock_group(connection, group)
        package = f"{group}/{version}"
        record = (
            Record.objects.select_for_update().filter(connection=connection, kind=PACKAGE.noun, name=package).first()
        )
        if record is None:
            raise Missing(f"There is no version {version} of {group} on {connection}.", "version")
        alias = Alias.objects.filter(connection=connection, group=group, name=name).first()
        before = alias.version if alias else None
        if seen is not None and seen != (before or 0):
            raise Conflict(f"{group}@{name} points to {before or 'nothing'} now; look again.")
        was_protected = bool(alias and alias.is_protected)
        protect = was_protected if is_protected is None else is_protected
        if protect or was_protected:
            who.check(connection, "approve", PACKAGE.noun, package)
        status = record.document.get("ModelApprovalStatus", "")
        if protect and status != APPROVED:
            raise Conflict(
                f"{name} is protected: it points to Approved versions only, and {package} is {status or 'undecided'}."
            )
        if alias and before == version and protect == was_protected:
            return alias
        alias = alias or Alias(connection=connection, group=group, name=name)
        alias.version, alias.is_protected = version, protect
        alias.moved, alias.by = timezone.now(), who.actor()
        alias.save()
        _write_down(alias, "SetModelAlias", before, version, was_protected)
    return alias


def remove_alias(connection: Connection, group: str, name: str) -> None:
    """Take an alias away; its history stays."""
    who.check(connection, "update", GROUP.noun, group)
    with transaction.atomic():
        _lock_group(connection, group)
        alias = Alias.objects.filter(connection=connection, group=group, name=name).first()
        if alias is None:
            raise Missing(f"Group {group} on {connection} has no alias {name}.")
        if alias.is_protected:
            who.check(connection, "approve", PACKAGE.noun, alias.package)
        alias.delete()
        _write_down(alias, "RemoveModelAlias", alias.version, None, alias.is_protected)


def why_kept(record: Record) -> str:
    """Why a version can't be deleted, because of its aliases; "" if none points to it."""
    names = at_version(record)
    if not names:
        return ""
    verb = "points" if len(names) == 1 else "point"
    return (
        f"{', '.join(f'{record.parent}@{name}' for name in names)} {verb} to it: move or remove what points there first"
    )


def _lock_group(connection: Connection, group: str) -> Record:
    record = Record.objects.select_for_update().filter(connection=connection, kind=GROUP.noun, name=group).first()
    if record is None:
        raise Missing(f"There is no model package group {group} on {connection}.")
    return record


def _write_down(alias: Alias, action: str, before: int | None, after: int | None, was_protected: bool) -> None:
    move = AliasMove.objects.create(
        connection=alias.connection, group=alias.group, name=alias.name, before=before, after=after,
        is_protected=alias.is_protected, at=timezone.now(), by=who.actor(),
    )  # fmt: skip
    connection = alias.connection
    arn = PACKAGE.arn(connection.account, connection.region, f"{alias.group}/{after or before}")
    detail = {
        "ModelPackageGroupName": alias.group, "Alias": alias.name, "PreviousVersion": before, "Version": after,
        "IsProtected": alias.is_protected, "By": move.by,
    }  # fmt: skip
    events.emit(connection, KIND, detail, resources=[arn], source="atelier")
    audit.append(
        action, GROUP.arn(connection.account, connection.region, alias.group), on=connection.name,
        before={"alias": alias.name, "version": before, "protected": was_protected} if before else None,
        after={"alias": alias.name, "version": after, "protected": alias.is_protected} if after else None,
    )  # fmt: skip
