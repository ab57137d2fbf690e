"""AddTags, ListTags and DeleteTags, on anything that has an ARN."""

import re

from areas import index
from catalog.models import Record, Tag
from engine import store
from engine.context import Context
from engine.errors import AwsError, invalid

_ARN = re.compile(r"arn:aws[a-z-]*:sagemaker:(?P<region>[^:]*):(?P<account>[^:]*):(?P<path>[^/]+)/(?P<name>.+)")


def add_tags(context: Context, request: dict) -> dict:
    """Add tags or change their values. Answers all tags that the thing has then."""
    record_id = _record_id(context, request["ResourceArn"])
    store.put_tags(record_id, request["Tags"])
    return {"Tags": tags_of(record_id)}


def list_tags(context: Context, request: dict) -> dict:
    """All tags in the order of their keys: a thing has at most as many as the smallest page."""
    if "NextToken" in request:
        raise invalid("The NextToken is not valid.")
    return {"Tags": tags_of(_record_id(context, request["ResourceArn"]))}


def delete_tags(context: Context, request: dict) -> dict:
    store.refuse_reserved(request["TagKeys"])
    Tag.objects.filter(record_id=_record_id(context, request["ResourceArn"]), key__in=request["TagKeys"]).delete()
    return {}


def tags_of(record_id: int) -> list[dict]:
    rows = Tag.objects.filter(record_id=record_id).order_by("key").values_list("key", "value")
    return [{"Key": key, "Value": value} for key, value in rows]


def _record_id(context: Context, arn: str) -> int:
    found = Record.objects.filter(arn=arn, connection_id=context.connection.id).values_list("id", flat=True)[:1]
    if found := list(found):
        return found[0]
    match = _ARN.fullmatch(arn)
    if match and (match["account"], match["region"]) != (context.account, context.region):
        raise AwsError("AccessDeniedException", f"The caller has no access to {arn}.")
    resource = match and next((one for one in index.resources().values() if one.arn_path == match["path"]), None)
    if resource:
        raise store.missing(resource, match["name"], arn)
    raise invalid(f"Could not find a resource with the ARN {arn}.")
