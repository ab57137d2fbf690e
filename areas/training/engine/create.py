"""CreateTrainingJob: what the model of the service can't check, the defaults that Describe shows, and the first status."""

from pathlib import PurePosixPath

from django.db import transaction

from areas import images
from areas.training.engine import channels, states
from areas.training.resource import TRAINING_JOB
from engine import store
from engine.context import Context
from engine.errors import invalid, unsupported
from engine.operations import operation
from engine.runtime import data, hosts, jobs
from engine.s3 import store as s3

DAY = 86400
NOT_BUILT = {
    "TensorBoardOutputConfig": "TensorBoardOutputConfig",
    "ServerlessJobConfig": "ServerlessJobConfig",
    "MlflowConfig": "MlflowConfig",
    "ModelPackageConfig": "ModelPackageConfig",
    "VpcConfig": "VpcConfig (a network of the job's own)",
}


@operation("CreateTrainingJob")
def create_training_job(context: Context, request: dict) -> dict:
    """Store the job and its work, and wake the runner. ValidationException says in a sentence what can't be."""
    _refuse_unbuilt(request)
    image = check_image(request)
    _check_resources(request)
    _check_checkpoints(request)
    channels.check(context, request)
    name = request["TrainingJobName"]
    document = _document(request, image)
    document["ModelArtifacts"] = {"S3ModelArtifacts": _artifact(context, request)}
    states.move(document, "Starting", context.now)
    with transaction.atomic():
        record = store.create(context, TRAINING_JOB, name, document, status="InProgress", tags=request.get("Tags", ()))
        jobs.enqueue(record)
    return {"TrainingJobArn": record.arn}


def _refuse_unbuilt(request: dict) -> None:
    for member, what in NOT_BUILT.items():
        if request.get(member):
            raise unsupported(what)
    stopping = request.get("StoppingCondition", {})
    if request.get("EnableManagedSpotTraining"):
        longest = stopping.get("MaxWaitTimeInSeconds")
        if longest is None:
            raise invalid("MaxWaitTimeInSeconds must be present when EnableManagedSpotTraining is true.")
        if longest < stopping.get("MaxRuntimeInSeconds", DAY):
            raise invalid(
                f"Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds "
                f"({stopping.get('MaxRuntimeInSeconds', DAY)})."
            )
        raise unsupported("EnableManagedSpotTraining")
    if "MaxWaitTimeInSeconds" in stopping:
        raise invalid("MaxWaitTimeInSeconds can be given only when EnableManagedSpotTraining is true.")
    for member, flag in (
        ("RemoteDebugConfig", "EnableRemoteDebug"),
        ("InfraCheckConfig", "EnableInfraCheck"),
        ("SessionChainingConfig", "EnableSessionTagChaining"),
    ):
        if request.get(member, {}).get(flag):
            raise unsupported(f"{member}.{flag}")
    if request.get("OutputDataConfig", {}).get("KmsKeyId"):
        raise unsupported("OutputDataConfig.KmsKeyId")


def check_image(request: dict) -> images.Image:
    """The image that the request names, if it exists and can run here."""
    algorithm = request["AlgorithmSpecification"]
    uri = algorithm.get("TrainingImage")
    if bool(uri) == bool(algorithm.get("AlgorithmName")):
        raise invalid(
            "Exactly one of AlgorithmSpecification.TrainingImage and AlgorithmSpecification.AlgorithmName must be given."
        )
    if not uri:
        raise unsupported("AlgorithmSpecification.AlgorithmName")
    if algorithm.get("TrainingImageConfig", {}).get("TrainingRepositoryAccessMode") == "Vpc":
        raise unsupported("TrainingImageConfig.TrainingRepositoryAccessMode Vpc")
    image = images.find(uri)
    if image is None or not image.train:
        known = ", ".join(sorted(name for name, one in images.images().items() if one.train))
        raise invalid(f"The training image {uri} does not exist on this engine. The images that do are: {known}.")
    if image.missing:
        raise invalid(image.missing)
    return image


def is_script_mode(request: dict) -> bool:
    """True if the user's own code runs in the image, not the image's algorithm."""
    algorithm = request["AlgorithmSpecification"]
    return (
        "sagemaker_program" in request.get("HyperParameters", {})
        or any(channel["ChannelName"] == "code" for channel in request.get("InputDataConfig", ()))
        or bool(algorithm.get("ContainerEntrypoint") or algorithm.get("ContainerArguments"))
    )


def _check_resources(request: dict) -> None:
    resources = request.get("ResourceConfig")
    if not resources:
        raise invalid("ResourceConfig must be given.")
    if resources.get("InstanceGroups"):
        raise unsupported("ResourceConfig.InstanceGroups")
    if not resources.get("InstanceType") or not resources.get("InstanceCount"):
        raise invalid("ResourceConfig.InstanceType and ResourceConfig.InstanceCount must be given.")
    hosts.check_count(resources["InstanceCount"], resources["InstanceType"], "training job")
    if resources.get("KeepAlivePeriodInSeconds"):
        raise unsupported("ResourceConfig.KeepAlivePeriodInSeconds (warm pools)")
    for member in ("VolumeKmsKeyId", "TrainingPlanArn", "InstancePlacementConfig"):
        if resources.get(member):
            raise unsupported(f"ResourceConfig.{member}")


def _check_checkpoints(request: dict) -> None:
    config = request.get("CheckpointConfig")
    if not config:
        return
    s3.split_uri(config["S3Uri"])
    parts = PurePosixPath(config.get("LocalPath") or "/opt/ml/checkpoints").parts
    if parts[:3] != ("/", "opt", "ml") or len(parts) < 4 or ".." in parts or parts[3] in ("input", "model", "output"):
        raise invalid(
            f"CheckpointConfig.LocalPath {config['LocalPath']} must be a folder below /opt/ml other than input, model "
            f"and output."
        )


def _artifact(context: Context, request: dict) -> str:
    """Where the model will lie. ValidationException if the bucket isn't there."""
    output = request["OutputDataConfig"]
    data.check_writable(context.account, output["S3OutputPath"], "OutputDataConfig.S3OutputPath")
    folder = f"{output['S3OutputPath'].rstrip('/')}/{request['TrainingJobName']}/output"
    return f"{folder}/model" if output.get("CompressionType") == "NONE" else f"{folder}/model.tar.gz"


def _document(request: dict, image: images.Image) -> dict:
    """The request as Describe shows it, defaults filled in."""
    document = {key: value for key, value in request.items() if key not in ("TrainingJobName", "Tags")}
    algorithm = dict(request["AlgorithmSpecification"])
    if image.builtin and not is_script_mode(request):
        # The image's own; what the user defines for a built-in algorithm is ignored, as on AWS.
        algorithm["MetricDefinitions"] = [{"Name": name, "Regex": regex} for name, regex in image.metrics]
        if "TuningJobArn" in request:  # the objective once more, under the name that a tuning job gives it
            given = request["AlgorithmSpecification"].get("MetricDefinitions", ())
            algorithm["MetricDefinitions"] += [one for one in given if one["Name"] == "ObjectiveMetric"]
        algorithm["EnableSageMakerMetricsTimeSeries"] = True
    else:
        algorithm.setdefault("EnableSageMakerMetricsTimeSeries", False)
    stopping = {"MaxRuntimeInSeconds": DAY, **request.get("StoppingCondition", {})}
    return {
        **document,
        "AlgorithmSpecification": algorithm,
        "OutputDataConfig": {"KmsKeyId": "", "CompressionType": "GZIP", **request["OutputDataConfig"]},
        "InputDataConfig": [channels.filled(channel) for channel in request.get("InputDataConfig", ())],
        "StoppingCondition": stopping,
        "EnableNetworkIsolation": request.get("EnableNetworkIsolation", False),
        "EnableInterContainerTrafficEncryption": request.get("EnableInterContainerTrafficEncryption", False),
        "EnableManagedSpotTraining": False,
        "ProfilingStatus": "Disabled",
    }
