"""Input channels: which S3 objects a channel is, whether it may be so, and how the container gets to see it."""

from areas.training.engine import augmented
from areas.training.engine.groups import Group, check_channel, group_of, place_in, sees
from catalog.models import Record
from engine.context import Context
from engine.errors import invalid, unsupported
from engine.runtime import data, hosts
from engine.s3 import store as s3


def check(context: Context, request: dict) -> None:
    """ValidationException for a channel that can't work: its modes, its source, or nothing there."""
    seen = set()
    for channel in request.get("InputDataConfig", ()):
        name = channel["ChannelName"]
        if name in seen:
            raise invalid(f"The channel name {name} is given twice in InputDataConfig.")
        seen.add(name)
        source = _source(channel)
        check_channel(channel, source, request)
        _check_mode(channel, source, mode_of(channel, request))
        data.check_exists(context.account, context.region, request["RoleArn"], source)


def _source(channel: dict) -> dict:
    sources = [name for name, value in channel["DataSource"].items() if value]
    if sources != ["S3DataSource"]:
        for name in ("FileSystemDataSource", "DatasetSource"):
            if name in sources:
                raise unsupported(name)
        raise invalid(f"The channel {channel['ChannelName']} needs a DataSource.S3DataSource.")
    source = channel["DataSource"]["S3DataSource"]
    for name in ("ModelAccessConfig", "HubAccessConfig"):
        if source.get(name):
            raise unsupported(f"S3DataSource.{name}")
    return source


def _check_mode(channel: dict, source: dict, mode: str) -> None:
    name, kind = channel["ChannelName"], source["S3DataType"]
    if kind == "Converse":
        raise unsupported("S3DataType Converse")
    if kind == augmented.KIND:
        augmented.check(channel, source, mode)
        return
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


def mode_of(channel: dict, request: dict) -> str:
    return channel.get("InputMode") or request["AlgorithmSpecification"]["TrainingInputMode"]


def filled(channel: dict) -> dict:
    """The channel as Describe shows it, defaults filled in."""
    source = {"S3DataDistributionType": "FullyReplicated", **channel["DataSource"]["S3DataSource"]}
    return {
        "CompressionType": "None", "RecordWrapperType": "None", **channel, "DataSource": {"S3DataSource": source},
    }  # fmt: skip


def configuration(document: dict, group: Group) -> dict:
    """inputdataconfig.json: what a container of an instance group is told of its channels."""
    told = {}
    for channel in document["InputDataConfig"]:
        if not sees(channel, group):
            continue
        told[channel["ChannelName"]] = {
            "TrainingInputMode": mode_of(channel, document),
            "S3DistributionType": channel["DataSource"]["S3DataSource"]["S3DataDistributionType"],
            "RecordWrapperType": channel["RecordWrapperType"],
        }
        if "ContentType" in channel:
            told[channel["ChannelName"]]["ContentType"] = channel["ContentType"]
    return told


def inputs(record: Record, groups: list[Group], host: str) -> list[dict]:
    """The launcher's inputs (engine/runtime/launch.py) of a host for every channel of its instance group.

    Raises JobFailed in AWS's words.
    """
    items, document = [], record.document
    for channel in document["InputDataConfig"]:
        if not sees(channel, group_of(groups, host)):
            continue
        folder, mode = f"input/data/{channel['ChannelName']}", mode_of(channel, document)
        source = channel["DataSource"]["S3DataSource"]
        is_augmented = source["S3DataType"] == augmented.KIND
        found = augmented.lines(record, source) if is_augmented else data.objects(record, source)
        if source["S3DataDistributionType"] == "ShardedByS3Key":
            found = hosts.share(found, *place_in(channel, groups, host))
        if is_augmented:
            streamed = [part for line in found for part in line]
            items.append(_pipe(channel, folder, streamed, len(source["AttributeNames"])))
        elif mode == "Pipe":
            items.append(_pipe(channel, folder, [str(s3.path_of(row)) for _, row in found]))
        else:
            items += data.laid_down(found, folder, "bind" if mode == "FastFile" else "copy")
    return items


def _pipe(channel: dict, folder: str, files: list, each: int = 1) -> dict:
    return {
        "kind": "fifo",
        "to": folder,
        "files": files,
        "each": each,
        "gzip": channel["CompressionType"] == "Gzip",
        "recordio": channel["RecordWrapperType"] == "RecordIO",
        "seed": channel.get("ShuffleConfig", {}).get("Seed"),
    }
