"""Small files that the Studio itself puts into S3 for a job, such as its script."""

from areas.calls import CallFailed, call


def put(connection, uri: str, body: bytes, content_type: str) -> None:
    """Put ``body`` at ``uri``, in a bucket that is made if it isn't there. Doing it twice changes nothing."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        call(connection, "HeadBucket", service="s3", Bucket=bucket)
    except CallFailed as failed:
        if failed.status != 404:
            raise
        where = {"CreateBucketConfiguration": {"LocationConstraint": connection.region}}
        call(connection, "CreateBucket", service="s3", Bucket=bucket,
             **(where if connection.region != "us-east-1" else {}))  # fmt: skip
    call(connection, "PutObject", service="s3", Bucket=bucket, Key=key, Body=body, ContentType=content_type)
