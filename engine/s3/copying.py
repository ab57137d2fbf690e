"""CopyObject: another name for the same bytes, by a hard link, because a blob never changes.

Unlike AWS, the copy of an object that was uploaded in parts keeps that object's ETag.
"""

import os
from pathlib import Path
from urllib.parse import unquote

from engine.errors import AwsError
from engine.models import S3Object
from engine.s3 import blobs, store, xml
from engine.s3.digest import FULL_OBJECT, Digests, known
from engine.s3.headers import attributes_of, check_write, failed, is_unchanged
from engine.s3.objects import check_owner, check_version, owned_bucket
from engine.s3.request import Reply, Request


def source_of(request: Request) -> S3Object:
    """The object that x-amz-copy-source names, once the conditions on it hold."""
    bucket, key, version = named_source(request)
    check_version(version)
    if not bucket or not key or "\0" in key:
        raise AwsError("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
    check_owner(request, "x-amz-source-expected-bucket-owner")
    source = store.get(request.account, bucket, key)
    if is_unchanged(request, source, "x-amz-copy-source-"):
        raise failed("x-amz-copy-source-If-None-Match")
    return source


def named_source(request: Request) -> tuple[str, str, str]:
    """``(bucket, key, version)`` in x-amz-copy-source."""
    name, _, version = request.headers["x-amz-copy-source"].partition("?versionId=")
    bucket, _, key = unquote(name).removeprefix("/").partition("/")
    return bucket, key, version


def copy_object(request: Request) -> Reply:
    bucket, source = owned_bucket(request), source_of(request)
    attributes = _attributes(request, source, is_itself=(source.bucket_id, source.key) == (bucket.id, request.key))
    unfinished = blobs.new_file()
    try:
        source = link(source, unfinished, request)
        checksums = _checksums(request, source, unfinished)
        row = store.save(
            bucket, request.key, unfinished, source.size, source.etag, attributes, checksums, check_write(request)
        )
    finally:
        unfinished.unlink(missing_ok=True)
    return Reply(body=xml.document("CopyObjectResult", copied(row.etag, row.modified, row.checksums)))


def link(source: S3Object, unfinished: Path, request: Request) -> S3Object:
    """Give the source's bytes a second name; the source as it was then, which may be newer than the one passed."""
    while True:
        try:
            os.link(store.path_of(source), unfinished)
        except FileNotFoundError:
            store.check_replaced(source)
            source = source_of(request)
        else:
            return source


def copied(etag: str, modified, checksums: dict) -> str:
    return xml.tags(LastModified=xml.moment(modified), ETag=f'"{etag}"') + xml.checksums(checksums)


def _attributes(request: Request, source: S3Object, *, is_itself: bool) -> store.Attributes:
    attributes = attributes_of(request)
    is_replaced = _directive(request, "x-amz-metadata-directive") == "REPLACE"
    keeps_tags = _directive(request, "x-amz-tagging-directive") == "COPY"
    if is_itself and not is_replaced:
        raise AwsError(
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself without changing the object's "
            "metadata, storage class, website redirect location or encryption attributes.",
        )
    if not is_replaced:
        attributes.content_type, attributes.headers = source.content_type, source.headers
        attributes.metadata = source.metadata
    if keeps_tags:
        attributes.tags = source.tags
    return attributes


def _directive(request: Request, name: str) -> str:
    value = request.headers.get(name, "COPY")
    if value not in ("COPY", "REPLACE"):
        raise AwsError(
            "InvalidArgument", f"Unknown {name.removeprefix('x-amz-').replace('-', ' ')}.", ArgumentName=name
        )
    return value


def _checksums(request: Request, source: S3Object, path: Path) -> dict:
    wanted = request.headers.get("x-amz-checksum-algorithm")
    if not wanted or (known(wanted) in source.checksums and source.checksums["type"] == FULL_OBJECT):
        return source.checksums
    digests = Digests([known(wanted)])
    with open(path, "rb", buffering=0) as file:
        while block := file.read(blobs.BLOCK):
            digests.update(block)
    return {known(wanted): digests.base64(known(wanted)), "type": FULL_OBJECT}
