"""ListObjects, ListObjectsV2, ListObjectVersions and ListMultipartUploads: pages by key range, common prefixes leapt over."""

import base64
import binascii
from dataclasses import dataclass, field
from urllib.parse import quote

from django.db.models import Q

from engine.errors import AwsError
from engine.models import S3Object, Upload
from engine.s3 import xml
from engine.s3.objects import owned_bucket, readable_bucket
from engine.s3.request import Reply, Request
from engine.s3.store import after_prefix, in_prefix

LIMIT = 1000
FIELDS = ("key", "size", "etag", "modified", "checksums")
FEW = 16  # rows looked at after a leap; doubled while none of them is leapt over


@dataclass
class Page:
    rows: list = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    last: str = ""  # the last key or common prefix on the page: the next page starts above it
    is_truncated: bool = False


def page_of(rows, prefix: str, delimiter: str, after: str, limit: int) -> Page:
    """One page of ``rows`` (a queryset of dicts with ``key``), in the order of keys.

    ``after`` is a key, or a common prefix whose keys are all to be passed by. Keys that share a common prefix cost one
    query for all of them, however many they are.
    """
    page = Page()
    if not limit:
        return page
    rows = in_prefix(rows, prefix).order_by("key")
    if delimiter and after.endswith(delimiter) and after.startswith(prefix) and len(after) > len(prefix):
        rest = _from(rows, after)
    else:
        rest = rows.filter(key__gt=after) if after else rows
    size = limit + 1
    while rest is not None:
        chunk = list(rest[:size])
        leap = ""
        for row in chunk:
            if leap and row["key"].startswith(leap):
                continue
            leap = ""
            if len(page.rows) + len(page.prefixes) == limit:
                page.is_truncated = True
                return page
            if found := _common(row["key"], prefix, delimiter):
                leap = page.last = found
                page.prefixes.append(found)
            else:
                page.rows.append(row)
                page.last = row["key"]
        if len(chunk) < size:
            return page
        rest = _from(rows, leap) if leap else rows.filter(key__gt=chunk[-1]["key"])
        size = min(FEW if leap else size * 2, limit + 1)
    return page


def _common(key: str, prefix: str, delimiter: str) -> str:
    if not delimiter:
        return ""
    found = key.find(delimiter, len(prefix))
    return key[: found + len(delimiter)] if found >= 0 else ""


def _from(rows, prefix: str):
    """The rows above all that start with ``prefix``; None if there can't be any."""
    end = after_prefix(prefix)
    return rows.filter(key__gte=end) if end else None


class Encoder:
    """Percent-encodes names when the client asked for it, so that any key fits in XML."""

    def __init__(self, request: Request):
        self.kind = request.query.get("encoding-type", "")
        if self.kind not in ("", "url"):
            raise AwsError(
                "InvalidArgument", "Invalid Encoding Method specified in Request", ArgumentName="encoding-type"
            )

    def __call__(self, name: str) -> str:
        return quote(name, safe="/*-._") if self.kind else name

    @property
    def tag(self) -> str:
        return xml.tag("EncodingType", self.kind) if self.kind else ""


def list_objects_v2(request: Request) -> Reply:
    encode, prefix, delimiter = Encoder(request), request.query.get("prefix", ""), request.query.get("delimiter", "")
    limit = request.number("max-keys", LIMIT)
    token = request.query.get("continuation-token")
    start = request.query.get("start-after", "")
    after = _read_token(token) if token is not None else start
    page = page_of(_objects(request), prefix, delimiter, after, min(limit, LIMIT))
    body = [
        xml.tags(Name=request.bucket, Prefix=encode(prefix), MaxKeys=min(limit, LIMIT)),
        xml.tag("Delimiter", encode(delimiter)) if delimiter else "",
        encode.tag,
        xml.tags(KeyCount=len(page.rows) + len(page.prefixes), IsTruncated=page.is_truncated),
        xml.tags(ContinuationToken=token, NextContinuationToken=_token(page.last) if page.is_truncated else None),
        xml.tag("StartAfter", encode(start)) if start else "",
    ]
    owner = _owner(request) if request.query.get("fetch-owner") == "true" else ""
    return Reply(body=xml.document("ListBucketResult", "".join(body) + _contents(page, encode, owner)))


def list_objects(request: Request) -> Reply:
    encode, prefix, delimiter = Encoder(request), request.query.get("prefix", ""), request.query.get("delimiter", "")
    limit, marker = request.number("max-keys", LIMIT), request.query.get("marker", "")
    page = page_of(_objects(request), prefix, delimiter, marker, min(limit, LIMIT))
    body = [
        xml.tags(Name=request.bucket, Prefix=encode(prefix), Marker=encode(marker), MaxKeys=min(limit, LIMIT)),
        xml.tag("Delimiter", encode(delimiter)) if delimiter else "",
        encode.tag,
        xml.tag("IsTruncated", page.is_truncated),
        xml.tag("NextMarker", encode(page.last)) if page.is_truncated and delimiter else "",
    ]
    return Reply(body=xml.document("ListBucketResult", "".join(body) + _contents(page, encode, _owner(request))))


def list_versions(request: Request) -> Reply:
    """Every object as its only version, "null", as a bucket without versioning answers."""
    encode, prefix, delimiter = Encoder(request), request.query.get("prefix", ""), request.query.get("delimiter", "")
    limit, marker = request.number("max-keys", LIMIT), request.query.get("key-marker", "")
    page = page_of(_objects(request), prefix, delimiter, marker, min(limit, LIMIT))
    body = xml.tags(
        Name=request.bucket,
        Prefix=encode(prefix),
        KeyMarker=encode(marker),
        VersionIdMarker="",
        MaxKeys=min(limit, LIMIT),
    )
    body += xml.tag("Delimiter", encode(delimiter)) if delimiter else ""
    body += encode.tag + xml.tag("IsTruncated", page.is_truncated)
    if page.is_truncated:
        body += xml.tags(NextKeyMarker=encode(page.last), NextVersionIdMarker="null")
    for row in page.rows:
        body += (
            "<Version>"
            + _described(row, encode)
            + xml.tags(VersionId="null", IsLatest=True)
            + _owner(request)
            + "</Version>"
        )
    return Reply(body=xml.document("ListVersionsResult", body + _prefixes(page, encode)))


def list_uploads(request: Request) -> Reply:
    if request.query.get("delimiter"):
        raise AwsError("NotImplemented", "A delimiter over uploads is not supported by the embedded engine yet.", 501)
    encode, prefix = Encoder(request), request.query.get("prefix", "")
    limit = min(request.number("max-uploads", LIMIT, 1), LIMIT)
    marker, upload_marker = request.query.get("key-marker", ""), request.query.get("upload-id-marker", "")
    rows = in_prefix(Upload.objects.filter(bucket=owned_bucket(request)), prefix).order_by("key", "id")
    if marker:
        more_of_key = Q(key=marker, id__gt=upload_marker) if upload_marker else Q(pk__in=[])
        rows = rows.filter(Q(key__gt=marker) | more_of_key)
    found = list(rows[: limit + 1])
    page, is_truncated = found[:limit], len(found) > limit
    body = xml.tags(
        Bucket=request.bucket, KeyMarker=encode(marker), UploadIdMarker=upload_marker, Prefix=encode(prefix)
    )
    body += encode.tag + xml.tags(MaxUploads=limit, IsTruncated=is_truncated)
    if is_truncated:
        body += xml.tags(NextKeyMarker=encode(page[-1].key), NextUploadIdMarker=page[-1].id)
    for row in page:
        body += "<Upload>" + xml.tags(Key=encode(row.key), UploadId=row.id, Initiated=xml.moment(row.created))
        body += _owner(request) + _owner(request, "Initiator") + xml.tag("StorageClass", "STANDARD") + "</Upload>"
    return Reply(body=xml.document("ListMultipartUploadsResult", body))


def _objects(request: Request):
    return S3Object.objects.filter(bucket=readable_bucket(request)).values(*FIELDS)


def _contents(page: Page, encode: Encoder, owner: str) -> str:
    return "".join(f"<Contents>{_described(row, encode)}{owner}</Contents>" for row in page.rows) + _prefixes(
        page, encode
    )


def _described(row: dict, encode: Encoder) -> str:
    checksum = ""
    for name, value in row["checksums"].items():
        checksum += xml.tag("ChecksumType", value) if name == "type" else xml.tag("ChecksumAlgorithm", name.upper())
    return (
        f"<Key>{xml.text(encode(row['key']))}</Key><LastModified>{xml.moment(row['modified'])}</LastModified>"
        f"<ETag>&quot;{row['etag']}&quot;</ETag>{checksum}<Size>{row['size']}</Size><StorageClass>STANDARD</StorageClass>"
    )


def _prefixes(page: Page, encode: Encoder) -> str:
    return "".join(f"<CommonPrefixes>{xml.tag('Prefix', encode(name))}</CommonPrefixes>" for name in page.prefixes)


def _owner(request: Request, name: str = "Owner") -> str:
    return f"<{name}>{xml.tag('ID', request.account)}{xml.tag('DisplayName', request.account)}</{name}>"


def _token(after: str) -> str:
    return base64.urlsafe_b64encode(after.encode()).decode()


def _read_token(token: str) -> str:
    try:
        after = base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        after = ""
    if not after or "\0" in after:
        raise AwsError(
            "InvalidArgument", "The continuation token provided is incorrect", ArgumentName="continuation-token"
        )
    return after
