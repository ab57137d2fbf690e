"""A card as pages and REST read it: the latest version from the catalog, older ones and export jobs from SageMaker."""

import json
import time
from dataclasses import dataclass

from django.http import Http404

from areas.calls import CallFailed, call, client, service_words
from catalog.model_cards import WANTED, completeness
from catalog.models import Connection, Record

FOLDER = "model-cards"  # of exported PDFs in the connection's default bucket
BLOCK = 1 << 16


@dataclass(frozen=True)
class Card:
    """One version of a card. ``document`` is DescribeModelCard's, times as the catalog or boto3 gives them."""

    connection: Connection
    document: dict
    latest: int  # the number of the card's latest version
    record: Record | None = None

    @property
    def name(self) -> str:
        return self.document["ModelCardName"]

    @property
    def arn(self) -> str:
        return self.document["ModelCardArn"]

    @property
    def number(self) -> int:
        return self.document["ModelCardVersion"]

    @property
    def status(self) -> str:
        return self.document["ModelCardStatus"]

    @property
    def content(self) -> dict:
        return json.loads(self.document["Content"] or "{}")

    @property
    def is_latest(self) -> bool:
        return self.number == self.latest

    @property
    def risk(self) -> str:
        return (self.content.get("intended_uses") or {}).get("risk_rating", "")

    @property
    def checklist(self) -> list[dict]:
        """What a complete card says: {"label", "filled"}."""
        filled, _ = completeness(self.content)
        return [{"label": label, "filled": path in filled} for path, label in WANTED.items()]


def load(connection: Connection, name: str, number: int | None = None) -> Card:
    """The card called ``name``, its latest version unless ``number`` says another. Raises Http404 and CallFailed."""
    record = Record.objects.filter(connection=connection, kind="ModelCard", name=name).first()
    if record is None and connection.is_embedded:
        raise Http404(f"There is no model card {name} on {connection}.")
    latest = record.document if record and connection.is_embedded else _described(connection, name)
    if number is None or number == latest["ModelCardVersion"]:
        return Card(connection, latest, latest["ModelCardVersion"], record)
    older = _described(connection, name, ModelCardVersion=number)
    return Card(connection, older, latest["ModelCardVersion"], record)


def _described(connection: Connection, name: str, **more) -> dict:
    try:
        return call(connection, "DescribeModelCard", ModelCardName=name, **more)
    except CallFailed as failed:
        if failed.code.startswith("ResourceNotFound"):
            raise Http404(failed.message) from failed
        raise


def versions(connection: Connection, name: str, most: int = 1000) -> list[dict]:
    """ModelCardVersionSummaries, the latest first."""
    return _listed(connection, "ListModelCardVersions", "ModelCardVersionSummaryList", name, most)


def exports(connection: Connection, name: str, most: int = 100) -> list[dict]:
    """ModelCardExportJobSummaries, the newest first."""
    return _listed(
        connection, "ListModelCardExportJobs", "ModelCardExportJobSummaries", name, most, SortBy="CreationTime"
    )


def _listed(connection: Connection, operation: str, member: str, name: str, most: int, **request) -> list[dict]:
    found: list[dict] = []
    request |= {"ModelCardName": name, "MaxResults": 100, "SortOrder": "Descending"}
    while len(found) < most:
        try:
            page = call(connection, operation, **request)
        except CallFailed as failed:
            if failed.code.startswith("ResourceNotFound"):
                raise Http404(failed.message) from failed
            raise
        found += page[member]
        if "NextToken" not in page:
            break
        request["NextToken"] = page["NextToken"]
    return found[:most]


def export_arn(card: Card, job: str) -> str:
    return f"{card.arn}/export-job/{job}"


def describe_export(card: Card, job: str) -> dict:
    """DescribeModelCardExportJob. Raises Http404 and CallFailed."""
    try:
        return call(card.connection, "DescribeModelCardExportJob", ModelCardExportJobArn=export_arn(card, job))
    except CallFailed as failed:
        if failed.code.startswith("ResourceNotFound") or failed.code == "ValidationException":
            raise Http404(f"Model card {card.name} has no export job {job}.") from failed
        raise


def start_export(card: Card, folder: str = "") -> str:
    """Ask for a PDF of this version below ``folder`` (an S3 address; the default bucket without one); the job's name."""
    if not folder:
        _ensure_bucket(card.connection)
        folder = f"s3://{card.connection.default_bucket}/{FOLDER}"
    stem = card.name[:40].rstrip("-")
    job = f"{stem}-v{card.number}-{time.strftime('%Y%m%d%H%M%S')}"
    call(
        card.connection, "CreateModelCardExportJob", ModelCardName=card.name, ModelCardVersion=card.number,
        ModelCardExportJobName=job, OutputConfig={"S3OutputPath": folder},
    )  # fmt: skip
    return job


def _ensure_bucket(connection: Connection) -> None:
    s3 = client(connection, "s3")
    try:
        with service_words():
            s3.head_bucket(Bucket=connection.default_bucket)
    except CallFailed as failed:
        if failed.status != 404:
            raise
        where = {} if connection.region == "us-east-1" else {"LocationConstraint": connection.region}
        with service_words():
            s3.create_bucket(
                Bucket=connection.default_bucket, **({"CreateBucketConfiguration": where} if where else {})
            )


def pdf_of(card: Card, job: str):
    """The blocks of an export job's PDF. Raises Http404 while there is none, and CallFailed."""
    described = describe_export(card, job)
    uri = (described.get("ExportArtifacts") or {}).get("S3ExportArtifacts", "")
    if not uri:
        raise Http404(f"Export job {job} is {described['Status']}: it has left no PDF.")
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    with service_words():
        body = client(card.connection, "s3").get_object(Bucket=bucket, Key=key)["Body"]
    return body.iter_chunks(BLOCK)
