"""S3 from inside the engine: the same objects as over the wire."""

import os
import secrets

import pytest

from engine.errors import AwsError
from engine.models import S3Object
from engine.s3 import blobs, store
from engine.s3.store import after_prefix

ACCOUNT, REGION = "210000000001", "us-east-1"


@pytest.fixture
def bucket(aws):  # for its open database: what these tests do is committed, as the engine's work is
    name = f"inside-{secrets.token_hex(6)}"
    store.ensure_bucket(ACCOUNT, REGION, name)
    return name


def refusal(call, *args):
    with pytest.raises(AwsError) as error:
        call(*args)
    return error.value.code


def test_put_file_is_what_put_object_is(aws, s3, tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"body" * 1_000_000)
    s3.upload_file(str(path), aws.bucket, "wire", Config=None)
    s3.put_object(Bucket=aws.bucket, Key="put", Body=path.read_bytes())
    store.put_file(aws.number, REGION, aws.bucket, "inside", path, move=False, content_type="a/b")
    assert path.exists()
    store.put_file(aws.number, REGION, aws.bucket, "moved", path)
    assert not path.exists()
    heads = {key: s3.head_object(Bucket=aws.bucket, Key=key) for key in ("put", "inside", "moved")}
    assert len({head["ETag"] for head in heads.values()}) == 1
    assert heads["inside"]["ContentType"] == "a/b"
    assert s3.get_object(Bucket=aws.bucket, Key="moved")["Body"].read() == b"body" * 1_000_000


def test_find_read_list_delete(bucket):
    for key in ("p/b", "p/a", "q", "p0", "p"):
        store.put_bytes(ACCOUNT, REGION, bucket, key, key.encode())
    assert [found.key for found in store.listing(ACCOUNT, bucket, "p/")] == ["p/a", "p/b"]
    assert [found.key for found in store.listing(ACCOUNT, bucket)] == ["p", "p/a", "p/b", "p0", "q"]
    found = store.find(ACCOUNT, bucket, "q")
    assert store.path_of(found).read_bytes() == store.read_bytes(ACCOUNT, bucket, "q") == b"q"
    assert store.delete_prefix(ACCOUNT, bucket, "p/") == 2
    assert [found.key for found in store.listing(ACCOUNT, bucket)] == ["p", "p0", "q"]
    store.delete(ACCOUNT, bucket, "q")
    store.delete(ACCOUNT, bucket, "q")
    assert store.find(ACCOUNT, bucket, "q") is None
    assert refusal(store.read_bytes, ACCOUNT, bucket, "q") == "NoSuchKey"
    assert refusal(store.find, ACCOUNT, "no-such-bucket", "q") == "NoSuchBucket"
    assert refusal(store.find, "210000000002", bucket, "q") == "AccessDenied"
    assert refusal(store.ensure_bucket, "210000000002", REGION, bucket) == "BucketAlreadyExists"
    assert refusal(store.put_bytes, ACCOUNT, REGION, bucket, "x" * 1025, b"") == "KeyTooLongError"


def test_listing_pages(bucket, monkeypatch):
    monkeypatch.setattr(store, "PAGE", 3)
    for n in range(7):
        store.put_bytes(ACCOUNT, REGION, bucket, f"k{n}", b"")
    assert [found.key for found in store.listing(ACCOUNT, bucket)] == [f"k{n}" for n in range(7)]
    assert store.delete_prefix(ACCOUNT, bucket, "") == 7


def test_a_lost_blob_is_told_apart_from_a_replaced_one(bucket):
    store.put_bytes(ACCOUNT, REGION, bucket, "k", b"x")
    store.path_of(store.get(ACCOUNT, bucket, "k")).unlink()
    assert refusal(store.read_bytes, ACCOUNT, bucket, "k") == "InternalError"


def test_replaced_and_deleted_blobs_go_after_the_commit(bucket):
    from django.db import transaction

    first = store.path_of(store.put_bytes(ACCOUNT, REGION, bucket, "k", b"1"))
    with open(first, "rb") as reader:
        with transaction.atomic():
            second = store.path_of(store.put_bytes(ACCOUNT, REGION, bucket, "k", b"2"))
            assert first.exists()
        assert not first.exists() and second.exists()
        assert reader.read() == b"1"
    store.delete(ACCOUNT, bucket, "k")
    assert not second.exists()


def test_sweep_takes_orphans_only(bucket):
    kept = store.path_of(store.put_bytes(ACCOUNT, REGION, bucket, "k", b"x"))
    orphan, unfinished = blobs.new_file(), blobs.new_file()
    orphan.write_bytes(b"o")
    unfinished.write_bytes(b"u")
    orphan = blobs.path_of(blobs.place(orphan))
    store.sweep()
    assert orphan.exists() and unfinished.exists()  # too young
    store.sweep(older_than=-1)
    assert not orphan.exists() and not unfinished.exists()
    assert kept.exists()
    S3Object.objects.filter(bucket__name=bucket).delete()
    store.sweep(older_than=-1)
    assert not kept.exists()


@pytest.mark.parametrize(
    ("prefix", "after"),
    [("a", "b"), ("a/", "a0"), ("\ud7ff", "\ue000"), ("a\U0010ffff", "b"), ("\U0010ffff", ""), ("", "")],
)
def test_the_end_of_a_prefix(prefix, after):
    assert after_prefix(prefix) == after


def test_split_uri():
    assert store.split_uri("s3://b/k/l") == ("b", "k/l")
    assert store.split_uri("s3://b") == ("b", "")
    for uri in ("http://b/k", "s3://", "b/k", ""):
        assert refusal(store.split_uri, uri) == "ValidationException"


def test_put_file_from_another_file_system(bucket):
    path = f"/dev/shm/{secrets.token_hex(8)}"
    if not os.path.isdir("/dev/shm"):
        pytest.skip("no second file system here")
    with open(path, "wb") as file:
        file.write(b"shared memory")
    store.put_file(ACCOUNT, REGION, bucket, "k", path)
    assert store.read_bytes(ACCOUNT, bucket, "k") == b"shared memory" and not os.path.exists(path)
