"""What the Studio's datasets leave in the lineage: versions, splits, channels, and their end."""

import hashlib

import pytest

from areas.datasets import runs, splits, versions
from areas.datasets.models import DatasetVersion

ROWS = b"size,colour,label\n" + b"".join(b"%d,%s,%d\n" % (n, (b"red", b"blue")[n % 2], n % 2) for n in range(40))


@pytest.fixture
def version(aws, tmp_path, settings, monkeypatch) -> DatasetVersion:
    monkeypatch.setattr("jobs.runs.start", lambda *_, **__: None)  # the test does the worker's part itself
    path = tmp_path / "table.csv"
    path.write_bytes(ROWS)
    digest = hashlib.sha256(ROWS).hexdigest()
    made, _ = versions.add_version(
        connection=aws.connection, name="shapes", path=path, filename="table.csv", sha256=digest, actor=None
    )
    runs.profile(aws.connection, {"version": made.pk})
    made.refresh_from_db()
    return made


def artifact(aws, uri: str) -> dict:
    sagemaker = aws.client("sagemaker")
    (found,) = sagemaker.list_artifacts(SourceUri=uri)["ArtifactSummaries"]
    return sagemaker.describe_artifact(ArtifactArn=found["ArtifactArn"])


def derived(aws, uri: str) -> set[str]:
    sagemaker = aws.client("sagemaker")
    found = sagemaker.list_associations(SourceArn=artifact(aws, uri)["ArtifactArn"], AssociationType="DerivedFrom")
    return {
        sagemaker.describe_artifact(ArtifactArn=one["DestinationArn"])["Source"]["SourceUri"]
        for one in found["AssociationSummaries"]
    }


def test_a_version_is_an_artifact(aws, version):
    found = artifact(aws, version.location)
    assert (found["ArtifactName"], found["ArtifactType"]) == ("shapes-v1", "DataSet")
    assert found["Properties"] == {"dataset": "shapes", "version": "1", "rows": "40", "digest": version.digest}


def test_a_split_derives_from_it_once_however_often_it_is_written(aws, version):
    split = splits.split_version(version=version, actor=None, fractions=[0.5, 0.5])
    for _ in range(2):
        runs.split(aws.connection, {"split": split.pk})
    split.refresh_from_db()
    assert derived(aws, version.location) == {part["uri"] for part in split.parts} and len(split.parts) == 2
    assert artifact(aws, split.parts[0]["uri"])["Properties"]["made"] == "split"


def test_channels_derive_from_it(aws, version):
    from areas.datasets import prepare

    plan = prepare.plan_channels(version, label="label")
    runs.prepare(aws.connection, plan["call"]["request"])
    assert derived(aws, version.location) == set(plan["channels"].values())


def test_the_end_of_a_version_is_noted(aws, version):
    from areas.lineage.models import Node

    location = version.location
    versions.delete_version(version=version, actor=None)
    assert artifact(aws, location)["Properties"]["DeletedTime"] > "2026"
    assert Node.objects.get(connection=aws.connection, source=location).ended is not None


def test_without_lineage_a_version_is_ready_all_the_same(aws, version, monkeypatch, caplog):
    from areas.calls import CallFailed
    from areas.datasets import lineage

    def refuse(*_, **__):
        raise CallFailed("AccessDeniedException", "no lineage for you", 403)

    monkeypatch.setattr(lineage, "call", refuse)
    DatasetVersion.objects.filter(pk=version.pk).update(state=DatasetVersion.PROFILING)
    assert runs.profile(aws.connection, {"version": version.pk})["state"] == DatasetVersion.READY
    assert "no lineage for you" in caplog.text
