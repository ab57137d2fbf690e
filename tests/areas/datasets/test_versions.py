"""Versions: the same bytes are the same version, a finished one never changes, S3 is checked against the digest."""

import pytest
from django.utils import timezone

from areas.datasets import cache, runs, usage, versions
from areas.datasets.errors import DatasetError, InUse
from areas.datasets.models import Dataset, DatasetVersion
from catalog.models import Record, Tag

TABLE = "id,x,y\n" + "".join(f"{i},{i * 0.5},{'ab'[i % 2]}\n" for i in range(100))


def test_an_upload_is_put_in_s3_profiled_and_ready(add, aws):
    version = add("things", TABLE)
    assert (version.state, version.number, version.rows, version.column_count) == ("Ready", 1, 100, 3)
    assert version.location == f"s3://{version.dataset.connection.default_bucket}/datasets/things/v1/"
    body = (
        aws.client("s3")
        .get_object(Bucket=version.dataset.connection.default_bucket, Key="datasets/things/v1/data.csv")["Body"]
        .read()
    )
    assert body.decode() == TABLE


def test_the_same_bytes_again_are_the_same_version(add):
    first = add("things", TABLE)
    again = add("things", TABLE, "another-name.csv")
    other = add("things", TABLE + "100,1,a\n")
    assert again == first
    assert (other.number, other.parent, other.digest != first.digest) == (2, first, True)


def test_a_ready_version_can_not_change(add):
    version = add("things", TABLE)
    version.rows = 7
    with pytest.raises(DatasetError, match="Version 1 is ready and can't change"):
        version.save()
    version.refresh_from_db()
    assert version.rows == 100


def test_changed_bytes_in_s3_make_the_version_corrupt(add, aws, connection):
    version = add("things", TABLE)
    aws.client("s3").put_object(Bucket=connection.default_bucket, Key="datasets/things/v1/data.csv", Body=b"id\n1\n")
    with pytest.raises(DatasetError, match="no longer has the bytes of version 1"):
        runs.verify(connection, {"version": version.pk})
    version.refresh_from_db()
    assert version.state == "Corrupt"
    with pytest.raises(DatasetError, match="corrupt"):
        from areas.datasets.splits import split_version

        split_version(version=version, actor=None, fractions=(0.5, 0.5))


def test_the_local_copy_is_made_again_from_s3(add):
    version = add("things", TABLE)
    path = cache.parquet(version)
    path.unlink()
    assert cache.parquet(version).exists()


def test_a_pointed_at_folder_is_read_where_it_lies(aws, connection, alice):
    s3 = aws.client("s3")
    for name in ("a.csv", "b.csv"):
        s3.put_object(Bucket=aws.bucket, Key=f"in/train/{name}", Body=TABLE.encode())
    s3.put_object(Bucket=aws.bucket, Key="in/train/_SUCCESS", Body=b"")
    version = versions.point_at(connection=connection, name="pointed", uri=f"s3://{aws.bucket}/in/train", actor=alice)
    runs.profile(connection, {"version": version.pk})
    version.refresh_from_db()
    assert (version.state, version.rows, version.ours, len(version.files)) == ("Ready", 200, False, 2)
    versions.delete_dataset(dataset=version.dataset, actor=alice)
    assert s3.list_objects_v2(Bucket=aws.bucket, Prefix="in/train/")["KeyCount"] == 3


def test_a_prefix_that_matches_more_than_its_folder_is_told(aws, connection, alice):
    for folder in ("train", "train2"):
        aws.client("s3").put_object(Bucket=aws.bucket, Key=f"{folder}/a.csv", Body=b"x\n1\n")
    with pytest.raises(DatasetError, match=r"train also matches .*train2/a.csv"):
        versions.point_at(connection=connection, name="pointed", uri=f"s3://{aws.bucket}/train", actor=alice)
    with pytest.raises(DatasetError, match="nothing in S3"):
        versions.point_at(connection=connection, name="pointed", uri=f"s3://{aws.bucket}/nowhere/", actor=alice)
    assert not Dataset.objects.filter(connection=connection).exists()


def test_a_used_version_is_deleted_only_by_force(add, aws, connection, alice):
    version = add("things", TABLE)
    now = timezone.now()
    job = Record.objects.create(
        connection=connection, kind="TrainingJob", name="by-uri", arn="a", created=now, modified=now,
        document={"InputDataConfig": [{"DataSource": {"S3DataSource": {"S3Uri": version.location}}}]},
    )  # fmt: skip
    tagged = Record.objects.create(
        connection=connection, kind="TrainingJob", name="by-tag", arn="b", created=now, modified=now, document={}
    )
    Tag.objects.create(record=tagged, key=usage.TAG, value=version.tag)
    Record.objects.create(connection=connection, kind="TrainingJob", name="other", arn="c", created=now, modified=now)
    assert set(usage.used_by(version)) == {job, tagged}
    with pytest.raises(InUse, match="used by"):
        versions.delete_version(version=version, actor=alice)
    versions.delete_version(version=version, actor=alice, force=True)
    assert not DatasetVersion.objects.filter(pk=version.pk).exists()
    assert (
        aws.client("s3").list_objects_v2(Bucket=connection.default_bucket, Prefix="datasets/things/")["KeyCount"] == 0
    )


def test_a_deleted_number_is_never_given_again(add, alice):
    add("things", TABLE)
    versions.delete_version(version=add("things", TABLE + "100,1,a\n"), actor=alice)
    assert add("things", TABLE + "100,2,a\n").number == 3


def test_a_refused_name_leaves_nothing(add, connection):
    for name in ("create", "a b", "-x", "", "x" * 64, "a\n"):
        with pytest.raises(DatasetError) as refused:
            add(name, TABLE)
        assert refused.value.field == "name"
    assert not Dataset.objects.filter(connection=connection).exists()
