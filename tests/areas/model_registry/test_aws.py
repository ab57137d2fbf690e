"""An AWS connection's registry in the catalog: the engine plays AWS, seen as a stranger's."""

import pytest

from areas.index import resources
from catalog.models import Connection, Event, Record
from jobs import follow, sync

GROUP, PACKAGE = resources()["ModelPackageGroup"], resources()["ModelPackage"]


@pytest.fixture
def far(registry, monkeypatch):
    """An ``aws`` Connection whose AWS is the engine."""
    aws = registry.aws
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", aws.key.key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", aws.key.secret)
    connection = Connection.objects.create(
        name=f"far-{aws.number}", backend=Connection.AWS, account=aws.number, region=aws.region,
        endpoint_url=aws.engine.url,
    )  # fmt: skip
    yield connection
    connection.delete()


def rows(far, kind: str = "ModelPackage") -> list[str]:
    return list(Record.objects.filter(connection=far, kind=kind).order_by("name").values_list("name", flat=True))


def test_versions_of_every_group_and_packages_without_one_appear(registry, far):
    for group in ("g", "h"):
        registry.group(group)
        registry.version(group)
    registry.package("alone")
    assert (sync.sync(far, GROUP), sync.sync(far, PACKAGE)) == (2, 3)
    assert rows(far, "ModelPackageGroup") == ["g", "h"]
    assert rows(far) == ["alone", "g/1", "h/1"]
    record = Record.objects.get(connection=far, name="g/1")
    assert (record.parent, record.status, record.arn) == ("g", "Completed", registry.arn("model-package/g/1"))
    assert record.owner == f"arn:aws:iam::{registry.aws.number}:root"
    assert record.document["InferenceSpecification"]["Containers"][0]["ModelDataUrl"] == registry.url
    assert (sync.sync(far, GROUP), sync.sync(far, PACKAGE)) == (0, 0), "nothing changed, so nothing is described"


def test_an_approval_given_elsewhere_is_found_and_told(registry, far):
    registry.group()
    arn = registry.version()
    sync.sync(far, PACKAGE)
    assert not Event.objects.filter(connection=far).exists(), "what was there before is no news"
    registry.update(arn, ModelApprovalStatus="Approved")
    assert sync.sync(far, PACKAGE) == 1
    assert Record.objects.get(connection=far, name="g/1").document["ModelApprovalStatus"] == "Approved"
    event = Event.objects.get(connection=far, detail_type="SageMaker Model Package State Change")
    assert event.detail["ModelApprovalStatus"] == "Approved"
    assert event.resources == [arn]
    assert sync.sync(far, PACKAGE) == 0
    registry.version()
    assert sync.sync(far, PACKAGE) == 1
    assert Event.objects.filter(connection=far, detail_type=event.detail_type).count() == 2


def test_what_was_deleted_there_goes_here(registry, far):
    registry.group()
    registry.version(), registry.version()
    sync.sync(far, PACKAGE)
    registry.sagemaker.delete_model_package(ModelPackageName="g/1")
    assert sync.sync(far, PACKAGE) == 1
    assert rows(far) == ["g/2"]


def test_they_are_watched_without_a_run(registry, far):
    registry.group()
    registry.version()
    follow.watch()
    assert rows(far, "ModelPackageGroup") == ["g"]
    assert rows(far) == ["g/1"]
