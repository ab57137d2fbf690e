"""Export jobs: a version of a card as a PDF in S3. The runner makes it (``driver.py``)."""

from areas.model_cards.engine import versions
from areas.model_cards.engine.lookup import find
from areas.permissions import Need
from areas.spec import Resource
from catalog.models import Record
from engine import store
from engine.context import Context
from engine.errors import AwsError, invalid
from engine.operations import operation
from engine.runtime import jobs
from engine.s3 import store as s3
from engine.verbs import pages, sql, tokens
from engine.wire.authorise import allows, denied

# Not among the declared Resources: an export job has no name of its own and no List without a card, so no page either.
EXPORT_JOB = Resource(
    noun="ModelCardExportJob",
    section="",
    arn_path="model-card",
    status_field="Status",
    created_field="CreatedAt",
    modified_field="LastModifiedAt",
    terminal=("Completed", "Failed"),
    missing=("ResourceNotFound", "Model card export job {arn} does not exist."),
    duplicate=("ConflictException", "Model card export job {arn} already exists."),
)

_SUMMARY = (
    "ModelCardExportJobName", "ModelCardExportJobArn", "Status", "ModelCardName", "ModelCardVersion", "CreatedAt",
    "LastModifiedAt",
)  # fmt: skip
_SORTS = {"Name": ("name",), "CreationTime": ("created", "id"), "Status": ("status", "created", "id")}


@operation("CreateModelCardExportJob")
def create_model_card_export_job(context: Context, request: dict) -> dict:
    """Note down the job and wake the runner. The bucket must be there, and the caller may see the card and write there."""
    card = find(context, request["ModelCardName"])
    _require(context, Need("view", "ModelCard", card.name))
    number, name = request.get("ModelCardVersion", card.document["ModelCardVersion"]), request["ModelCardExportJobName"]
    versions.get(card, number)
    uri = _target(context, request["OutputConfig"]["S3OutputPath"], card.name, number, name)
    document = {
        "ModelCardExportJobName": name, "ModelCardName": card.name, "ModelCardVersion": number,
        "OutputConfig": request["OutputConfig"], "SecondaryStatusTransitions": [], "Target": uri,
    }  # fmt: skip
    record = store.create(
        context, EXPORT_JOB, f"{card.name}/export-job/{name}", document, status="InProgress", parent=card.name
    )
    jobs.enqueue(record)
    return {"ModelCardExportJobArn": record.arn}


@operation("DescribeModelCardExportJob")
def describe_model_card_export_job(context: Context, request: dict) -> dict:
    arn = request["ModelCardExportJobArn"]
    name = arn.partition(":model-card/")[2]
    if arn != EXPORT_JOB.arn(context.account, context.region, name):
        raise store.missing(EXPORT_JOB, name, arn)
    record = store.get(context, EXPORT_JOB, name)
    _require(context, Need("view", "ModelCard", record.parent))
    hidden = ("SecondaryStatusTransitions", "Target")
    return {member: value for member, value in record.document.items() if member not in hidden}


@operation("ListModelCardExportJobs")
def list_model_card_export_jobs(context: Context, request: dict) -> dict:
    """The export jobs of a card, the newest first."""
    _require(context, Need("view", "ModelCard", request["ModelCardName"]))
    rows = Record.objects.filter(
        connection_id=context.connection.id, kind=EXPORT_JOB.noun, parent=request["ModelCardName"]
    )
    rows = context.access.visible(rows, EXPORT_JOB.noun)
    for member, field in (("CreationTimeAfter", "created__gt"), ("CreationTimeBefore", "created__lt")):
        if member in request:
            rows = rows.filter(**{field: store.when(request[member])})
    if "StatusEquals" in request:
        rows = rows.filter(status=request["StatusEquals"])
    if "ModelCardVersion" in request:
        number = sql.number(sql.DOCUMENT, ("ModelCardVersion",))
        rows = rows.filter(sql.condition((f"{number[0]} = %s", (*number[1], request["ModelCardVersion"]))))
    if "ModelCardExportJobNameContains" in request:
        name = sql.text(sql.DOCUMENT, ("ModelCardExportJobName",))
        rows = rows.filter(sql.condition(sql.contains(name, request["ModelCardExportJobNameContains"])))
    columns = pages.columns(*_SORTS[request.get("SortBy", "CreationTime")])
    order = pages.Order(columns, request.get("SortOrder", "Descending") == "Descending")
    found, position = pages.page(
        rows, order, ("document",), request.get("MaxResults", 10), tokens.read(context, request)
    )
    answer = {"ModelCardExportJobSummaries": [{name: document[name] for name in _SUMMARY} for _, document in found]}
    if position:
        answer["NextToken"] = tokens.make(context, request, position)
    return answer


def _target(context: Context, output: str, card: str, number: int, job: str) -> str:
    """Where the PDF will lie: ``<S3OutputPath>/<card>/<version>/<job>/<card>.pdf``."""
    try:
        bucket, prefix = s3.split_uri(output)
        s3.bucket_of(context.account, bucket)
    except AwsError as error:
        raise invalid(f"OutputConfig.S3OutputPath {output} can't be written: {error.message}") from None
    folder = f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""
    key = f"{folder}{card}/{number}/{job}/{card}.pdf"
    _require(context, Need("update", "S3Object", f"{bucket}/{key}"))
    return f"s3://{bucket}/{key}"


def _require(context: Context, need: Need) -> None:
    if not allows(context, need):
        raise denied(context, need)
