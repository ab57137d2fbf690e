"""Model cards by REST: versions, what differs, PDFs. ``PREFIX`` is where ``router`` is mounted; see ``areas.rest``."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from ninja import Field, Router, Schema, Status

from areas.allowed import allowed
from areas.model_cards import card as cards
from areas.model_cards.comparing import differences
from areas.rest import ERRORS
from catalog.model_cards import completeness

PREFIX = "/model-cards/"
router = Router()

PDF = {"responses": {200: {"description": "The PDF.", "content": {
    "application/pdf": {"schema": {"type": "string", "format": "binary"}}}}}}  # fmt: skip


class CardVersionOut(Schema):
    """A version of a model card, without its content."""

    version: int
    status: str
    created: datetime
    modified: datetime


class CardVersionDetail(CardVersionOut):
    content: dict[str, Any] = Field(description="The content, by the model card JSON schema.")
    filled: list[str] = Field(description="What a complete card says and this one does: dotted paths.")
    missing: list[str]


class DifferenceOut(Schema):
    """One place where two versions differ; ``old`` or ``new`` is empty where a version says nothing there."""

    section: str
    place: str
    old: str
    new: str


class ExportIn(Schema):
    version: int | None = Field(None, ge=1, description="The latest one without it.")
    folder: str = Field(
        "", max_length=1024, pattern="^(s3://.+)?$", description="S3 address; default bucket without it."
    )

    model_config = {"json_schema_extra": {"examples": [{"version": 2}]}}


class ExportOut(Schema):
    """An export job: a PDF that is being made, or is there to fetch."""

    name: str
    status: str
    version: int
    created: datetime
    uri: str = Field("", description="Where the PDF lies in S3.")
    failure_reason: str = ""


@router.get(
    "/{name}/versions/", response={200: list[CardVersionOut], **ERRORS}, operation_id="list_model_card_versions"
)
@allowed("view", "ModelCard")
def list_versions(request, name: str):
    """The versions of a card, the latest first."""
    return [
        {"version": one["ModelCardVersion"], "status": one["ModelCardStatus"], "created": one["CreationTime"],
         "modified": one.get("LastModifiedTime", one["CreationTime"])}
        for one in cards.versions(request.connection, name)
    ]  # fmt: skip


@router.get(
    "/{name}/versions/{number}/", response={200: CardVersionDetail, **ERRORS}, operation_id="get_model_card_version"
)
@allowed("view", "ModelCard")
def get_version(request, name: str, number: int):
    """A version with its content, and what it is missing."""
    card = cards.load(request.connection, name, number)
    filled, missing = completeness(card.content)
    return {
        "version": card.number, "status": card.status, "created": card.document["CreationTime"],
        "modified": card.document["LastModifiedTime"], "content": card.content, "filled": filled, "missing": missing,
    }  # fmt: skip


@router.get("/{name}/diff/", response={200: list[DifferenceOut], **ERRORS}, operation_id="diff_model_card")
@allowed("view", "ModelCard")
def diff(request, name: str, old: int, new: int):
    """Where two versions differ, in the order of the card."""
    before, after = (cards.load(request.connection, name, number).content for number in (old, new))
    return [vars(one) for one in differences(before, after)]


@router.get("/{name}/exports/", response={200: list[ExportOut], **ERRORS}, operation_id="list_model_card_exports")
@allowed("view", "ModelCard")
def list_exports(request, name: str):
    """The export jobs of a card, the newest first."""
    cards.load(request.connection, name)
    return [_export(one) for one in cards.exports(request.connection, name)]


@router.post("/{name}/exports/", response={202: ExportOut, **ERRORS}, operation_id="export_model_card")
@allowed("create", "ModelCardExportJob", name="")
def export(request, response: HttpResponse, name: str, body: ExportIn):
    """Ask for a PDF of a version. Location says where to follow it."""
    card = cards.load(request.connection, name, body.version)
    job = cards.start_export(card, body.folder)
    response["Location"] = f"/api/v1/model-cards/{name}/exports/{job}/"
    return Status(202, _export(cards.describe_export(card, job)))


@router.get("/{name}/exports/{job}/", response={200: ExportOut, **ERRORS}, operation_id="get_model_card_export")
@allowed("view", "ModelCard")
def get_export(request, name: str, job: str):
    return _export(cards.describe_export(cards.load(request.connection, name), job))


@router.get(
    "/{name}/exports/{job}/card.pdf", response={200: None, **ERRORS}, operation_id="get_model_card_pdf",
    openapi_extra=PDF,
)  # fmt: skip
@allowed("view", "ModelCard")
def get_pdf(request, name: str, job: str):
    """The PDF of an export job that is Completed."""
    return StreamingHttpResponse(
        cards.pdf_of(cards.load(request.connection, name), job), content_type="application/pdf"
    )


def _export(job: dict) -> dict:
    return {
        "name": job["ModelCardExportJobName"], "status": job["Status"], "version": job["ModelCardVersion"],
        "created": job["CreatedAt"], "failure_reason": job.get("FailureReason", ""),
        "uri": (job.get("ExportArtifacts") or {}).get("S3ExportArtifacts", ""),
    }  # fmt: skip
