"""Create, update, describe and delete a card. A change of content makes a version, a change of status alone doesn't."""

import json

from areas.model_cards.engine import versions
from areas.model_cards.engine.lookup import find, name_of, who
from areas.model_cards.resource import MODEL_CARD
from catalog.model_cards import read_content
from catalog.models import Record
from engine import store
from engine.context import Context
from engine.errors import AwsError, invalid, unsupported
from engine.operations import operation
from engine.verbs import describe as describe_record

# What Search finds a card by, beside the members of its Describe: these are members of the search record only.
_FOUND_BY = {
    "ModelId": ("model_overview", "model_id"),
    "RiskRating": ("intended_uses", "risk_rating"),
    "ModelPackageGroupName": ("model_package_details", "model_package_group_name"),
}


@operation("CreateModelCard")
def create_model_card(context: Context, request: dict) -> dict:
    """Store the card as version 1. ValidationException names the place in the content that is wrong."""
    if request.get("SecurityConfig", {}).get("KmsKeyId"):
        raise unsupported("SecurityConfig.KmsKeyId (a card encrypted with a key of your own)")
    text, by = request["Content"], who(context)
    document = {
        "Content": text, "ModelCardVersion": 1, "CreatedBy": by, "LastModifiedBy": by, **_found_by(_read(text)),
    }  # fmt: skip
    record = store.create(
        context, MODEL_CARD, request["ModelCardName"], document, status=request["ModelCardStatus"],
        tags=request.get("Tags", ()),
    )  # fmt: skip
    versions.add(record, context.now)
    return {"ModelCardArn": record.arn}


@operation("UpdateModelCard")
def update_model_card(context: Context, request: dict) -> dict:
    """Change content, status or both. Content that says the same as before makes no version."""
    record, text, status = (
        find(context, request["ModelCardName"]),
        request.get("Content"),
        request.get("ModelCardStatus"),
    )
    if text is None and status is None:
        raise invalid("Content, ModelCardStatus or both must be given.")
    content = None if text is None else _read(text)
    is_new = False

    def edit(document: dict) -> None:
        nonlocal is_new
        is_new = content is not None and content != json.loads(document["Content"])
        if is_new:
            if document["ModelCardStatus"] == "Archived":
                raise AwsError("ConflictException", "Model Card is in Archived state.")
            for member in _FOUND_BY:
                document.pop(member, None)
            document |= {"Content": text, "ModelCardVersion": document["ModelCardVersion"] + 1, **_found_by(content)}
        document["ModelCardStatus"] = status or document["ModelCardStatus"]
        document["LastModifiedBy"] = who(context)

    changed = store.change(record.id, edit, MODEL_CARD, now=context.now)
    if changed is None:
        raise store.missing(MODEL_CARD, record.name, record.arn)
    if is_new:
        versions.add(changed, context.now)
    elif status:
        versions.note_status(changed, context.now)
    return {"ModelCardArn": record.arn}


@operation("DescribeModelCard")
def describe_model_card(context: Context, request: dict) -> dict:
    """The latest version, or the one asked for."""
    name = name_of(context, request["ModelCardName"])
    card = describe_record(context, MODEL_CARD, name)
    number = request.get("ModelCardVersion", card["ModelCardVersion"])
    if number != card["ModelCardVersion"]:
        card |= versions.described(find(context, name), number)
    if request.get("IncludedData") == "MetadataOnly":
        card["Content"] = ""
    return card


@operation("DeleteModelCard")
def delete_model_card(context: Context, request: dict) -> None:
    """Delete a card with its versions and export jobs; ConflictException while one of those runs."""
    record = store.get(context, MODEL_CARD, request["ModelCardName"])
    exports = Record.objects.filter(connection=record.connection_id, kind="ModelCardExportJob", parent=record.name)
    for export in exports:
        if export.status == "InProgress":
            name = export.document["ModelCardExportJobName"]
            raise AwsError("ConflictException", f"Export job {name} of model card {record.name} is in progress.")
    for export in exports:
        store.remove(export)
    store.remove(record)


def _read(text: str) -> dict:
    try:
        return read_content(text)
    except ValueError as error:
        raise invalid(f"The content of the model card is not valid: {error}") from None


def _found_by(content: dict) -> dict:
    found = {member: content.get(section, {}).get(name) for member, (section, name) in _FOUND_BY.items()}
    return {member: value for member, value in found.items() if value}
