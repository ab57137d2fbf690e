"""CreateProcessingJob: what the model of the service can't check, and the defaults that Describe shows.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html
"""

from pathlib import PurePosixPath

from django.db import transaction

from areas import images
from areas.processing.resource import PROCESSING_JOB
from engine import store
from engine.context import Context
from engine.errors import invalid, unsupported
from engine.operations import operation
from engine.runtime import data, hosts, jobs
from engine.s3 import store as s3

DAY = 86400
ROOT = "/opt/ml/processing"
# What SageMaker's own features say of a job that they start; no client's request has these members.
INTERNAL = ("TrainingJobArn", "MonitoringScheduleArn", "AutoMLJobArn")


@operation("CreateProcessingJob")
def create_processing_job(context: Context, request: dict) -> dict:
    """Store the job and its work, and wake the runner. ValidationException says in a sentence what can't be.

    The engine's own features (Debugger's rules, monitoring) start their jobs by this handler as well, as
    ``engine.operations.handler_for("sagemaker", "CreateProcessingJob")``; they may add a member of ``INTERNAL``.
    """
    _check_role(context, request["RoleArn"])
    check_image(request)
    _check_cluster(request)
    _check_network(request)
    _check_inputs(request.get("ProcessingInputs", ()))
    _check_outputs(context, request.get("ProcessingOutputConfig", {}))
    document = _document(request)
    with transaction.atomic():
        record = store.create(
            context, PROCESSING_JOB, request["ProcessingJobName"], document, status="InProgress",
            tags=request.get("Tags", ()),
        )  # fmt: skip
        jobs.enqueue(record)
    return {"ProcessingJobArn": record.arn}


def _check_role(context: Context, arn: str) -> None:
    if arn.split(":")[4] != context.account:
        raise invalid("RoleArn: Cross-account pass role is not allowed.")


def check_image(request: dict) -> images.Image:
    """The image that the request names, if it exists, can run here, and has something to run."""
    uri = request["AppSpecification"]["ImageUri"]
    image = images.find(uri)
    if image is None:
        known = ", ".join(sorted(images.images()))
        raise invalid(
            f"Invalid image URI {uri}. Please provide a valid Amazon Elastic Container Registry path of the Docker image "
            f"to run. The images that this engine plays are: {known}."
        )
    if image.missing:
        raise invalid(image.missing)
    if not (image.process or request["AppSpecification"].get("ContainerEntrypoint")):
        raise invalid(
            f"AppSpecification.ContainerEntrypoint must be given: the image {image.repository} runs nothing by itself in a "
            f"processing job."
        )
    return image


def _check_cluster(request: dict) -> None:
    cluster = request["ProcessingResources"]["ClusterConfig"]
    if cluster.get("InstancePreferences"):
        raise unsupported("ProcessingResources.ClusterConfig.InstancePreferences")
    if not cluster.get("InstanceType") or not cluster.get("InstanceCount"):
        raise invalid(
            "ProcessingResources.ClusterConfig.InstanceType and ProcessingResources.ClusterConfig.InstanceCount must be given."
        )
    if cluster.get("VolumeKmsKeyId"):
        raise unsupported("ProcessingResources.ClusterConfig.VolumeKmsKeyId")
    hosts.check_count(cluster["InstanceCount"], cluster["InstanceType"], "processing job")


def _check_network(request: dict) -> None:
    network = request.get("NetworkConfig", {})
    if network.get("VpcConfig"):
        raise unsupported("NetworkConfig.VpcConfig (a network of the job's own)")
    if network.get("EnableNetworkIsolation") and request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] > 1:
        raise unsupported("NetworkConfig.EnableNetworkIsolation for more than one instance")


def _check_inputs(inputs: list[dict]) -> None:
    _refuse_twice("InputName", "ProcessingInputs", inputs)
    for one in inputs:
        name = one["InputName"]
        if bool(one.get("S3Input")) == bool(one.get("DatasetDefinition")):
            raise invalid(f"Exactly one of S3Input and DatasetDefinition must be given for the input {name}.")
        if one.get("DatasetDefinition"):
            raise invalid(
                f"DatasetDefinition of the input {name} is not supported by the embedded engine, which has no Athena and no "
                f"Redshift: put the data into S3 and give an S3Input."
            )
        _check_s3_input(name, one["S3Input"], one.get("AppManaged", False))


def _check_s3_input(name: str, source: dict, is_app_managed: bool) -> None:
    s3.split_uri(source["S3Uri"])
    if source.get("LocalPath") or not is_app_managed:
        _check_path(f"S3Input.LocalPath of the input {name}", source.get("LocalPath"))
    if source.get("S3InputMode") != "Pipe" and source.get("S3CompressionType", "None") != "None":
        raise invalid(f"S3CompressionType Gzip of the input {name} can be used in Pipe mode only.")


def _check_outputs(context: Context, config: dict) -> None:
    if config.get("KmsKeyId"):
        raise unsupported("ProcessingOutputConfig.KmsKeyId")
    outputs = config.get("Outputs", ())
    _refuse_twice("OutputName", "ProcessingOutputConfig.Outputs", outputs)
    for one in outputs:
        name, target = one["OutputName"], one.get("S3Output")
        if bool(target) == bool(one.get("FeatureStoreOutput")):
            raise invalid(f"Exactly one of S3Output and FeatureStoreOutput must be given for the output {name}.")
        if not target:
            raise unsupported(f"FeatureStoreOutput (output {name})")
        if target.get("LocalPath") or not one.get("AppManaged"):
            _check_path(f"S3Output.LocalPath of the output {name}", target.get("LocalPath"))
        data.check_writable(context.account, target["S3Uri"], f"S3Output.S3Uri of the output {name}")


def _check_path(what: str, path: str | None) -> None:
    """Only what is below /opt/ml/processing is laid down and stored."""
    given = PurePosixPath(path or "")
    if not given.is_relative_to(ROOT) or given == PurePosixPath(ROOT) or ".." in given.parts:
        raise invalid(f"{what} must be a folder below {ROOT}/, not {path!r}." if path else f"{what} must be given.")


def _refuse_twice(member: str, where: str, things: list[dict]) -> None:
    names = [one[member] for one in things]
    for name in names:
        if names.count(name) > 1:
            raise invalid(f"The {member} {name} is given twice in {where}.")


def _document(request: dict) -> dict:
    """The request as Describe shows it, defaults filled in."""
    members = (
        "AppSpecification", "ProcessingResources", "RoleArn", "Environment", "NetworkConfig", "ExperimentConfig", *INTERNAL,
    )  # fmt: skip
    document = {member: request[member] for member in members if member in request}
    document["ProcessingInputs"] = [_filled_input(one) for one in request.get("ProcessingInputs", ())]
    if outputs := request.get("ProcessingOutputConfig"):
        filled = [{"AppManaged": False, **one} for one in outputs["Outputs"]]
        document["ProcessingOutputConfig"] = {**outputs, "Outputs": filled}
    document["StoppingCondition"] = {"MaxRuntimeInSeconds": DAY, **request.get("StoppingCondition", {})}
    return document


def _filled_input(one: dict) -> dict:
    defaults = {"S3InputMode": "File", "S3DataDistributionType": "FullyReplicated", "S3CompressionType": "None"}
    return {"AppManaged": False, **one, "S3Input": {**defaults, **one["S3Input"]}}
