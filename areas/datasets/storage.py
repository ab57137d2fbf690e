"""A version's files in S3, through boto3."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from areas.calls import CallFailed, client, service_words, upload
from areas.datasets.errors import DatasetError

CHUNK = 1024 * 1024


def split_uri(uri: str) -> tuple[str, str]:
    """``s3://bucket/key`` → (bucket, key); DatasetError if it is none."""
    parts = urlsplit(uri)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
        raise DatasetError(f"{uri!r} is not an S3 URI such as s3://bucket/folder/.", field="uri")
    return parts.netloc, parts.path.lstrip("/")


def ensure_bucket(connection) -> None:
    """Make the connection's default bucket if it isn't there."""
    with service_words():
        s3 = client(connection, "s3")
        if connection.default_bucket in {bucket["Name"] for bucket in s3.list_buckets().get("Buckets", [])}:
            return
        where = {} if connection.region == "us-east-1" else {"LocationConstraint": connection.region}
        s3.create_bucket(Bucket=connection.default_bucket, **({"CreateBucketConfiguration": where} if where else {}))


def put_file(connection, path: Path, uri: str, content_type: str = "application/octet-stream") -> None:
    bucket, key = split_uri(uri)
    upload(connection, path, bucket, key, content_type)


def put_bytes(connection, body: bytes, uri: str, content_type: str) -> None:
    bucket, key = split_uri(uri)
    with service_words():
        client(connection, "s3").put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)


def get_bytes(connection, uri: str) -> bytes | None:
    """The object's bytes; None if there is none."""
    bucket, key = split_uri(uri)
    try:
        with service_words():
            return client(connection, "s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except CallFailed as error:
        if error.status == 404:
            return None
        raise


def fetch(connection, uri: str, path: Path) -> str:
    """Stream an object into ``path`` in constant memory; its sha256."""
    bucket, key = split_uri(uri)
    digest = hashlib.sha256()
    with service_words(), path.open("wb") as file:
        body = client(connection, "s3").get_object(Bucket=bucket, Key=key)["Body"]
        for chunk in body.iter_chunks(CHUNK):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


def list_objects(connection, uri: str) -> Iterator[dict]:
    """``{"Key", "Size"}`` of every object whose key starts with the URI's, folder markers left out."""
    bucket, prefix = split_uri(uri)
    with service_words():
        for page in client(connection, "s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for found in page.get("Contents", []):
                if not found["Key"].endswith("/"):
                    yield found


def delete_prefix(connection, uri: str) -> int:
    """Delete every object below the URI, which must end with a slash; how many there were."""
    if not uri.endswith("/"):
        raise ValueError(f"{uri} is no folder")
    bucket, _ = split_uri(uri)
    keys = [{"Key": found["Key"]} for found in list_objects(connection, uri)]
    with service_words():
        for start in range(0, len(keys), 1000):
            client(connection, "s3").delete_objects(
                Bucket=bucket, Delete={"Objects": keys[start : start + 1000], "Quiet": True}
            )
    return len(keys)
