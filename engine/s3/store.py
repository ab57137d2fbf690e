"""S3 for the engine's own code: buckets and objects without HTTP. Functions are synchronous and use the ORM."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from django.db import IntegrityError, InterfaceError, OperationalError, transaction

from engine.errors import AwsError
from engine.models import Bucket, Part, S3Object
from engine.s3 import blobs, shared, table
from engine.s3.digest import Digests

PAGE = 1000


@dataclass
class Attributes:
    """What an object says about itself beside its bytes."""

    content_type: str = ""
    headers: dict = field(default_factory=dict)  # Content-Encoding, Cache-Control … as they will be answered
    metadata: dict = field(default_factory=dict)
    tags: dict = field(default_factory=dict)

    @classmethod
    def of(cls, row: S3Object) -> "Attributes":
        return cls(row.content_type, row.headers, row.metadata, row.tags)


def ensure_bucket(account: str, region: str, name: str) -> Bucket:
    """The account's bucket, made if there is none; BucketAlreadyExists if another account has the name."""
    bucket, _ = Bucket.objects.get_or_create(name=name, defaults={"account": account, "region": region})
    if bucket.account != account:
        raise AwsError("BucketAlreadyExists", "The requested bucket name is not available.", 409, BucketName=name)
    return bucket


def bucket_of(account: str, name: str) -> Bucket:
    """The bucket, or NoSuchBucket; AccessDenied for another account's."""
    bucket = table.bucket(name)
    if bucket is None:
        raise no_bucket(name)
    if bucket.account != account:
        raise AwsError("AccessDenied", "Access Denied", 403)
    return bucket


def readable_bucket(account: str, name: str) -> Bucket:
    """The bucket, if the account may read it: its own, or one that AWS shares with every account; else as ``bucket_of``."""
    return shared.bucket(name) or bucket_of(account, name)


def no_bucket(name: str) -> AwsError:
    return AwsError("NoSuchBucket", "The specified bucket does not exist", 404, BucketName=name)


def no_key(key: str) -> AwsError:
    return AwsError("NoSuchKey", "The specified key does not exist.", 404, Key=key)


def find(account: str, bucket: str, key: str) -> S3Object | None:
    """The object, or None; NoSuchBucket or AccessDenied if the bucket isn't there or isn't the account's."""
    owner, row = table.find(bucket, key)
    if owner != account and readable_bucket(account, bucket).account == shared.ACCOUNT:
        _, row = table.find(bucket, key)
    return row


def get(account: str, bucket: str, key: str) -> S3Object:
    row = find(account, bucket, key)
    if row is None:
        raise no_key(key)
    return row


def listing(account: str, bucket: str, prefix: str = "") -> Iterator[S3Object]:
    """The objects whose key starts with ``prefix``, ordered by key; a page of rows at a time."""
    rows = in_prefix(S3Object.objects.filter(bucket=readable_bucket(account, bucket)), prefix).order_by("key")
    page = list(rows[:PAGE])
    while page:
        yield from page
        page = list(rows.filter(key__gt=page[-1].key)[:PAGE]) if len(page) == PAGE else []


def in_prefix(rows, prefix: str):
    """``rows`` narrowed to the keys that start with ``prefix``, as a range that the index serves."""
    if not prefix:
        return rows
    rows = rows.filter(key__gte=prefix)
    end = after_prefix(prefix)
    return rows.filter(key__lt=end) if end else rows


def after_prefix(prefix: str) -> str:
    """The smallest string above every string that starts with ``prefix``; empty if there is none."""
    while prefix:
        last = ord(prefix[-1]) + 1
        if last == 0xD800:
            last = 0xE000  # surrogates are no characters
        if last <= 0x10FFFF:
            return prefix[:-1] + chr(last)
        prefix = prefix[:-1]
    return ""


def path_of(row: S3Object) -> Path:
    """The file with the object's bytes: read it, never write it. It goes when the object is replaced or deleted."""
    return blobs.path_of(row.blob)


def put_file(
    account: str, region: str, bucket: str, key: str, path: Path, *, move: bool = True, content_type: str = "",
) -> S3Object:  # fmt: skip
    """Store a file as an object, exactly as PutObject would. ``move`` takes the file away instead of copying it.

    The bucket must exist, in whatever region; ``region`` is the caller's.
    """
    owner = bucket_of(account, bucket)
    _check_key(key)
    unfinished = blobs.new_file()
    try:
        if move:
            shutil.move(path, unfinished)
        else:
            shutil.copyfile(path, unfinished)
        digests = Digests()
        with open(unfinished, "rb", buffering=0) as file:
            while block := file.read(blobs.BLOCK):
                digests.update(block)
        return _put(owner, key, unfinished, digests, content_type)
    finally:
        unfinished.unlink(missing_ok=True)


def put_bytes(account: str, region: str, bucket: str, key: str, body: bytes, *, content_type: str = "") -> S3Object:
    owner = bucket_of(account, bucket)
    _check_key(key)
    unfinished = blobs.new_file()
    try:
        unfinished.write_bytes(body)
        digests = Digests()
        digests.update(body)
        return _put(owner, key, unfinished, digests, content_type)
    finally:
        unfinished.unlink(missing_ok=True)


def _put(bucket: Bucket, key: str, unfinished: Path, digests: Digests, content_type: str) -> S3Object:
    os.chmod(unfinished, 0o600)
    return save(bucket, key, unfinished, digests.size, digests.etag, Attributes(content_type or DEFAULT_TYPE))


DEFAULT_TYPE = "binary/octet-stream"


def _check_key(key: str) -> None:
    if not key or "\0" in key:
        raise AwsError("InvalidArgument", "An object key must have at least one character, and none may be NUL.")
    if len(key.encode()) > 1024:
        raise AwsError("KeyTooLongError", "Your key is too long", Key=key)


def save(
    bucket: Bucket, key: str, unfinished: Path, size: int, etag: str, attributes: Attributes,
    checksums: dict | None = None, check: Callable[[S3Object | None], None] | None = None,
) -> S3Object:  # fmt: skip
    """Make a finished file the object ``key``, replacing what was there, all or nothing.

    ``check`` sees the row that is replaced, or None, and may raise. The replaced blob goes after the commit.
    """
    row = S3Object(
        bucket=bucket, key=key, blob=blobs.place(unfinished), size=size, etag=etag, checksums=checksums or {},
        modified=datetime.now(UTC), **asdict(attributes),
    )  # fmt: skip
    try:
        _write(row, check)
    except IntegrityError:
        blobs.remove(row.blob)
        raise no_bucket(bucket.name) from None
    except (OperationalError, InterfaceError):
        raise  # it may be written all the same: if it isn't, the sweep takes the blob
    except BaseException:
        blobs.remove(row.blob)
        raise
    return row


def _write(row: S3Object, check) -> None:
    if check is None and table.insert(row):
        return
    while True:
        old = table.present(row.bucket_id, row.key)
        if check:
            check(old)
        if old is None:
            if table.insert(row):
                return
        elif table.replace(old, row):
            transaction.on_commit(partial(blobs.remove, old.blob))
            return
        # Somebody else wrote the same key since we looked: look again.


def read_bytes(account: str, bucket: str, key: str) -> bytes:
    """The whole object; NoSuchKey if it isn't there."""
    while True:
        row = get(account, bucket, key)
        try:
            return path_of(row).read_bytes()
        except FileNotFoundError:
            check_replaced(row)


def check_replaced(row: S3Object) -> None:
    """Return if a blob is missing because its object was replaced or deleted since it was looked up; else it is lost."""
    if S3Object.objects.filter(id=row.id, blob=row.blob).exists():
        raise AwsError("InternalError", f"The bytes of {row.key} are missing from the engine's folder.", 500)


def delete(account: str, bucket: str, key: str) -> None:
    """Delete an object; nothing happens if there is none."""
    delete_keys(bucket_of(account, bucket), [key])


def delete_keys(bucket: Bucket, keys: list[str]) -> None:
    _delete(S3Object.objects.filter(bucket=bucket, key__in=keys).order_by("key"))  # locks in one order for all


def delete_prefix(account: str, bucket: str, prefix: str) -> int:
    """Delete every object below a prefix and return how many there were."""
    rows = in_prefix(S3Object.objects.filter(bucket=bucket_of(account, bucket)), prefix).order_by("key")
    count = 0
    while deleted := _delete(rows[:PAGE]):
        count += deleted
    return count


@transaction.atomic
def _delete(rows) -> int:
    gone = list(rows.select_for_update().values_list("id", "blob"))
    if gone:
        S3Object.objects.filter(id__in=[number for number, _ in gone]).delete()
        transaction.on_commit(lambda: blobs.remove(*(blob for _, blob in gone)))
    return len(gone)


def split_uri(uri: str) -> tuple[str, str]:
    """``s3://bucket/key`` in its two parts; the key may be empty."""
    scheme, found, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not found or not bucket:
        raise AwsError("ValidationException", f"{uri!r} is not an S3 URI of the form s3://bucket/key.")
    return bucket, key


def sweep(older_than: float = 3600) -> int:
    """Delete files that a killed process left: unfinished ones, and blobs that no row knows. Returns how many."""

    def is_owned(names: list[str]) -> set[str]:
        owned: set[str] = set()
        for start in range(0, len(names), 500):
            some = names[start : start + 500]
            for model in (S3Object, Part):
                owned.update(model.objects.filter(blob__in=some).values_list("blob", flat=True))
        return owned

    return blobs.sweep(is_owned, older_than)
