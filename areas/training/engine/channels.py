"""Input channels: which S3 objects a channel is, whether it may be so, and how the container gets to see it."""

import json

from catalog.access import EVERYTHING, access_of
from catalog.models import Record
from engine.context import Context
from engine.errors import AwsError, invalid, unsupported
from engine.models import S3Object
from engine.runtime.drivers import JobFailed
from engine.s3 import store as s3

MANIFEST_LIMIT = 64 << 20  # bytes


def check(context: Context, request: dict) -> None:
    """ValidationException for a channel that can't work: its modes, its source, or nothing there."""
    seen = set()
    for channel in request.get("InputDataConfig", ()):
        name = channel["ChannelName"]
        if name in seen:
            raise invalid(f"The channel name {name} is given twice in InputDataConfig.")
        seen.add(name)
        source = _source(channel)
        _check_mode(channel, source, mode_of(channel, request))
        bucket, key = s3.split_uri(source["S3Uri"])
        if not _exists(context.account, bucket, key, exact=source["S3DataType"] != "S3Prefix"):
            raise invalid(
                f'No S3 objects found under S3 URL "{source["S3Uri"]}" given in input data source. Please ensure that '
                f"the bucket exists in the selected region ({context.region}), that objects exist under that S3 prefix, "
                f'and that the role "{request["RoleArn"]}" has "s3:ListBucket" permissions on bucket "{bucket}".'
            )


def _source(channel: dict) -> dict:
    sources = [name for name, value in channel["DataSource"].items() if value]
    if sources != ["S3DataSource"]:
        for name in ("FileSystemDataSource", "DatasetSource"):
            if name in sources:
                raise unsupported(name)
        raise invalid(f"The channel {channel['ChannelName']} needs a DataSource.S3DataSource.")
    source = channel["DataSource"]["S3DataSource"]
    if source.get("InstanceGroupNames"):
        raise unsupported("S3DataSource.InstanceGroupNames")
    for name in ("ModelAccessConfig", "HubAccessConfig"):
        if source.get(name):
            raise unsupported(f"S3DataSource.{name}")
    return source


def _check_mode(channel: dict, source: dict, mode: str) -> None:
    name, kind = channel["ChannelName"], source["S3DataType"]
    if kind == "Converse":
        raise unsupported("S3DataType Converse")
    if kind == "AugmentedManifestFile":
        if mode != "Pipe":
            raise invalid(
                f"AugmentedManifestFile of channel {name} can be used in Pipe input mode only, not in {mode}."
            )
        raise unsupported("S3DataType AugmentedManifestFile")
    if source.get("AttributeNames"):
        raise invalid(f"AttributeNames of channel {name} can be given with S3DataType AugmentedManifestFile only.")
    if mode == "FastFile" and kind != "S3Prefix":
        raise invalid(f"FastFile input mode of channel {name} needs S3DataType S3Prefix, not {kind}.")
    if mode != "Pipe":
        if channel.get("CompressionType", "None") != "None":
            raise invalid(f"CompressionType Gzip of channel {name} can be used in Pipe input mode only, not in {mode}.")
        if channel.get("RecordWrapperType", "None") != "None":
            raise invalid(
                f"RecordWrapperType RecordIO of channel {name} can be used in Pipe input mode only, not in {mode}."
            )
        if channel.get("ShuffleConfig") and mode == "FastFile":
            raise invalid(f"ShuffleConfig of channel {name} can't be used in FastFile input mode.")


def _exists(account: str, bucket: str, key: str, *, exact: bool) -> bool:
    try:
        rows = S3Object.objects.filter(bucket=s3.bucket_of(account, bucket))
    except AwsError:
        return False
    return (rows.filter(key=key) if exact else s3.in_prefix(rows, key)).exists()


def mode_of(channel: dict, request: dict) -> str:
    return channel.get("InputMode") or request["AlgorithmSpecification"]["TrainingInputMode"]


def filled(channel: dict) -> dict:
    """The channel as Describe shows it, defaults filled in."""
    source = {"S3DataDistributionType": "FullyReplicated", **channel["DataSource"]["S3DataSource"]}
    return {
        "CompressionType": "None", "RecordWrapperType": "None", **channel, "DataSource": {"S3DataSource": source},
    }  # fmt: skip


def configuration(document: dict) -> dict:
    """inputdataconfig.json: what the container is told of its channels."""
    told = {}
    for channel in document["InputDataConfig"]:
        told[channel["ChannelName"]] = {
            "TrainingInputMode": mode_of(channel, document),
            "S3DistributionType": channel["DataSource"]["S3DataSource"]["S3DataDistributionType"],
            "RecordWrapperType": channel["RecordWrapperType"],
        }
        if "ContentType" in channel:
            told[channel["ChannelName"]]["ContentType"] = channel["ContentType"]
    return told


def inputs(record: Record) -> list[dict]:
    """The launcher's inputs (engine/runtime/launch.py) for every channel. Raises JobFailed in AWS's words."""
    items, document = [], record.document
    for channel in document["InputDataConfig"]:
        folder, mode = f"input/data/{channel['ChannelName']}", mode_of(channel, document)
        try:
            found = _objects(record, channel["DataSource"]["S3DataSource"])
        except AwsError as error:
            raise JobFailed(f"ClientError: Data download failed: {error.message}") from None
        if mode == "Pipe":
            items.append(_pipe(channel, folder, found))
            continue
        items.append({"kind": "folder", "to": folder})
        kind = "bind" if mode == "FastFile" else "copy"
        items += [
            {
                "kind": kind,
                "source": str(s3.path_of(row)),
                "to": f"{folder}/{path}",
                "label": f"s3://{row.bucket.name}/{row.key}",
            }
            for path, row in found
        ]
    return items


def _pipe(channel: dict, folder: str, found: list[tuple[str, S3Object]]) -> dict:
    return {
        "kind": "fifo",
        "to": folder,
        "files": [str(s3.path_of(row)) for _, row in found],
        "gzip": channel["CompressionType"] == "Gzip",
        "recordio": channel["RecordWrapperType"] == "RecordIO",
        "seed": channel.get("ShuffleConfig", {}).get("Seed"),
    }


def _objects(record: Record, source: dict) -> list[tuple[str, S3Object]]:
    """``(path in the channel's folder, object)`` of everything the channel holds."""
    bucket, key = s3.split_uri(source["S3Uri"])
    if source["S3DataType"] == "ManifestFile":
        return _of_manifest(record, bucket, key)
    rows = s3.listing(record.connection.account, bucket, key)
    found = [(path_below(row.key[_base(key, row.key) :]), row) for row in rows if not row.key.endswith("/")]
    if not found:
        raise JobFailed(f"ClientError: Data download failed: nothing is left under {source['S3Uri']}.")
    return found


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
    except (ValueError, TypeError, KeyError):
        raise JobFailed(
            f'ClientError: The manifest {where} must be a JSON array that begins with {{"prefix": "s3://…"}}.'
        ) from None
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
