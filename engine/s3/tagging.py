"""The tags of an object over HTTP."""

from django.db import transaction

from engine.models import S3Object
from engine.s3 import store, xml
from engine.s3.headers import check_tags
from engine.s3.objects import check_owner, check_version, owned_bucket
from engine.s3.request import Reply, Request


def get_tagging(request: Request) -> Reply:
    check_owner(request)
    check_version(request.query.get("versionId"))
    row = store.get(request.account, request.bucket, request.key)
    listed = "".join(f"<Tag>{xml.tags(Key=key, Value=value)}</Tag>" for key, value in row.tags.items())
    return Reply(body=xml.document("Tagging", f"<TagSet>{listed}</TagSet>"))


def put_tagging(request: Request) -> Reply:
    _set(request, read_tags(request.body))
    return Reply()


def delete_tagging(request: Request) -> Reply:
    _set(request, {})
    return Reply(204)


def read_tags(body: bytes) -> dict[str, str]:
    pairs = [(tag.findtext("Key") or "", tag.findtext("Value") or "") for tag in xml.read(body, "Tagging").iter("Tag")]
    return check_tags(pairs)


@transaction.atomic
def _set(request: Request, tags: dict[str, str]) -> None:
    """Change nothing but the tags: bytes, ETag and modification time stay."""
    check_version(request.query.get("versionId"))
    if not S3Object.objects.filter(bucket=owned_bucket(request), key=request.key).update(tags=tags):
        raise store.no_key(request.key)
