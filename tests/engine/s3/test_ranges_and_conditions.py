"""Ranges, and the conditions of reads and writes."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

BODY = b"0123456789"


@pytest.fixture
def key(aws, s3):
    s3.put_object(Bucket=aws.bucket, Key="k", Body=BODY)
    return {"Bucket": aws.bucket, "Key": "k"}


def code(call, **request):
    with pytest.raises(ClientError) as error:
        call(**request)
    return error.value.response["ResponseMetadata"]["HTTPStatusCode"], error.value.response["Error"]["Code"]


@pytest.mark.parametrize(
    ("wanted", "body", "content_range"),
    [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=-30", BODY, "bytes 0-9/10"),
        ("bytes=0-9", BODY, "bytes 0-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
    ],
)
def test_range(s3, key, wanted, body, content_range):
    got = s3.get_object(**key, Range=wanted)
    assert (got["Body"].read(), got["ContentRange"], got["ContentLength"]) == (body, content_range, len(body))
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert s3.head_object(**key, Range=wanted)["ContentLength"] == len(body)


@pytest.mark.parametrize("wanted", ["bytes=4-2", "bytes=-", "lines=1-2", "bytes=0-1,4-5"])
def test_ranges_that_s3_ignores(s3, key, wanted):
    got = s3.get_object(**key, Range=wanted)
    assert got["Body"].read() == BODY and got["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("wanted", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_range_past_the_end(s3, key, wanted):
    assert code(s3.get_object, **key, Range=wanted) == (416, "InvalidRange")


def test_range_of_nothing(aws, s3):
    s3.put_object(Bucket=aws.bucket, Key="empty", Body=b"")
    assert code(s3.get_object, Bucket=aws.bucket, Key="empty", Range="bytes=0-") == (416, "InvalidRange")


def test_conditions_of_a_read(s3, key):
    etag = s3.head_object(**key)["ETag"]
    before, after = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) + timedelta(hours=1)
    assert s3.get_object(**key, IfMatch=etag, IfUnmodifiedSince=before)["Body"].read() == BODY
    assert s3.get_object(**key, IfModifiedSince=before)["Body"].read() == BODY
    assert code(s3.get_object, **key, IfMatch='"other"') == (412, "PreconditionFailed")
    assert code(s3.get_object, **key, IfUnmodifiedSince=before) == (412, "PreconditionFailed")
    assert code(s3.get_object, **key, IfNoneMatch=etag)[0] == 304
    assert code(s3.head_object, **key, IfNoneMatch=etag)[0] == 304
    assert code(s3.get_object, **key, IfModifiedSince=after)[0] == 304


def test_conditions_of_a_write(aws, s3, key):
    etag = s3.head_object(**key)["ETag"]
    assert code(s3.put_object, **key, Body=b"new", IfNoneMatch="*") == (412, "PreconditionFailed")
    assert code(s3.put_object, **key, Body=b"new", IfMatch='"other"') == (412, "PreconditionFailed")
    assert code(s3.put_object, Bucket=aws.bucket, Key="none", Body=b"new", IfMatch=etag) == (404, "NoSuchKey")
    assert s3.get_object(**key)["Body"].read() == BODY
    s3.put_object(**key, Body=b"new", IfMatch=etag)
    s3.put_object(Bucket=aws.bucket, Key="none", Body=b"new", IfNoneMatch="*")
    assert code(s3.delete_object, **key, IfMatch=etag) == (412, "PreconditionFailed")
    assert s3.get_object(**key)["Body"].read() == b"new"
