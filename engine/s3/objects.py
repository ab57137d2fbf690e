"""Objects over HTTP: PutObject, GetObject, HeadObject, DeleteObject, DeleteObjects."""

import os
import re

from django.db import transaction

from areas.permissions import Need
from engine.errors import AwsError
from engine.models import Bucket, S3Object
from engine.s3 import blobs, shared, store, xml
from engine.s3.headers import attributes_of, check_write, checksum_headers, failed, headers_of, is_unchanged
from engine.s3.intake import Incoming, check_length
from engine.s3.request import OpenRange, Reply, Request
from engine.s3.threads import run_orm
from engine.wire import authorise

SMALL = 256 << 10  # bytes answered in one piece
BATCH = 1000
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def owned_bucket(request: Request) -> Bucket:
    """The request's bucket; NoSuchBucket, or AccessDenied if it isn't the caller's or the expected owner's."""
    check_owner(request)
    return store.bucket_of(request.account, request.bucket)


def readable_bucket(request: Request) -> Bucket:
    """As ``owned_bucket``, but one that AWS shares with every account may be read, too."""
    return shared.bucket(request.bucket) or owned_bucket(request)


def check_owner(request: Request, name: str = "x-amz-expected-bucket-owner") -> None:
    if request.headers.get(name, request.account) != request.account:
        raise AwsError("AccessDenied", "Access Denied", 403)


async def put_object(request: Request) -> Reply:
    check_length(request)
    attributes, check = attributes_of(request), check_write(request)
    if request.length > blobs.BLOCK:
        await run_orm(owned_bucket, request)  # say no before a large body comes
    with Incoming(request) as incoming:
        await incoming.take()
        return await run_orm(_store, request, incoming, attributes, check)


def _store(request: Request, incoming: Incoming, attributes: store.Attributes, check) -> Reply:
    checksums = incoming.finish()
    digests = incoming.digests
    row = store.save(
        owned_bucket(request), request.key, incoming.path, digests.size, digests.etag, attributes, checksums, check
    )
    return Reply(headers={"etag": f'"{row.etag}"', **checksum_headers(checksums)})


def get_object(request: Request) -> Reply:
    if "partNumber" in request.query:
        raise AwsError(
            "NotImplemented", "Reading an object by part number is not supported by the embedded engine yet.", 501
        )
    check_owner(request)
    check_version(request.query.get("versionId"))
    while True:
        row = store.get(request.account, request.bucket, request.key)
        reply, start, size = _head(request, row)
        if reply.status == 304 or request.method == "HEAD":
            return reply
        try:
            return _with_body(reply, OpenRange(os.open(store.path_of(row), os.O_RDONLY), start, size))
        except FileNotFoundError:
            store.check_replaced(row)  # between our look and the open: look again


def _head(request: Request, row: S3Object) -> tuple[Reply, int, int]:
    """Status and headers of the answer, and which bytes it has: ``(reply, start, size)``."""
    headers = headers_of(row, request)
    if is_unchanged(request, row):
        del headers["content-type"]
        return Reply(304, headers), 0, 0
    start, size = 0, row.size
    found = _range(request.headers.get("range", ""), row.size)
    if found:
        start, size = found
        headers["content-range"] = f"bytes {start}-{start + size - 1}/{row.size}"
    elif request.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED":
        headers.update(checksum_headers(row.checksums))
    headers["content-length"] = str(size)
    return Reply(206 if found else 200, headers), start, size


def _range(header: str, size: int) -> tuple[int, int] | None:
    """``(start, length)`` of a Range header; None for one that S3 ignores; InvalidRange past the end."""
    found = _RANGE.fullmatch(header.replace(" ", ""))
    if not found or not (found[1] or found[2]):
        return None
    first, last = found[1], found[2]
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= size:
        raise AwsError(
            "InvalidRange",
            "The requested range is not satisfiable",
            416,
            ActualObjectSize=str(size),
            RangeRequested=header,
        )
    return start, end - start


def _with_body(reply: Reply, part: OpenRange) -> Reply:
    if part.size > SMALL:
        reply.file = part
        return reply
    try:
        reply.body = part.read(0, part.size) if part.size else b""
    finally:
        part.close()
    return reply


def delete_object(request: Request) -> Reply:
    bucket = owned_bucket(request)
    check_version(request.query.get("versionId"))
    if match := request.headers.get("if-match"):
        with transaction.atomic():
            row = S3Object.objects.select_for_update().filter(bucket=bucket, key=request.key).first()
            if row is None:
                raise store.no_key(request.key)
            if match.strip('"') not in ("*", row.etag):
                raise failed("If-Match")
            store.delete_keys(bucket, [request.key])
    else:
        store.delete_keys(bucket, [request.key])
    return Reply(204)


def check_version(version: str | None) -> None:
    """Buckets aren't versioned, so the only version of anything is "null"."""
    if version not in (None, "", "null"):
        raise AwsError("NoSuchVersion", "The specified version does not exist.", 404, VersionId=version)


def delete_objects(request: Request) -> Reply:
    root = xml.read(request.body, "Delete")
    wanted = [(node.findtext("Key"), node.findtext("VersionId")) for node in root.findall("Object")]
    if not 0 < len(wanted) <= BATCH or not all(key for key, _ in wanted):
        raise xml.malformed()
    quiet = (root.findtext("Quiet") or "").strip() == "true"
    plain = [key for key, version in wanted if version in (None, "", "null")]
    plain, kept = _deletable(request, plain)
    store.delete_keys(owned_bucket(request), plain)
    answer = "".join(
        f"<Error>{xml.tags(Key=key, Code='AccessDenied', Message='Access Denied')}</Error>" for key in kept
    )
    answer += "" if quiet else "".join(f"<Deleted>{xml.tag('Key', key)}</Deleted>" for key in plain)
    for key, version in wanted:
        if version not in (None, "", "null"):
            answer += "<Error>" + xml.tags(
                Key=key, VersionId=version, Code="NoSuchVersion", Message="The specified version does not exist."
            ) + "</Error>"  # fmt: skip
    return Reply(body=xml.document("DeleteResult", answer))


def _deletable(request: Request, keys: list[str]) -> tuple[list[str], list[str]]:
    """The keys that the caller may delete, and the others. AccessDenied if there are only others."""
    needs = {key: Need("delete", "S3Object", f"{request.bucket}/{key}") for key in keys}
    may = {key: authorise.allows(request.context, need) for key, need in needs.items()}
    if keys and not any(may.values()):
        raise authorise.denied(request.context, needs[keys[0]])
    return [key for key in keys if may[key]], [key for key in needs if not may[key]]
