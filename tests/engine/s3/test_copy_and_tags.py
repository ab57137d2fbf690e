"""CopyObject's directives, and the tags of objects."""

import base64
import hashlib

import pytest
from botocore.exceptions import ClientError


def code(call, **request):
    with pytest.raises(ClientError) as error:
        call(**request)
    return error.value.response["Error"]["Code"]


@pytest.fixture
def source(aws, s3):
    found = {"Bucket": aws.bucket, "Key": "from/ключ a+b"}
    s3.put_object(**found, Body=b"body", ContentType="text/plain", Metadata={"who": "alice"}, Tagging="team=a%20b&x=")
    return found


def tags(s3, **request):
    return {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(**request)["TagSet"]}


def test_copy_keeps_everything(aws, s3, source):
    answer = s3.copy_object(Bucket=aws.bucket, Key="to", CopySource=source)
    got = s3.get_object(Bucket=aws.bucket, Key="to")
    assert got["Body"].read() == b"body" and got["ETag"] == answer["CopyObjectResult"]["ETag"]
    assert (got["ContentType"], got["Metadata"], got["TagCount"]) == ("text/plain", {"who": "alice"}, 2)
    s3.delete_object(**source)
    assert s3.get_object(Bucket=aws.bucket, Key="to")["Body"].read() == b"body"


def test_copy_replaces_what_it_is_told_to(aws, s3, source):
    s3.copy_object(
        Bucket=aws.bucket, Key="to", CopySource=source, MetadataDirective="REPLACE", Metadata={"who": "bob"},
        ContentType="a/b", TaggingDirective="REPLACE", Tagging="new=1", ChecksumAlgorithm="SHA256",
    )  # fmt: skip
    head = s3.head_object(Bucket=aws.bucket, Key="to", ChecksumMode="ENABLED")
    assert (head["ContentType"], head["Metadata"]) == ("a/b", {"who": "bob"})
    assert head["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(b"body").digest()).decode()
    assert tags(s3, Bucket=aws.bucket, Key="to") == {"new": "1"}


def test_copy_onto_itself(s3, source):
    assert code(s3.copy_object, **source, CopySource=source) == "InvalidRequest"
    s3.copy_object(**source, CopySource=source, MetadataDirective="REPLACE", Metadata={"who": "bob"})
    got = s3.get_object(**source)
    assert (got["Metadata"], got["Body"].read()) == ({"who": "bob"}, b"body")


def test_copy_refusals(aws, s3, source):
    to = {"Bucket": aws.bucket, "Key": "to"}
    assert code(s3.copy_object, **to, CopySource={"Bucket": aws.bucket, "Key": "none"}) == "NoSuchKey"
    assert code(s3.copy_object, **to, CopySource={"Bucket": "none-such-bucket", "Key": "k"}) == "NoSuchBucket"
    assert code(s3.copy_object, **to, CopySource=source, CopySourceIfMatch='"x"') == "PreconditionFailed"
    etag = s3.head_object(**source)["ETag"]
    assert code(s3.copy_object, **to, CopySource=source, CopySourceIfNoneMatch=etag) == "PreconditionFailed"
    assert code(s3.copy_object, **to, CopySource=source | {"VersionId": "v1"}) == "NoSuchVersion"


def test_managed_copy(aws, s3, source):
    s3.copy(source, aws.bucket, "managed")
    assert s3.get_object(Bucket=aws.bucket, Key="managed")["Body"].read() == b"body"


def test_tags(s3, source):
    assert tags(s3, **source) == {"team": "a b", "x": ""}
    before = s3.head_object(**source)
    s3.put_object_tagging(**source, Tagging={"TagSet": [{"Key": "<k>", "Value": "v&"}]})
    assert tags(s3, **source) == {"<k>": "v&"}
    after = s3.get_object(**source)
    assert after["Body"].read() == b"body" and after["TagCount"] == 1
    assert (after["ETag"], after["LastModified"]) == (before["ETag"], before["LastModified"])
    s3.delete_object_tagging(**source)
    assert tags(s3, **source) == {}
    assert "TagCount" not in s3.get_object(**source)


def test_tags_refused(aws, s3, source):
    twice = [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}]
    many = [{"Key": f"k{n}", "Value": ""} for n in range(11)]
    assert code(s3.put_object_tagging, **source, Tagging={"TagSet": twice}) == "InvalidTag"
    assert code(s3.put_object_tagging, **source, Tagging={"TagSet": many}) == "BadRequest"
    assert code(s3.put_object_tagging, **source, Tagging={"TagSet": [{"Key": "k" * 129, "Value": ""}]}) == "InvalidTag"
    assert code(s3.get_object_tagging, Bucket=aws.bucket, Key="none") == "NoSuchKey"
    assert code(s3.put_object_tagging, Bucket=aws.bucket, Key="none", Tagging={"TagSet": []}) == "NoSuchKey"
    assert tags(s3, **source) == {"team": "a b", "x": ""}
