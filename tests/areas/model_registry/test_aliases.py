"""Aliases: they move atomically, protected ones obey the approval, and a version that one points to stays."""

import threading

import pytest
from django.db import connections
from django.utils import timezone

from areas.calls import CallFailed
from areas.model_registry import aliases
from areas.model_registry.errors import Conflict, Missing, NotAllowed, RegistryError
from areas.model_registry.guard import keep_named
from areas.model_registry.models import AliasMove
from catalog.actor import REST, Actor, acting
from catalog.models import AuditEntry, Connection, Event, Record
from tests.areas.model_registry.stage import refused


@pytest.fixture
def three(registry):
    """A group with three versions, the second approved."""
    registry.group()
    arns = [registry.version() for _ in range(3)]
    registry.update(arns[1], ModelApprovalStatus="Approved")
    return registry


def as_(person):
    return acting(Actor(person.name, REST))


def test_an_alias_moves_and_leaves_its_history(three, cast):
    connection = three.aws.connection
    with as_(cast.alice):
        aliases.set_alias(connection, "g", "candidate", 1)
        aliases.set_alias(connection, "g", "candidate", 3)
        assert aliases.resolve(connection, "g@candidate").name == "g/3"
        aliases.set_alias(connection, "g", "candidate", 3)  # nothing changes, nothing is written
        aliases.remove_alias(connection, "g", "candidate")
    assert [(move.before, move.after, move.by) for move in aliases.history(connection, "g")] == [
        (3, None, cast.alice.name), (1, 3, cast.alice.name), (None, 1, cast.alice.name),
    ]  # fmt: skip
    told = Event.objects.filter(connection=connection, detail_type=aliases.KIND)
    assert [event.detail["Version"] for event in told.order_by("id")] == [1, 3, None]
    entries = AuditEntry.objects.filter(connection=connection.name, user=cast.alice.name)
    assert [entry.action for entry in entries] == ["SetModelAlias", "SetModelAlias", "RemoveModelAlias"]
    with pytest.raises(Missing, match="has no alias candidate"):
        aliases.resolve(connection, "g@candidate")


@pytest.mark.parametrize("name", ["", "3", "Champion", "a b", "-a", "a--b", "a" * 41, "ä"])
def test_a_bad_name_is_refused(three, cast, name):
    with as_(cast.alice), pytest.raises(RegistryError, match="An alias has lower-case letters"):
        aliases.set_alias(three.aws.connection, "g", name, 1)


def test_protected_aliases_need_an_approver_and_an_approved_version(three, cast):
    connection = three.aws.connection
    with as_(cast.alice), pytest.raises(NotAllowed, match="approve_model_package"):
        aliases.set_alias(connection, "g", "champion", 2, is_protected=True)
    with as_(cast.ada):
        with pytest.raises(Conflict, match="g/1 is PendingManualApproval"):
            aliases.set_alias(connection, "g", "champion", 1, is_protected=True)
        aliases.set_alias(connection, "g", "champion", 2, is_protected=True)
    with as_(cast.alice):
        for change in (
            lambda: aliases.set_alias(connection, "g", "champion", 3),
            lambda: aliases.set_alias(connection, "g", "champion", 2, is_protected=False),
            lambda: aliases.remove_alias(connection, "g", "champion"),
        ):
            with pytest.raises(NotAllowed):
                change()
    assert aliases.resolve(connection, "g@champion").name == "g/2"
    assert AliasMove.objects.filter(connection=connection).count() == 1


def test_outsiders_and_viewers_are_refused(three, cast):
    for person in (cast.vera, cast.rosa, cast.charlie):
        with as_(person), pytest.raises(NotAllowed):
            aliases.set_alias(three.aws.connection, "g", "champion", 2)


def test_a_version_with_an_alias_is_not_deleted(three, cast):
    connection = three.aws.connection
    with as_(cast.alice):
        aliases.set_alias(connection, "g", "candidate", 3)
    arn = three.arn("model-package/g/3")
    refused("g@candidate points to it", three.sagemaker.delete_model_package, "ConflictException", ModelPackageName=arn)
    with as_(cast.alice):
        aliases.set_alias(connection, "g", "candidate", 1)
    three.sagemaker.delete_model_package(ModelPackageName=arn)


def test_on_aws_too_a_version_with_an_alias_is_kept(cast):
    """The Studio doesn't even send the call."""
    now, arn = timezone.now(), "arn:aws:sagemaker:us-east-1:123456789012:model-package/g/1"
    away = Connection.objects.create(
        name=f"aws-{cast.aws.number}", backend="aws", account="123456789012", region="us-east-1"
    )
    for kind, name in (("ModelPackageGroup", "g"), ("ModelPackage", "g/1")):
        Record.objects.create(
            connection=away, kind=kind, name=name, arn=arn, parent="g" if "/" in name else "", created=now, modified=now,
            document={"ModelPackageVersion": 1},
        )  # fmt: skip
    aliases.set_alias(away, "g", "candidate", 1)
    with pytest.raises(CallFailed, match="g@candidate points to it"):
        keep_named(away.id, "sagemaker", "DeleteModelPackage", {"ModelPackageName": arn})
    keep_named(away.id, "sagemaker", "DeleteModelPackage", {"ModelPackageName": arn.replace("/1", "/2")})


def test_a_group_made_anew_has_no_aliases(registry, cast):
    registry.group()
    arn = registry.version()
    connection = registry.aws.connection
    with as_(cast.alice):
        aliases.set_alias(connection, "g", "candidate", 1)
        aliases.remove_alias(connection, "g", "candidate")
    registry.sagemaker.delete_model_package(ModelPackageName=arn)
    registry.sagemaker.delete_model_package_group(ModelPackageGroupName="g")
    registry.group()
    assert aliases.history(connection, "g") == []


def test_of_two_who_move_it_at_once_one_is_told(three, cast):
    connection, outcomes = three.aws.connection, []
    with as_(cast.alice):
        aliases.set_alias(connection, "g", "candidate", 1)

    def move(version: int) -> None:
        try:
            with as_(cast.alice):
                aliases.set_alias(connection, "g", "candidate", version, seen=1)
            outcomes.append("moved")
        except Conflict:
            outcomes.append("told")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=move, args=[version]) for version in (2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["moved", "told"]
    assert AliasMove.objects.filter(connection=connection).count() == 2


def test_the_desk_measures_against_the_version_that_is_called_champion(three, cast):
    from registry.requests import find_champion

    connection = three.aws.connection
    first = Record.objects.get(connection=connection, kind="ModelPackage", name="g/1").arn
    three.update(first, ModelApprovalStatus="Approved")
    assert find_champion(connection, "g").name == "g/2"
    with as_(cast.alice):
        aliases.set_alias(connection, "g", "champion", 1)
    assert find_champion(connection, "g").name == "g/1"
    assert find_champion(connection, "g", but=first).name == "g/2"
    with as_(cast.alice):
        aliases.set_alias(connection, "g", "champion", 3)  # not approved
    assert find_champion(connection, "g").name == "g/2"
