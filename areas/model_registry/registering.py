"""A new version: from a training job, from another version, or from an uploaded model.tar.gz that is tried out first."""

import json
import re
import uuid
from pathlib import Path

from django.db import transaction

from areas import calls
from areas.images import find, images
from areas.index import modules
from areas.model_registry import who
from areas.model_registry.errors import Missing, RegistryError
from areas.model_registry.models import Upload
from areas.model_registry.resource import GROUP, PACKAGE
from areas.model_registry.version import registration_request
from catalog.models import Connection, Record
from jobs import runs

NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
TYPES = ["text/csv", "application/json"]
INSTANCES = ["ml.m5.large"]
LONGEST_SAMPLE = 100_000  # characters


def job_request(
    job: Record, group: str, *, description: str = "", commit: str = "", repository: str = "", statistics: str = ""
) -> dict:
    """The CreateModelPackage request that registers what a training job made. ``statistics`` is the S3 URI of its metrics.

    Raises RegistryError if the job has left no model."""
    area = modules("from_job")[0]
    try:
        container = area.model_request(job)["PrimaryContainer"]
    except area.NotAModel as error:
        raise RegistryError(str(error), "job") from None
    request = {"ModelPackageGroupName": group}
    if description:
        request["ModelPackageDescription"] = description
    request["InferenceSpecification"] = {
        "Containers": [container], "SupportedContentTypes": TYPES, "SupportedResponseMIMETypes": TYPES,
        "SupportedRealtimeInferenceInstanceTypes": INSTANCES, "SupportedTransformInstanceTypes": INSTANCES,
    }  # fmt: skip
    if statistics:
        source = {"ContentType": "application/json", "S3Uri": statistics}
        request["ModelMetrics"] = {"ModelQuality": {"Statistics": source}}
    metadata = {"GeneratedBy": job.arn, "CommitId": commit, "Repository": repository}
    request["MetadataProperties"] = {name: value for name, value in metadata.items() if value}
    return request


def register_job(
    connection: Connection, name: str, group: str, *, make_group: bool = False, report: str = "", **said: str
) -> str:  # fmt: skip
    """Register what the training job ``name`` made as the next version of ``group``; the version's name, ``churn/4``. The version's
    ModelQuality statistics are those at ``report`` (s3://…), else the job's final metrics, written to the connection's bucket.
    Raises RegistryError and CallFailed."""
    if report and not re.fullmatch(r"s3://[^/]+/\S+", report):
        raise RegistryError(
            f"{report!r} is not the address of a report, such as s3://bucket/evaluation.json.", "report"
        )
    who.check(connection, "view", "TrainingJob", name)
    who.check(connection, "create", PACKAGE.noun, f"{group}/")
    job = (
        Record.objects.filter(connection=connection, kind="TrainingJob", name=name).select_related("connection").first()
    )
    if job is None:
        raise Missing(f"There is no training job {name} on {connection}.", "job")
    _check_group(group)
    job_request(job, group)  # says what is wrong before anything is made
    _ready_group(connection, group, make_group)
    uri = report or statistics_uri(job, group)
    if uri and not report:
        _put(connection, uri, json.dumps(statistics_of(job), indent=2).encode(), "application/json")
    answer = calls.call(connection, "CreateModelPackage", **job_request(job, group, statistics=uri, **said))
    return PACKAGE.name_of(answer["ModelPackageArn"])


def statistics_of(job: Record) -> dict:
    """A job's final metrics as a statistics report: ``{"validation:auc": {"value": 0.97}}``."""
    return {one["MetricName"]: {"value": one["Value"]} for one in job.document.get("FinalMetricDataList") or ()}


def statistics_uri(job: Record, group: str) -> str:
    """Where a job's final metrics are written for a version; "" if it has none."""
    bucket = job.connection.default_bucket
    return f"s3://{bucket}/atelier/model-registry/{group}/{job.name}/statistics.json" if statistics_of(job) else ""


def copy_version(
    source: Record, group: str, *, connection: Connection | None = None, make_group: bool = False, description: str = ""
) -> str:  # fmt: skip
    """Register a version once more in another group, or on another connection; the new version's name.

    Between connections the artifacts are not copied: the other account must be able to read them where they are."""
    where = connection or source.connection
    who.check(source.connection, "view", PACKAGE.noun, source.name)
    who.check(where, "create", PACKAGE.noun, f"{group}/")
    _check_group(group)
    _ready_group(where, group, make_group)
    request = registration_request(source.document, group)
    request.pop("ModelPackageName", None)
    if description:
        request["ModelPackageDescription"] = description
    answer = calls.call(where, "CreateModelPackage", **request)
    return PACKAGE.name_of(answer["ModelPackageArn"])


def register_upload(
    connection: Connection, *, user, path: Path, filename: str, sha256: str, group: str, image: str, sample: str,
    content_type: str = "text/csv", description: str = "", make_group: bool = False, environment: dict | None = None,
) -> Upload:  # fmt: skip
    """Store a checked archive in S3, and have it tried out and registered by a Run (``upload.run``). Raises RegistryError."""
    who.check(connection, "create", PACKAGE.noun, f"{group}/")
    _check_group(group)
    check_upload(connection, group, image=image, sample=sample, content_type=content_type, make_group=make_group)
    home = f"s3://{connection.default_bucket}/atelier/model-registry/{group}/uploads/{uuid.uuid4().hex[:16]}"
    upload = Upload(
        connection=connection, group=group, filename=filename[:255], uri=f"{home}/model.tar.gz", size=path.stat().st_size,
        sha256=sha256, image=image, environment=environment or {}, content_type=content_type, sample=sample, user=who.actor(),
    )  # fmt: skip
    _put_file(connection, path, upload.uri)
    _put(connection, f"{home}/sample", sample.encode(), content_type)
    container = {"Image": image, "ModelDataUrl": upload.uri}
    if upload.environment:
        container["Environment"] = upload.environment
    request = {
        "ModelPackageGroupName": group, "ModelPackageDescription": description or f"Uploaded from {upload.filename}.",
        "InferenceSpecification": {
            "Containers": [container], "SupportedContentTypes": [content_type], "SupportedResponseMIMETypes": TYPES,
            "SupportedRealtimeInferenceInstanceTypes": INSTANCES, "SupportedTransformInstanceTypes": INSTANCES,
        },
        "SamplePayloadUrl": f"{home}/sample", "CustomerMetadataProperties": {"sha256": sha256, "filename": upload.filename[:128]},
    }  # fmt: skip
    with transaction.atomic():
        upload.save()
        steps = [{"call": "CreateModelPackageGroup", "request": {"ModelPackageGroupName": group}}]
        plan = [
            *(steps if make_group and not _has_group(connection, group) else ()),
            {"call": "model_registry.try_out", "request": {"upload": upload.id}},
            {"call": "CreateModelPackage", "request": request},
        ]
        name = f"{group}/upload-{upload.id}"
        upload.run = runs.start(connection, user=user, kind=PACKAGE.noun, name=name, plan=plan).id
        upload.save(update_fields=["run"])
    return upload


def check_upload(
    connection: Connection, group: str, *, image: str, sample: str, content_type: str, make_group: bool
) -> None:
    """What can be said before the bytes arrive. Raises RegistryError."""
    _check_group(group)
    if not make_group and not _has_group(connection, group):
        raise Missing(f"There is no model package group {group} on {connection}.", "group")
    if connection.is_embedded and not ((found := find(image)) and found.serve):
        raise RegistryError(f"{image or 'An empty image'} serves nothing here: choose one of the list.", "image")
    if not sample.strip() or len(sample) > LONGEST_SAMPLE:
        raise RegistryError(f"Give a sample line to predict, of {LONGEST_SAMPLE:,} characters at most.", "sample")
    if not re.fullmatch(r"[\x21-\x7e][\x20-\x7e]{0,254}", content_type):
        raise RegistryError(f"{content_type!r} is not a content type such as text/csv.", "content_type")


def serving_images(connection: Connection) -> list[tuple[str, str]]:
    """(URI, title) of the images that serve here."""
    return [(image.uri(connection.region), image.title) for image in images().values() if image.serve]


def _check_group(group: str) -> None:
    if not NAME.fullmatch(group):
        raise RegistryError("A group's name has letters, digits and hyphens, 63 at most.", "group")


def _has_group(connection: Connection, group: str) -> bool:
    return Record.objects.filter(connection=connection, kind=GROUP.noun, name=group).exists()


def _ready_group(connection: Connection, group: str, make: bool) -> None:
    if _has_group(connection, group):
        return
    if not make:
        raise Missing(f"There is no model package group {group} on {connection}.", "group")
    try:
        calls.call(connection, "CreateModelPackageGroup", ModelPackageGroupName=group)
    except calls.CallFailed as failed:
        if "already exist" not in failed.message.lower():  # somebody else made it meanwhile: so be it
            raise


def _put(connection: Connection, uri: str, body: bytes, content_type: str) -> None:
    _ready_bucket(connection)
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    calls.call(connection, "PutObject", "s3", Bucket=bucket, Key=key, Body=body, ContentType=content_type)


def _put_file(connection: Connection, path: Path, uri: str) -> None:
    _ready_bucket(connection)
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    calls.upload(connection, path, bucket, key, "application/gzip")


def _ready_bucket(connection: Connection) -> None:
    try:
        calls.call(connection, "HeadBucket", "s3", Bucket=connection.default_bucket)
    except calls.CallFailed as failed:
        if failed.status != 404:
            raise
        where = {} if connection.region == "us-east-1" else {"LocationConstraint": connection.region}
        more = {"CreateBucketConfiguration": where} if where else {}
        calls.call(connection, "CreateBucket", "s3", Bucket=connection.default_bucket, **more)
