"""Lists: in the order of code points, a page at a time, common prefixes leapt over."""

import pytest
from botocore.exceptions import ClientError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from engine.models import Bucket, S3Object
from engine.s3 import listing
from engine.s3.listing import page_of


@pytest.fixture
def fill(aws):
    """Make objects as rows only: lists never look at bytes."""
    from django.utils import timezone

    def fill(*keys):
        bucket = Bucket.objects.get(name=aws.bucket)
        S3Object.objects.bulk_create(
            [S3Object(bucket=bucket, key=key, blob="", size=1, etag="e" * 32, modified=timezone.now()) for key in keys]
        )

    return fill


def keys(answer):
    return [found["Key"] for found in answer.get("Contents", [])]


def prefixes(answer):
    return [found["Prefix"] for found in answer.get("CommonPrefixes", [])]


def test_order_is_by_code_point(aws, s3, fill):
    mixed = ["a", "B", "é", "Z", "_", "a/b", "a-b", "ａ", "🎉", "\ue000", "z", "0"]
    fill(*mixed)
    assert keys(s3.list_objects_v2(Bucket=aws.bucket)) == sorted(mixed)
    assert keys(s3.list_objects(Bucket=aws.bucket)) == sorted(mixed)


def test_prefix_and_delimiter(aws, s3, fill):
    fill("a b+c.txt", "dir/1", "dir/2", "dir/sub/3", "dir2/4", "dir/", "last")
    top = s3.list_objects_v2(Bucket=aws.bucket, Delimiter="/")
    assert (keys(top), prefixes(top), top["KeyCount"]) == (["a b+c.txt", "last"], ["dir/", "dir2/"], 4)
    inner = s3.list_objects_v2(Bucket=aws.bucket, Delimiter="/", Prefix="dir/")
    assert (keys(inner), prefixes(inner), inner["KeyCount"]) == (["dir/", "dir/1", "dir/2"], ["dir/sub/"], 4)
    assert prefixes(s3.list_objects_v2(Bucket=aws.bucket, Delimiter="/", Prefix="dir")) == ["dir/", "dir2/"]
    assert prefixes(s3.list_objects_v2(Bucket=aws.bucket, Delimiter="b+")) == ["a b+"]
    assert s3.list_objects_v2(Bucket=aws.bucket, Prefix="none")["KeyCount"] == 0


def test_encoding_type(wire, fill):
    fill("a b+c\x01é/k")
    raw = wire.send("GET", "", query="encoding-type=url&list-type=2&prefix=a%20b%2B")
    assert b"<Key>a%20b%2Bc%01%C3%A9/k</Key>" in raw.body and b"<Prefix>a%20b%2B</Prefix>" in raw.body


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2", "list_object_versions"])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_pages_add_up(aws, s3, fill, operation, size, delimiter):
    names = [f"{folder}/{n}" for folder in ("a", "b", "b!", "c") for n in range(3)] + [
        "a",
        "b0",
        "d",
        "d/",
        "dd/",
        "🎉/x",
        "🎉",
    ]
    fill(*names)
    pages = s3.get_paginator(operation).paginate(
        Bucket=aws.bucket, Delimiter=delimiter, PaginationConfig={"PageSize": size}
    )
    found, folders = [], []
    for page in pages:
        rows = [row["Key"] for row in page.get("Versions", page.get("Contents", []))]
        assert len(rows) + len(prefixes(page)) <= size
        found += rows
        folders += prefixes(page)
    assert found == sorted(name for name in names if not delimiter or "/" not in name)
    assert folders == sorted({name.partition("/")[0] + "/" for name in names if "/" in name} if delimiter else ())


def test_start_after_and_token(aws, s3, fill):
    fill("a", "b", "c", "d")
    assert keys(s3.list_objects_v2(Bucket=aws.bucket, StartAfter="b")) == ["c", "d"]
    assert keys(s3.list_objects(Bucket=aws.bucket, Marker="b")) == ["c", "d"]
    first = s3.list_objects_v2(Bucket=aws.bucket, MaxKeys=2, StartAfter="a")
    assert first["IsTruncated"] and keys(first) == ["b", "c"]
    rest = s3.list_objects_v2(Bucket=aws.bucket, ContinuationToken=first["NextContinuationToken"])
    assert not rest["IsTruncated"] and keys(rest) == ["d"] and "NextContinuationToken" not in rest
    assert s3.list_objects_v2(Bucket=aws.bucket, MaxKeys=0)["KeyCount"] == 0
    with pytest.raises(ClientError, match="InvalidArgument"):
        s3.list_objects_v2(Bucket=aws.bucket, ContinuationToken="???")
    with pytest.raises(ClientError, match="InvalidArgument"):
        s3.list_objects_v2(Bucket=aws.bucket, MaxKeys=-1)


def test_a_common_prefix_costs_one_query(aws, s3, fill):
    """Three folders of 2,000 keys: a handful of queries that read a few rows, not 6,000."""
    aws.bucket  # noqa: B018 - made on first use
    fill(*(f"{folder}/{n:05}" for folder in "xyz" for n in range(2000)), "zz")
    rows = S3Object.objects.filter(bucket__name=aws.bucket).values(*listing.FIELDS)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = page_of(rows, "", "/", "", 100)
    assert (page.prefixes, [row["key"] for row in page.rows]) == (["x/", "y/", "z/"], ["zz"])
    assert len(queries) <= 4


def test_boto3_resource(aws, s3, fill):
    import boto3

    fill("p/1", "p/2", "q/1")
    resource = boto3.resource(
        "s3", endpoint_url=aws.engine.url, region_name=aws.region, aws_access_key_id=aws.key.key_id,
        aws_secret_access_key=aws.key.secret,
    )  # fmt: skip
    assert [found.key for found in resource.Bucket(aws.bucket).objects.filter(Prefix="p/")] == ["p/1", "p/2"]
    resource.Bucket(aws.bucket).object_versions.delete()
    assert s3.list_objects_v2(Bucket=aws.bucket)["KeyCount"] == 0


def test_delete_objects(aws, s3, fill):
    fill(*(f"k{n}" for n in range(5)), "<&>\"'")
    answer = s3.delete_objects(
        Bucket=aws.bucket, Delete={"Objects": [{"Key": "k0"}, {"Key": "<&>\"'"}, {"Key": "none"}]}
    )
    assert sorted(found["Key"] for found in answer["Deleted"]) == ["<&>\"'", "k0", "none"]
    quiet = s3.delete_objects(Bucket=aws.bucket, Delete={"Objects": [{"Key": "k1"}], "Quiet": True})
    assert "Deleted" not in quiet
    assert keys(s3.list_objects_v2(Bucket=aws.bucket)) == ["k2", "k3", "k4"]
    bad = s3.delete_objects(Bucket=aws.bucket, Delete={"Objects": [{"Key": "k2", "VersionId": "abc"}]})
    assert bad["Errors"][0]["Code"] == "NoSuchVersion"


@pytest.mark.parametrize(
    "body", [b"", b"<x/>", b"<Delete>", b'<!DOCTYPE a [<!ENTITY b "c">]><Delete/>', b"<Delete></Delete>"]
)
def test_broken_document(wire, body):
    answer = wire.send("POST", "", body, query="delete=")
    assert answer.status == 400 and b"<Code>MalformedXML</Code>" in answer.body
