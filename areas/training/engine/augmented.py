"""Augmented manifests: JSON Lines whose attributes are streamed, one after the other, through a channel's pipe.

Source: docs.aws.amazon.com/sagemaker/latest/dg/augmented-manifest.html
"""

import json

from catalog.access import EVERYTHING, access_of
from catalog.models import Record
from engine.errors import AwsError, invalid
from engine.runtime.data import MANIFEST_LIMIT
from engine.runtime.drivers import JobFailed
from engine.s3 import store as s3

KIND = "AugmentedManifestFile"


def check(channel: dict, source: dict, mode: str) -> None:
    """ValidationException for what an augmented manifest can't be used with."""
    name = channel["ChannelName"]
    if mode != "Pipe":
        raise invalid(f"AugmentedManifestFile of channel {name} can be used in Pipe input mode only, not in {mode}.")
    if not source.get("AttributeNames"):
        raise invalid(f"AttributeNames of channel {name} must name the attributes of its augmented manifest to stream.")
    if channel.get("CompressionType", "None") != "None":
        raise invalid(f"CompressionType of channel {name} must be None with S3DataType AugmentedManifestFile.")


def lines(record: Record, source: dict) -> list[list]:
    """For each line of the manifest, what is streamed: ``{"text"}`` of a value, the path of an attribute's object whose name ends
    in ``-ref``; in the order of AttributeNames. Raises JobFailed in one sentence."""
    account, owner, where = record.connection.account, record.owner, source["S3Uri"]
    access = EVERYTHING if owner.startswith("arn:") else access_of(owner, record.connection_id)
    try:
        bucket, key = s3.split_uri(where)
        if s3.get(account, bucket, key).size > MANIFEST_LIMIT:
            raise JobFailed(f"ClientError: The manifest {where} is larger than {MANIFEST_LIMIT >> 20} MB.")
        text = s3.read_bytes(account, bucket, key).decode()
    except AwsError as error:
        raise JobFailed(f"ClientError: Data download failed: {error.message}") from None
    except UnicodeDecodeError:
        raise JobFailed(f"ClientError: The manifest {where} is not UTF-8 text.") from None
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            entry = _entry(line, f"line {number} of the manifest {where}")
            found.append([
                _part(account, access, owner, entry, name, f"line {number} of the manifest {where}")
                for name in source["AttributeNames"]
            ])  # fmt: skip
    if not found:
        raise JobFailed(f"ClientError: The manifest {where} has no lines.")
    return found


def _entry(line: str, where: str) -> dict:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        entry = None
    if not isinstance(entry, dict):
        raise JobFailed(f"ClientError: {where[0].upper()}{where[1:]} is no JSON object.")
    return entry


def _part(account: str, access, owner: str, entry: dict, name: str, where: str):
    if name not in entry:
        raise JobFailed(f"ClientError: {where[0].upper()}{where[1:]} has no attribute {name}.")
    value = entry[name]
    if not name.endswith("-ref"):
        return {"text": value if isinstance(value, str) else json.dumps(value)}
    try:
        bucket, key = s3.split_uri(value if isinstance(value, str) else "")
    except AwsError:
        raise JobFailed(f"ClientError: {name} in {where} must be an S3 URI, not {value!r}.") from None
    if not access.may("view", "S3Object", f"{bucket}/{key}"):
        raise JobFailed(f"ClientError: {name} in {where} names {value}, which {owner} may not view.")
    try:
        row = s3.find(account, bucket, key)
    except AwsError:  # no such bucket
        row = None
    if row is None:
        raise JobFailed(f"ClientError: {name} in {where} names {value}, which does not exist.")
    return str(s3.path_of(row))
