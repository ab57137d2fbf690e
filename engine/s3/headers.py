"""What an object's headers say: read from a PUT, written to a GET, and compared as conditions of either."""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import parse_qsl

from engine.errors import AwsError
from engine.models import S3Object
from engine.s3.request import Request
from engine.s3.store import DEFAULT_TYPE, Attributes

KEPT = ("cache-control", "content-disposition", "content-encoding", "content-language", "expires")
OVERRIDES = ("cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires")
METADATA_LIMIT = 2048  # bytes
ACLS = ("private", "bucket-owner-full-control", "bucket-owner-read")
# Headers that ask for something we would have to pretend. x-amz-server-side-encryption is not among them: SageMaker's SDKs
# always send it; it is taken note of by nobody and never echoed, so that no answer claims that an object is encrypted.
_UNSUPPORTED = (
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-website-redirect-location",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-legal-hold",
    "x-amz-write-offset-bytes",
    "x-amz-bucket-object-lock-enabled",
)


def check_supported(request: Request) -> None:
    """Refuse the headers that the engine can't honour."""
    for name in _UNSUPPORTED:
        if request.headers.get(name, "false") != "false":
            raise AwsError(
                "NotImplemented",
                "A header you provided implies functionality that is not implemented",
                501,
                Header=name,
            )
    if request.headers.get("x-amz-acl", "private") not in ACLS or any(
        name.startswith("x-amz-grant-") for name in request.headers
    ):
        raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")
    if request.headers.get("x-amz-storage-class", "STANDARD") != "STANDARD":
        raise AwsError("InvalidStorageClass", "The storage class you specified is not valid")


def attributes_of(request: Request) -> Attributes:
    """An object's attributes from the headers of the request that makes it."""
    check_supported(request)
    headers = {name: request.headers[name] for name in KEPT if name in request.headers}
    if "content-encoding" in headers:
        codings = [coding.strip() for coding in headers.pop("content-encoding").split(",")]
        if codings := [coding for coding in codings if coding and coding != "aws-chunked"]:
            headers["content-encoding"] = ",".join(codings)
    prefix = "x-amz-meta-"
    metadata = {name[len(prefix) :]: value for name, value in request.headers.items() if name.startswith(prefix)}
    if sum(len(name) + len(value) for name, value in metadata.items()) > METADATA_LIMIT:
        raise AwsError("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")
    tags = check_tags(parse_qsl(request.headers.get("x-amz-tagging", ""), keep_blank_values=True))
    return Attributes(request.headers.get("content-type", DEFAULT_TYPE)[:255], headers, metadata, tags)


def check_tags(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Tags as a dict, in order; InvalidTag or BadRequest if S3 would refuse them."""
    if len(pairs) > 10:
        raise AwsError("BadRequest", "Object tags cannot be greater than 10")
    tags = dict(pairs)
    if len(tags) < len(pairs):
        raise AwsError("InvalidTag", "Cannot provide multiple Tags with the same key")
    for key, value in tags.items():
        if not 0 < len(key) <= 128 or "\0" in key:
            raise AwsError("InvalidTag", "The TagKey you have provided is invalid")
        if len(value) > 256 or "\0" in value:
            raise AwsError("InvalidTag", "The TagValue you have provided is invalid")
    return tags


def headers_of(row: S3Object, request: Request) -> dict[str, str]:
    """The headers of an object's GET or HEAD, but for its length."""
    headers = {
        "etag": f'"{row.etag}"',
        "last-modified": http_date(row.modified),
        "accept-ranges": "bytes",
        "content-type": row.content_type,
        **row.headers,
    }
    for name, value in row.metadata.items():
        headers[f"x-amz-meta-{name}"] = value
    if row.tags and request.method == "GET":
        headers["x-amz-tagging-count"] = str(len(row.tags))
    for name in OVERRIDES:
        if value := request.query.get(f"response-{name}"):
            if not value.isprintable() or not value.isascii():
                raise AwsError("InvalidArgument", f"response-{name} must be printable ASCII.")
            headers[name] = value
    return headers


def checksum_headers(checksums: dict) -> dict[str, str]:
    headers = {f"x-amz-checksum-{name}": value for name, value in checksums.items() if name != "type"}
    if headers:
        headers["x-amz-checksum-type"] = checksums["type"]
    return headers


def http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _date(request: Request, name: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(request.headers[name])
    except (KeyError, ValueError):
        return None  # as S3 does: a date that can't be read is no condition
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _matches(condition: str, etag: str) -> bool:
    wanted = [part.strip().removeprefix("W/").strip('"') for part in condition.split(",")]
    return "*" in wanted or etag in wanted


def is_unchanged(request: Request, row: S3Object, prefix: str = "") -> bool:
    """Apply the conditions of a read: PreconditionFailed, or True for "not modified" (304).

    ``prefix`` is "x-amz-copy-source-" for the conditions on a copy's source.
    """
    headers, modified = request.headers, row.modified.replace(microsecond=0)
    if (match := headers.get(f"{prefix}if-match")) is not None:
        if not _matches(match, row.etag):
            raise failed("If-Match")
    elif (since := _date(request, f"{prefix}if-unmodified-since")) and modified > since:
        raise failed("If-Unmodified-Since")
    if (match := headers.get(f"{prefix}if-none-match")) is not None:
        return _matches(match, row.etag)
    since = _date(request, f"{prefix}if-modified-since")
    return bool(since and modified <= since)


def check_write(request: Request):
    """The check that a write makes of the object it would replace: If-None-Match: * and If-Match."""
    match, none_match = request.headers.get("if-match"), request.headers.get("if-none-match")
    if none_match not in (None, "*"):
        raise AwsError("NotImplemented", "If-None-Match of a write can only be *.", 501)
    if match is None and none_match is None:
        return None

    def check(row: S3Object | None) -> None:
        if none_match and row is not None:
            raise failed("If-None-Match")
        if match is not None:
            if row is None:
                raise AwsError("NoSuchKey", "The specified key does not exist.", 404, Key=request.key)
            if not _matches(match, row.etag):
                raise failed("If-Match")

    return check


def failed(condition: str) -> AwsError:
    return AwsError(
        "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412, Condition=condition
    )
