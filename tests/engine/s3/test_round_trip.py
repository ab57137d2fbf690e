"""Bytes and attributes come back as they went in."""

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def s3(aws):
    return aws.client("s3")


def test_put_then_get(aws, s3):
    put = s3.put_object(
        Bucket=aws.bucket, Key="a b+c.txt", Body=b"hello", ContentType="text/plain", Metadata={"who": "alice"},
        CacheControl="no-store", ContentDisposition="attachment",
    )  # fmt: skip
    assert put["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    got = s3.get_object(Bucket=aws.bucket, Key="a b+c.txt")
    assert got["Body"].read() == b"hello"
    assert (got["ContentType"], got["Metadata"], got["ETag"]) == ("text/plain", {"who": "alice"}, put["ETag"])
    assert (got["CacheControl"], got["ContentDisposition"]) == ("no-store", "attachment")
    head = s3.head_object(Bucket=aws.bucket, Key="a b+c.txt", ChecksumMode="ENABLED")
    assert head["ContentLength"] == 5 and head["ChecksumCRC32"] == "NhCmhg=="


def test_missing(aws, s3):
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket=aws.bucket, Key="nothing")
    with pytest.raises(ClientError) as error:
        s3.head_object(Bucket=aws.bucket, Key="nothing")
    assert error.value.response["Error"] == {"Code": "404", "Message": "Not Found"}
