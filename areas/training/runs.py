"""Steps of a training Run that are not calls of SageMaker's; a worker makes them."""

from areas.calls import CallFailed, call
from areas.training.requests import pack


def upload_code(connection, request: dict) -> None:
    """Put ``request["files"]`` (text by name) as a tar.gz at ``request["uri"]``. Doing it twice changes nothing."""
    bucket, _, key = request["uri"].removeprefix("s3://").partition("/")
    try:
        call(connection, "HeadBucket", service="s3", Bucket=bucket)
    except CallFailed as failed:
        if failed.status != 404:
            raise
        where = {"CreateBucketConfiguration": {"LocationConstraint": connection.region}}
        call(connection, "CreateBucket", service="s3", Bucket=bucket,
             **(where if connection.region != "us-east-1" else {}))  # fmt: skip
    call(connection, "PutObject", service="s3", Bucket=bucket, Key=key, Body=pack(request["files"]),
         ContentType="application/gzip")  # fmt: skip
