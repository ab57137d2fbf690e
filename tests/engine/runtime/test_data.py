"""Which objects a job's source holds: what a manifest can't be, and keys that would be the same file."""

import json
from types import SimpleNamespace

import pytest

from engine.runtime import data
from engine.runtime.drivers import JobFailed


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([{"prefix": "s3://b/"}], "names no objects"),
        ([{"prefix": 5}, "a"], "must be a JSON array that begins with"),
        ([], "must be a JSON array that begins with"),
        ("[" * 100_000, "must be a JSON array that begins with"),
        ([{"prefix": "s3://nobody-has-this-bucket/"}, "a"], "bucket does not exist"),
    ],
)
def test_a_manifest_that_cannot_be_fails_the_job_in_a_sentence(aws, content, words):
    body = content if isinstance(content, str) else json.dumps(content)
    aws.client("s3").put_object(Bucket=aws.bucket, Key="m", Body=body.encode())
    job = SimpleNamespace(connection=aws.connection, connection_id=aws.connection.id, owner="arn:root")
    with pytest.raises(JobFailed, match=words):
        data.objects(job, {"S3DataType": "ManifestFile", "S3Uri": f"s3://{aws.bucket}/m"})


def test_two_objects_that_would_be_one_file_fail_the_job(aws):
    for key in ("in/a//b", "in/a/b"):
        aws.client("s3").put_object(Bucket=aws.bucket, Key=key, Body=b"1\n")
    job = SimpleNamespace(connection=aws.connection, connection_id=aws.connection.id, owner="arn:root")
    found = data.objects(job, {"S3DataType": "S3Prefix", "S3Uri": f"s3://{aws.bucket}/in/"})
    with pytest.raises(JobFailed, match=f"s3://{aws.bucket}/in/a//b and .* would be the same file, a/b"):
        data.laid_down(found, "input/data/train")
    data.laid_down(found[:1] * 2, "input/data/train")  # a manifest may name an object twice
