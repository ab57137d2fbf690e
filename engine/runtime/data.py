"""What a job reads from S3 and stores there: objects of a prefix or manifest, packed outputs, folders kept in step."""

import json
import os
import secrets
import time
from pathlib import Path

from catalog.access import EVERYTHING, access_of
from catalog.models import Record
from engine.errors import AwsError, invalid
from engine.models import S3Object
from engine.runtime.drivers import JobFailed, Unfinished
from engine.s3 import store as s3

MANIFEST_LIMIT = 64 << 20  # bytes
LOOK = 2.0  # seconds that one look at a job may spend on files: until it is over, nobody sees that the job is to stop


def check_exists(account: str, region: str, role: str, source: dict) -> None:
    """ValidationException in AWS's words if nothing lies at the S3 source's ``S3Uri``."""
    bucket, key = s3.split_uri(source["S3Uri"])
    try:
        rows = S3Object.objects.filter(bucket=s3.readable_bucket(account, bucket))
        exact = source.get("S3DataType") != "S3Prefix"
        there = (rows.filter(key=key) if exact else s3.in_prefix(rows, key)).exists()
    except AwsError:
        there = False
    if not there:
        raise invalid(
            f'No S3 objects found under S3 URL "{source["S3Uri"]}" given in input data source. Please ensure that '
            f"the bucket exists in the selected region ({region}), that objects exist under that S3 prefix, "
            f'and that the role "{role}" has "s3:ListBucket" permissions on bucket "{bucket}".'
        )


def check_writable(account: str, uri: str, member: str) -> None:
    """ValidationException if the bucket of an output isn't there. ``member`` is the request's name for the URI."""
    bucket, _ = s3.split_uri(uri)
    try:
        s3.bucket_of(account, bucket)
    except AwsError as error:
        raise invalid(f'The bucket "{bucket}" of {member} can\'t be written: {error.message.rstrip(".")}.') from None


def objects(record: Record, source: dict) -> list[tuple[str, S3Object]]:
    """``(path below the channel's folder, object)`` of everything that a source with ``S3Uri`` and ``S3DataType`` holds.

    Raises JobFailed in AWS's words.
    """
    try:
        bucket, key = s3.split_uri(source["S3Uri"])
        if source.get("S3DataType") == "ManifestFile":
            return _of_manifest(record, bucket, key)
        rows = s3.listing(record.connection.account, bucket, key)
        found = [(path_below(row.key[_base(key, row.key) :]), row) for row in rows if not row.key.endswith("/")]
    except AwsError as error:
        raise JobFailed(f"ClientError: Data download failed: {error.message}") from None
    if not found:
        raise JobFailed(f"ClientError: Data download failed: nothing is left under {source['S3Uri']}.")
    return found


def check_apart(found: list[tuple[str, S3Object]]) -> None:
    """JobFailed if two objects would be the same file, as ``a//b`` and ``a/b`` would."""
    known: dict[str, S3Object] = {}
    for path, row in found:
        if (other := known.setdefault(path, row)).id != row.id:
            raise JobFailed(f"ClientError: {uri_of(other)} and {uri_of(row)} would be the same file, {path}.")


def laid_down(found: list[tuple[str, S3Object]], folder: str, kind: str = "copy") -> list[dict]:
    """The launcher's inputs that put ``objects`` below ``folder``; ``kind`` "bind" shows them without copying. Raises JobFailed."""
    check_apart(found)
    return [
        {"kind": "folder", "to": folder},
        *(
            {"kind": kind, "source": str(s3.path_of(row)), "to": f"{folder}/{path}", "label": uri_of(row)}
            for path, row in found
        ),
    ]


def uri_of(row: S3Object) -> str:
    return f"s3://{row.bucket.name}/{row.key}"


def _base(prefix: str, key: str) -> int:
    """How many characters of a key are not of its path in the channel: what is below the prefix where the prefix names a
    folder, with or without its slash (the SDK v3 leaves it out), else what is below the prefix's last slash."""
    return len(prefix) + 1 if key.startswith(f"{prefix}/") else prefix.rfind("/") + 1


def _of_manifest(record: Record, bucket: str, key: str) -> list[tuple[str, S3Object]]:
    account, owner, where = record.connection.account, record.owner, f"s3://{bucket}/{key}"
    access = EVERYTHING if owner.startswith("arn:") else access_of(owner, record.connection_id)
    if s3.get(account, bucket, key).size > MANIFEST_LIMIT:
        raise JobFailed(f"ClientError: The manifest {where} is larger than {MANIFEST_LIMIT >> 20} MB.")
    try:
        first, *suffixes = json.loads(s3.read_bytes(account, bucket, key))
        prefix = first["prefix"]
        if not isinstance(prefix, str):
            raise TypeError
    except (ValueError, TypeError, KeyError, RecursionError):
        raise JobFailed(
            f'ClientError: The manifest {where} must be a JSON array that begins with {{"prefix": "s3://…"}}.'
        ) from None
    if not suffixes:
        raise JobFailed(f"ClientError: The manifest {where} names no objects.")
    found = []
    for suffix in suffixes:
        if not isinstance(suffix, str):
            raise JobFailed(f"ClientError: The manifest {where} has an entry that is no string: {suffix!r}.")
        from_bucket, from_key = s3.split_uri(prefix + suffix)
        if not access.may("view", "S3Object", f"{from_bucket}/{from_key}"):
            raise JobFailed(f"ClientError: The manifest {where} names {prefix + suffix}, which {owner} may not view.")
        row = s3.find(account, from_bucket, from_key)
        if row is None:
            raise JobFailed(f"ClientError: The manifest {where} names {prefix + suffix}, which does not exist.")
        found.append((path_below(suffix) or path_below(from_key.rpartition("/")[2]), row))
    return found


def path_below(key: str) -> str:
    """A key as a path below the channel's folder: no empty, "." or ".." parts, which S3 keys may have."""
    return "/".join(part for part in key.split("/") if part not in ("", ".", ".."))


def prefix_of(uri: str) -> tuple[str, str]:
    """``(bucket, prefix)`` of a folder in S3; the prefix ends in a slash or is empty."""
    bucket, prefix = s3.split_uri(uri)
    return bucket, f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""


def store_files(record: Record, folder: Path, uri: str, wanted=lambda name: True) -> None:
    """Put every file below ``folder`` whose relative name is ``wanted`` below ``uri``. Safe to repeat. Raises JobFailed."""
    account, region = record.connection.account, record.connection.region
    bucket, prefix = prefix_of(uri)
    try:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and not path.is_symlink() and wanted(name):
                # A second name for the same bytes: the move takes that one, and may be repeated.
                link = folder.parent / f"put-{secrets.token_hex(8)}"
                os.link(path, link)
                s3.put_file(account, region, bucket, prefix + name, link)
    except AwsError as error:
        raise JobFailed(
            f"ClientError: The outputs can't be written to s3://{bucket}/{prefix}: {error.message}"
        ) from None
    except OSError as error:
        raise JobFailed(f"InternalServerError: The outputs can't be stored: {error.strerror}.") from None


def mirror(record: Record, folder: Path, uri: str, since: float, *, delete: bool) -> None:
    """Bring ``uri`` in step with ``folder``: new and changed files up and, with ``delete``, what is gone away.

    Nothing in the folder that is older than ``since`` (epoch seconds) is new. Raises Unfinished when that has taken LOOK
    seconds: what is stored then stays stored.
    """
    account, region = record.connection.account, record.connection.region
    bucket, prefix = prefix_of(uri)
    until = time.monotonic() + LOOK
    known = {row.key: row for row in s3.listing(account, bucket, prefix)}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name.endswith(".part"):
            continue
        about = path.stat()
        key = prefix + path.relative_to(folder).as_posix()
        row = known.pop(key, None)
        if row and row.size == about.st_size and about.st_mtime < max(since, row.modified.timestamp()):
            continue
        s3.put_file(account, region, bucket, key, path, move=False)
        if time.monotonic() > until:
            raise Unfinished
    if delete:
        s3.delete_keys(s3.bucket_of(account, bucket), [key for key in known if not key.endswith("/")])
