"""Bytes and attributes come back as they went in, whatever the key."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from django.conf import settings
from django.db import InterfaceError, OperationalError

KEYS = [
    "../../x", "a", "a/b", "a//b", "/lead", "//", "tail/", ".", "..", "a b+c%20&=?#.txt", "ключ/🎉", "é" * 512, "x" * 1024,
    "\r\n\t",
]  # fmt: skip


def test_put_then_get(aws, s3):
    put = s3.put_object(
        Bucket=aws.bucket, Key="a b+c.txt", Body=b"hello", ContentType="text/plain", Metadata={"who": "alice"},
        CacheControl="no-store", ContentDisposition="attachment", ContentEncoding="gzip",
    )  # fmt: skip
    assert put["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    got = s3.get_object(Bucket=aws.bucket, Key="a b+c.txt")
    assert got["Body"].read() == b"hello"
    assert (got["ContentType"], got["Metadata"], got["ETag"]) == ("text/plain", {"who": "alice"}, put["ETag"])
    assert (got["CacheControl"], got["ContentDisposition"], got["ContentEncoding"]) == (
        "no-store",
        "attachment",
        "gzip",
    )
    head = s3.head_object(Bucket=aws.bucket, Key="a b+c.txt", ChecksumMode="ENABLED")
    assert head["ContentLength"] == 5 and head["ChecksumCRC32"] == "NhCmhg=="
    assert head["ResponseMetadata"]["HTTPHeaders"]["x-amz-request-id"]


def test_response_overrides(aws, s3, wire):
    s3.put_object(Bucket=aws.bucket, Key="k", Body=b"x", ContentType="text/plain")
    got = s3.get_object(Bucket=aws.bucket, Key="k", ResponseContentType="a/b", ResponseContentDisposition="inline")
    assert (got["ContentType"], got["ContentDisposition"]) == ("a/b", "inline")
    refused = wire.send("GET", "k", query="response-content-type=a%0D%0Aset-cookie%3A%20x")
    assert refused.status == 400 and b"InvalidArgument" in refused.body


def _named_like_keys() -> set:
    """Files where a key that became a path would lie. Not workspaces: jobs of other tests come and go there."""
    home = settings.STUDIO_HOME
    places = [*home.parent.glob("*"), *home.glob("*"), *(home / "s3").rglob("*")]
    return {path for path in places if path.name in ("x", "a", "b", "lead")}


@pytest.mark.parametrize("key", KEYS)
def test_any_key(aws, s3, key):
    before = _named_like_keys()
    s3.put_object(Bucket=aws.bucket, Key=key, Body=key.encode())
    assert s3.get_object(Bucket=aws.bucket, Key=key)["Body"].read() == key.encode()
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=aws.bucket)["Contents"]] == [key]
    assert _named_like_keys() == before, "a key must never become a path"
    s3.delete_object(Bucket=aws.bucket, Key=key)
    assert s3.list_objects_v2(Bucket=aws.bucket)["KeyCount"] == 0


def test_a_key_and_the_same_key_as_a_folder(aws, s3):
    for key in ("a", "a/b", "a/b/c"):
        s3.put_object(Bucket=aws.bucket, Key=key, Body=key.encode())
    for key in ("a", "a/b", "a/b/c"):
        assert s3.get_object(Bucket=aws.bucket, Key=key)["Body"].read() == key.encode()


def test_keys_that_can_not_be(aws, s3, wire):
    with pytest.raises(ClientError, match="KeyTooLongError"):
        s3.put_object(Bucket=aws.bucket, Key="é" * 513, Body=b"")
    for key in (b"\xff", b"a\0b"):
        path = f"/{aws.bucket}/".encode() + key
        answer = wire.exchange("PUT", path, wire.sign("PUT", path, {}, "UNSIGNED-PAYLOAD"), b"")
        assert answer.status == 400 and b"<Code>InvalidURI</Code>" in answer.body


@pytest.mark.parametrize("size", [0, 1, 1 << 18, (1 << 18) + 1, 1 << 20, 5_000_001])
def test_sizes(aws, s3, size):
    body = bytes(range(251)) * (size // 251 + 1)
    body = body[:size]
    s3.put_object(Bucket=aws.bucket, Key="k", Body=body)
    got = s3.get_object(Bucket=aws.bucket, Key="k")
    assert got["ContentLength"] == size and got["Body"].read() == body
    assert s3.list_objects_v2(Bucket=aws.bucket)["Contents"][0]["Size"] == size


def test_missing(aws, s3):
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket=aws.bucket, Key="nothing")
    with pytest.raises(ClientError) as error:
        s3.head_object(Bucket=aws.bucket, Key="nothing")
    assert error.value.response["Error"] == {"Code": "404", "Message": "Not Found"}
    with pytest.raises(s3.exceptions.NoSuchBucket):
        s3.put_object(Bucket="no-such-bucket-here", Key="k", Body=b"x")
    with pytest.raises(s3.exceptions.NoSuchBucket):
        s3.put_object(Bucket="no-such-bucket-here", Key="k", Body=b"x" * 3_000_000)
    s3.delete_object(Bucket=aws.bucket, Key="nothing")


def test_replacing_under_readers(aws, s3):
    """A reader gets one version whole, old or new, while writers replace it."""
    versions = [bytes([n]) * 1_500_000 for n in range(6)]
    s3.put_object(Bucket=aws.bucket, Key="k", Body=versions[0])

    def read(_):
        body = s3.get_object(Bucket=aws.bucket, Key="k")["Body"].read()
        assert len(body) == 1_500_000 and len(set(body)) == 1

    with ThreadPoolExecutor(4) as pool:
        writes = [pool.submit(s3.put_object, Bucket=aws.bucket, Key="k", Body=body) for body in versions]
        list(pool.map(read, range(24)))
        for write in writes:
            write.result()


def test_what_is_not_built_says_so(aws, s3):
    s3.put_object(Bucket=aws.bucket, Key="k", Body=b"x")
    for call in (
        lambda: s3.put_bucket_versioning(Bucket=aws.bucket, VersioningConfiguration={"Status": "Enabled"}),
        lambda: s3.put_bucket_policy(Bucket=aws.bucket, Policy="{}"),
        lambda: s3.get_object_attributes(Bucket=aws.bucket, Key="k", ObjectAttributes=["ETag"]),
        lambda: s3.put_object_retention(Bucket=aws.bucket, Key="k"),
        lambda: s3.put_object(Bucket=aws.bucket, Key="k", Body=b"y", WebsiteRedirectLocation="/other"),
        lambda: s3.get_object(Bucket=aws.bucket, Key="k", PartNumber=1),
    ):
        with pytest.raises(ClientError) as error:
            call()
        assert error.value.response["Error"]["Code"] == "NotImplemented"
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    with pytest.raises(ClientError, match="AccessControlListNotSupported"):
        s3.put_object(Bucket=aws.bucket, Key="k", Body=b"y", ACL="public-read")
    assert s3.get_object(Bucket=aws.bucket, Key="k")["Body"].read() == b"x"


def test_encryption_is_never_claimed(aws, s3):
    """SageMaker's SDKs ask for it with every upload; nothing is encrypted, so no answer may say that it was."""
    put = s3.put_object(Bucket=aws.bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms")
    head = s3.head_object(Bucket=aws.bucket, Key="k")
    assert "ServerSideEncryption" not in put and "ServerSideEncryption" not in head


def test_the_only_version_is_null(aws, s3):
    s3.put_object(Bucket=aws.bucket, Key="k", Body=b"x")
    assert s3.get_object(Bucket=aws.bucket, Key="k", VersionId="null")["Body"].read() == b"x"
    with pytest.raises(ClientError, match="NoSuchVersion"):
        s3.get_object(Bucket=aws.bucket, Key="k", VersionId="v1")
    with pytest.raises(ClientError, match="NoSuchVersion"):
        s3.delete_object(Bucket=aws.bucket, Key="k", VersionId="v1")
    assert s3.head_object(Bucket=aws.bucket, Key="k")


@pytest.mark.parametrize("lost", [OperationalError, InterfaceError])
def test_without_its_database_it_asks_to_come_back(aws, s3, monkeypatch, lost):
    s3.put_object(Bucket=aws.bucket, Key="k", Body=b"x")

    def lose(*_):
        raise lost("the server closed the connection")

    monkeypatch.setattr("engine.s3.table.find", lose)
    with pytest.raises(ClientError) as raised:
        s3.get_object(Bucket=aws.bucket, Key="k")
    told = raised.value.response
    assert (told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"]) == ("ServiceUnavailable", 503)
