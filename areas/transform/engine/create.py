"""CreateTransformJob: what the model of the service can't check, the defaults that Describe shows, and the first status.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
"""

from django.db import transaction

from areas import index
from areas.transform.container import paths
from areas.transform.container.processing import CSV, LINES, TYPES, kind_of
from areas.transform.resource import TRANSFORM_JOB
from engine import store
from engine.context import Context
from engine.errors import invalid, unsupported
from engine.hosting import containers, packages
from engine.operations import operation
from engine.runtime import data, hosts, jobs

MOST = 100  # MB of all payloads that are under way at the same time


@operation("CreateTransformJob")
def create_transform_job(context: Context, request: dict) -> dict:
    """Store the job and its work, and wake the runner. ValidationException says in a sentence what can't be."""
    model = store.get(context, index.resources()["Model"], request["ModelName"])
    _refuse_unbuilt(request)
    _check_payloads(request)
    _check_processing(request)
    source = request["TransformInput"]["DataSource"]["S3DataSource"]
    if source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        raise invalid(f"S3DataType {source['S3DataType']} can't be transformed: give S3Prefix or ManifestFile.")
    resources = request["TransformResources"]
    hosts.check_count(resources["InstanceCount"], resources["InstanceType"], "transform job")
    containers.check(context.account, container_of(context, model.document))
    role = model.document.get("ExecutionRoleArn", "")
    data.check_exists(context.account, context.region, role, source)
    data.check_writable(context.account, request["TransformOutput"]["S3OutputPath"], "TransformOutput.S3OutputPath")
    if capture := request.get("DataCaptureConfig"):
        data.check_writable(context.account, capture["DestinationS3Uri"], "DataCaptureConfig.DestinationS3Uri")
    with transaction.atomic():
        record = store.create(
            context, TRANSFORM_JOB, request["TransformJobName"], _document(request, context.now), status="InProgress",
            tags=request.get("Tags", ()),
        )  # fmt: skip
        jobs.enqueue(record)
    return {"TransformJobArn": record.arn}


def container_of(context: Context, model: dict) -> dict:
    """The one container of a model, with what its model package stands for."""
    container = model.get("PrimaryContainer") or model["Containers"][0]
    return packages.resolve(context, container)


def _refuse_unbuilt(request: dict) -> None:
    for member, inner in (
        ("TransformOutput", "KmsKeyId"),
        ("TransformResources", "VolumeKmsKeyId"),
        ("TransformResources", "TransformAmiVersion"),
        ("DataCaptureConfig", "KmsKeyId"),
    ):
        if request.get(member, {}).get(inner):
            raise unsupported(f"{member}.{inner}")


def _check_payloads(request: dict) -> None:
    size, workers = request.get("MaxPayloadInMB"), request.get("MaxConcurrentTransforms")
    if size is not None and size > MOST:
        raise invalid(f"MaxPayloadInMB {size} is above {MOST}.")
    if workers and size and workers * size > MOST:
        raise invalid(
            f"MaxConcurrentTransforms {workers} times MaxPayloadInMB {size} is {workers * size}: the product can't be above "
            f"{MOST} MB."
        )
    if size == 0 and (_split(request) != "None" or request.get("DataProcessing")):
        raise invalid(
            "MaxPayloadInMB 0 sends each object as one stream: it needs SplitType None and no DataProcessing."
        )


def _split(request: dict) -> str:
    return request["TransformInput"].get("SplitType", "None")


def _check_processing(request: dict) -> None:
    """What can be filtered and joined: CSV, JSON and JSON Lines, in paths of the subset."""
    processing = request.get("DataProcessing", {})
    content = kind_of(request["TransformInput"].get("ContentType", ""))
    accept = kind_of(request["TransformOutput"].get("Accept", ""))
    for member, of, kind in (
        ("InputFilter", "TransformInput.ContentType", content),
        ("OutputFilter", "TransformOutput.Accept", accept),
    ):
        path = processing.get(member, "$")
        if path == "$":
            continue
        _check_type(f"DataProcessing.{member} {path}", of, kind)
        try:
            paths.check_csv(path) if kind == CSV else paths.parse(path)
        except paths.BadPath as error:
            raise invalid(f"DataProcessing.{member}: {error}") from None
    if processing.get("JoinSource", "None") == "Input":
        _check_type("DataProcessing.JoinSource Input", "TransformInput.ContentType", content)
        if content != accept:
            raise invalid(
                f"DataProcessing.JoinSource Input needs TransformOutput.Accept to be the ContentType {content}, "
                f"not {accept or 'nothing'}."
            )
        assembled = request["TransformOutput"].get("AssembleWith", "None")
        if content in (CSV, LINES) and (_split(request), assembled) != ("Line", "Line"):
            raise invalid(
                f"DataProcessing.JoinSource Input of {content} needs TransformInput.SplitType and "
                "TransformOutput.AssembleWith to be Line."
            )
    if request.get("DataCaptureConfig", {}).get("GenerateInferenceId"):
        _check_type("DataCaptureConfig.GenerateInferenceId", "TransformOutput.Accept", accept)


def _check_type(what: str, of: str, kind: str) -> None:
    if kind not in TYPES:
        raise invalid(f"{what} needs {of} to be one of {', '.join(TYPES)}, not {kind or 'nothing'}.")


def _document(request: dict, now: float) -> dict:
    """The request as Describe shows it, defaults filled in, and the time of change that only the list shows."""
    document = {key: value for key, value in request.items() if key not in ("TransformJobName", "Tags")}
    return {
        **document,
        "LastModifiedTime": now,
        "TransformInput": {"CompressionType": "None", "SplitType": "None", **request["TransformInput"]},
        "TransformOutput": {"AssembleWith": "None", "KmsKeyId": "", **request["TransformOutput"]},
        "DataProcessing": {
            "InputFilter": "$", "OutputFilter": "$", "JoinSource": "None", **request.get("DataProcessing", {}),
        },
    }  # fmt: skip
