"""Buckets: made once, seen by their account only, and honest about what they aren't."""

import itertools

import pytest
from botocore.exceptions import ClientError

from tests.stage import Account

_numbers = itertools.count(999_000_000_001)


@pytest.fixture
def charlie(engine, aws):
    """Somebody else."""
    return Account(engine, str(next(_numbers)))


def code(call, **request):
    with pytest.raises(ClientError) as error:
        call(**request)
    return error.value.response["ResponseMetadata"]["HTTPStatusCode"], error.value.response["Error"]["Code"]


def test_create_list_delete(aws, s3):
    assert aws.bucket in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert s3.head_bucket(Bucket=aws.bucket)["BucketRegion"] == "us-east-1"
    assert s3.get_bucket_location(Bucket=aws.bucket)["LocationConstraint"] is None
    assert code(s3.create_bucket, Bucket=aws.bucket) == (409, "BucketAlreadyOwnedByYou")
    s3.put_object(Bucket=aws.bucket, Key="k", Body=b"x")
    assert code(s3.delete_bucket, Bucket=aws.bucket) == (409, "BucketNotEmpty")
    s3.delete_object(Bucket=aws.bucket, Key="k")
    s3.create_multipart_upload(Bucket=aws.bucket, Key="left")
    s3.delete_bucket(Bucket=aws.bucket)
    assert s3.list_buckets()["Buckets"] == []
    assert code(s3.head_bucket, Bucket=aws.bucket) == (404, "404")
    assert code(s3.list_objects_v2, Bucket=aws.bucket) == (404, "NoSuchBucket")


@pytest.mark.parametrize("name", ["UPPER", "a..b", "10.0.0.1", "-dash", "dash-", "under_score", "xn--bucket"])
def test_names_that_can_not_be(wire, name):
    wire.bucket = name
    answer = wire.send("PUT", "")
    assert answer.status == 400 and b"InvalidBucketName" in answer.body


def test_another_region(aws):
    west = aws.client("s3", "eu-west-1")
    name = f"west-{aws.number}"
    assert code(west.create_bucket, Bucket=name) == (400, "IllegalLocationConstraintException")
    west.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert west.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"
    assert west.head_bucket(Bucket=name)["BucketRegion"] == "eu-west-1"


def test_another_account(aws, s3, charlie):
    s3.put_object(Bucket=aws.bucket, Key="secret", Body=b"x")
    other = charlie.client("s3")
    request = {"Bucket": aws.bucket, "Key": "secret"}
    assert aws.bucket not in [bucket["Name"] for bucket in other.list_buckets()["Buckets"]]
    for call in (other.get_object, other.delete_object, other.get_object_tagging, other.create_multipart_upload):
        assert code(call, **request) == (403, "AccessDenied")
    assert code(other.put_object, **request, Body=b"mine") == (403, "AccessDenied")
    assert code(other.head_bucket, Bucket=aws.bucket)[0] == 403
    assert code(other.list_objects_v2, Bucket=aws.bucket) == (403, "AccessDenied")
    assert code(other.create_bucket, Bucket=aws.bucket) == (409, "BucketAlreadyExists")
    copy = {"Bucket": charlie.bucket, "Key": "taken", "CopySource": request}
    assert code(other.copy_object, **copy) == (403, "AccessDenied")
    assert s3.get_object(**request)["Body"].read() == b"x"


def test_expected_owner(aws, s3):
    assert s3.head_bucket(Bucket=aws.bucket, ExpectedBucketOwner=aws.number)
    assert code(s3.head_bucket, Bucket=aws.bucket, ExpectedBucketOwner="111122223333")[0] == 403
    refused = code(s3.put_object, Bucket=aws.bucket, Key="k", Body=b"x", ExpectedBucketOwner="111122223333")
    assert refused == (403, "AccessDenied")


def test_unsigned(wire):
    answer = wire.exchange("GET", f"/{wire.bucket}", {}, b"")
    assert answer.status == 403 and b"<Code>AccessDenied</Code>" in answer.body


def test_what_a_plain_bucket_says(aws, s3):
    bucket = {"Bucket": aws.bucket}
    assert "Status" not in s3.get_bucket_versioning(**bucket)
    assert s3.get_bucket_acl(**bucket)["Grants"][0]["Permission"] == "FULL_CONTROL"
    assert s3.get_bucket_request_payment(**bucket)["Payer"] == "BucketOwner"
    assert "TopicConfigurations" not in s3.get_bucket_notification_configuration(**bucket)
    assert code(s3.get_bucket_policy, **bucket) == (404, "NoSuchBucketPolicy")
    assert code(s3.get_bucket_tagging, **bucket) == (404, "NoSuchTagSet")
    assert code(s3.get_bucket_cors, **bucket) == (404, "NoSuchCORSConfiguration")
    assert code(s3.get_bucket_lifecycle_configuration, **bucket) == (404, "NoSuchLifecycleConfiguration")
    assert code(s3.get_public_access_block, **bucket) == (404, "NoSuchPublicAccessBlockConfiguration")


def test_virtual_hosted(aws, s3, wire):
    s3.put_object(Bucket=aws.bucket, Key="dir/k", Body=b"virtual")
    headers = wire.sign("GET", "/dir/k", {"host": f"{aws.bucket}.localhost:{wire.port}"}, "UNSIGNED-PAYLOAD")
    answer = wire.exchange("GET", "/dir/k", headers, b"")
    assert (answer.status, answer.body) == (200, b"virtual")
