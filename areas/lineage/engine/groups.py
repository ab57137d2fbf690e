"""Lineage groups: each account and region has the one that SageMaker makes, shared with nobody."""

from engine.context import Context
from engine.edits import LINEAGE_GROUP, lineage_group_arn
from engine.errors import AwsError
from engine.operations import operation


def _group(context: Context) -> dict:
    created = context.connection.created.timestamp()
    return {
        "LineageGroupName": LINEAGE_GROUP,
        "LineageGroupArn": lineage_group_arn(context.account, context.region),
        "DisplayName": LINEAGE_GROUP,
        "CreationTime": created,
        "LastModifiedTime": created,
    }


@operation("ListLineageGroups")
def list_lineage_groups(context: Context, request: dict) -> dict:
    group = _group(context)
    after, before = request.get("CreatedAfter"), request.get("CreatedBefore")
    fits = (after is None or group["CreationTime"] > after) and (before is None or group["CreationTime"] < before)
    return {"LineageGroupSummaries": [group] if fits else []}


@operation("DescribeLineageGroup")
def describe_lineage_group(context: Context, request: dict) -> dict:
    _check(context, request["LineageGroupName"])
    return _group(context)


@operation("GetLineageGroupPolicy")
def get_lineage_group_policy(context: Context, request: dict) -> dict:
    """There is none: lineage isn't shared between accounts."""
    name = request["LineageGroupName"]
    _check(context, name.rpartition("/")[2])
    arn = lineage_group_arn(context.account, context.region)
    raise AwsError("ResourceNotFound", f"Cannot find resource policy for: {arn}.")


def _check(context: Context, name: str) -> None:
    if name != LINEAGE_GROUP:
        raise AwsError("ResourceNotFound", f"The lineage group {name} does not exist.")
