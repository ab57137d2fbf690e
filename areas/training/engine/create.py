"""CreateTrainingJob: what the model of the service can't check, the defaults that Describe shows, and the first status."""

from pathlib import PurePosixPath

from django.db import transaction

from areas import images
from areas.training.engine import channels, groups, spot, states, warm
from areas.training.resource import TRAINING_JOB
from engine import store
from engine.context import Context
from engine.errors import invalid, unsupported
from engine.operations import operation
from engine.runtime import data, jobs, pools
from engine.runtime.drivers import driver_for
from engine.s3 import store as s3

DAY = 86400
NOT_BUILT = {
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
    groups.check(request)
    spot.check(request)
    _check_folders(request)
    channels.check(context, request)
    name = request["TrainingJobName"]
    document = _document(request, image)
    document["ModelArtifacts"] = {"S3ModelArtifacts": _artifact(context, request)}
    states.move(document, "Starting", context.now)
    with transaction.atomic():
        record = store.create(context, TRAINING_JOB, name, document, status="InProgress", tags=request.get("Tags", ()))
        work = jobs.enqueue(record)
        if warm.seconds_of(document):
            pools.take(record, work, warm.match_of(document), driver_for(TRAINING_JOB.noun), context.now)
    return {"TrainingJobArn": record.arn}


def _refuse_unbuilt(request: dict) -> None:
    for member, what in NOT_BUILT.items():
        if request.get(member):
            raise unsupported(what)
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
    algorithm = request.get("AlgorithmSpecification", {})
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


def _check_folders(request: dict) -> None:
    """The folders that are kept in step with S3 while the job runs."""
    if config := request.get("CheckpointConfig"):
        s3.split_uri(config["S3Uri"])
        parts = PurePosixPath(config.get("LocalPath") or "/opt/ml/checkpoints").parts
        if (
            parts[:3] != ("/", "opt", "ml")
            or len(parts) < 4
            or ".." in parts
            or parts[3] in ("input", "model", "output")
        ):
            raise invalid(
                f"CheckpointConfig.LocalPath {config['LocalPath']} must be a folder below /opt/ml other than input, model "
                f"and output."
            )
    if board := request.get("TensorBoardOutputConfig"):
        s3.split_uri(board["S3OutputPath"])
        parts = PurePosixPath(board.get("LocalPath") or "/opt/ml/output/tensorboard").parts
        if parts[:3] != ("/", "opt", "ml") or len(parts) < 4 or ".." in parts or parts[3] in ("input", "model"):
            raise invalid(
                f"TensorBoardOutputConfig.LocalPath {board['LocalPath']} must be a folder below /opt/ml other than input "
                f"and model."
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
        "EnableManagedSpotTraining": request.get("EnableManagedSpotTraining", False),
        "ProfilingStatus": "Disabled",
    }
