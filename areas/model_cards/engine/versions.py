"""The versions of a card: kept, described and listed."""

from areas.model_cards.engine.lookup import find
from areas.model_cards.models import CardVersion
from areas.model_cards.resource import MODEL_CARD
from catalog.models import Record
from engine import store
from engine.context import Context
from engine.errors import AwsError
from engine.operations import operation
from engine.verbs import pages, tokens

_NUMBER = (('"model_cards_cardversion"."number"', ()),)
_FILTERS = {
    "CreationTimeAfter": ("created__gt", store.when),
    "CreationTimeBefore": ("created__lt", store.when),
    "ModelCardStatus": ("status", str),
}


def add(record: Record, now: float) -> None:
    """Keep the content that the card's document has now as the version that it says."""
    document, when = record.document, store.when(now)
    CardVersion.objects.create(
        record=record, number=document["ModelCardVersion"], content=document["Content"],
        status=document["ModelCardStatus"], created=when, created_by=document["LastModifiedBy"], modified=when,
        modified_by=document["LastModifiedBy"],
    )  # fmt: skip


def note_status(record: Record, now: float) -> None:
    """The latest version has the card's status."""
    CardVersion.objects.filter(record=record, number=record.document["ModelCardVersion"]).update(
        status=record.document["ModelCardStatus"], modified=store.when(now),
        modified_by=record.document["LastModifiedBy"],
    )  # fmt: skip


def get(record: Record, number: int) -> CardVersion:
    found = CardVersion.objects.filter(record=record, number=number).first()
    if found is None:
        raise AwsError("ResourceNotFound", f"Model card {record.name} has no version {number}.")
    return found


def described(record: Record, number: int) -> dict:
    """What Describe answers differently about an older version."""
    version = get(record, number)
    return {
        "Content": version.content, "ModelCardVersion": number, "ModelCardStatus": version.status,
        "LastModifiedTime": version.modified.timestamp(), "LastModifiedBy": version.modified_by,
    }  # fmt: skip


@operation("ListModelCardVersions")
def list_model_card_versions(context: Context, request: dict) -> dict:
    """The versions of a card, the latest first."""
    record = find(context, request["ModelCardName"])
    rows = CardVersion.objects.filter(record=record)
    for member, (field, read) in _FILTERS.items():
        if member in request:
            rows = rows.filter(**{field: read(request[member])})
    order = pages.Order(_NUMBER, request.get("SortOrder", "Descending") == "Descending")
    select = ("number", "status", "created", "modified")
    found, position = pages.page(rows, order, select, request.get("MaxResults", 10), tokens.read(context, request))
    answer = {
        "ModelCardVersionSummaryList": [
            {
                MODEL_CARD.name_field: record.name, MODEL_CARD.arn_field: record.arn, "ModelCardStatus": status,
                "ModelCardVersion": number, "CreationTime": created.timestamp(),
                "LastModifiedTime": modified.timestamp(),
            }
            for _, number, status, created, modified in found
        ]
    }  # fmt: skip
    if position:
        answer["NextToken"] = tokens.make(context, request, position)
    return answer
