"""Training jobs: data and image in, model and checkpoints out."""

from areas.lineage.recording import jobs
from areas.lineage.recording.writing import CHECKPOINT, DATASET, IMAGE, MODEL, Thing, artifact, harmless
from engine.changes import Change, on_change

STATUS = "TrainingJobStatus"
MOST_PARAMETERS, LONGEST_KEY, LONGEST_VALUE = 300, 320, 2500


@on_change("TrainingJob")
@harmless
def record_training_job(change: Change) -> None:
    record, document = change.record, change.record.document
    if change.is_new:
        jobs.begin(record, _component(record), _inputs(document))
    elif jobs.ended_just_now(change, STATUS):
        jobs.end(
            record, _component(record), _outputs(document), STATUS, StartTime=document.get("TrainingStartTime"),
            OutputArtifacts=_output_artifacts(document),
        )  # fmt: skip


def _component(record) -> Thing:
    document = record.document
    inputs = {
        channel["ChannelName"]: {**_media(channel), "Value": uri} for channel, uri in _channels(document)
    }  # fmt: skip
    if image := _image(document):
        inputs["SageMaker.ImageUri"] = {"Value": image}
    return jobs.component_of(record, "aws-training-job", Parameters=_parameters(document), InputArtifacts=inputs)


def _inputs(document: dict) -> list[Thing]:
    data = [artifact(uri, DATASET) for _, uri in _channels(document)]
    return [*data, *([artifact(image, IMAGE)] if (image := _image(document)) else [])]


def _outputs(document: dict) -> list[Thing]:
    """Also a job that was stopped leaves its model; one that failed leaves none."""
    found = []
    if checkpoints := document.get("CheckpointConfig", {}).get("S3Uri"):
        found.append(artifact(checkpoints, CHECKPOINT))
    if document[STATUS] != "Failed" and (model := _model(document)):
        found.append(artifact(model, MODEL))
    return found


def _output_artifacts(document: dict) -> dict:
    model = _model(document) if document[STATUS] != "Failed" else ""
    return {"SageMaker.ModelArtifact": {"Value": model}} if model else {}


def _channels(document: dict) -> list[tuple[dict, str]]:
    channels = document.get("InputDataConfig", ())
    found = ((one, one.get("DataSource", {}).get("S3DataSource", {}).get("S3Uri", "")) for one in channels)
    return [(channel, uri) for channel, uri in found if uri]


def _media(channel: dict) -> dict:
    return {"MediaType": channel["ContentType"]} if channel.get("ContentType") else {}


def _image(document: dict) -> str:
    return document.get("AlgorithmSpecification", {}).get("TrainingImage", "")


def _model(document: dict) -> str:
    return document.get("ModelArtifacts", {}).get("S3ModelArtifacts", "")


def _parameters(document: dict) -> dict:
    """Hyperparameters as text or number, and what the job ran on; as many as a trial component may have."""
    resources = document.get("ResourceConfig", {})
    found = {}
    if kind := resources.get("InstanceType"):
        found["SageMaker.InstanceType"] = {"StringValue": kind}
    for member in ("InstanceCount", "VolumeSizeInGB"):
        if member in resources:
            found[f"SageMaker.{member}"] = {"NumberValue": float(resources[member])}
    for key, value in document.get("HyperParameters", {}).items():
        if len(found) < MOST_PARAMETERS and key:
            found[key[:LONGEST_KEY]] = _value(value)
    return found


def _value(text: str) -> dict:
    try:
        number = float(text)
    except ValueError:
        return {"StringValue": text[:LONGEST_VALUE]}
    return {"NumberValue": number} if abs(number) < 1e300 else {"StringValue": text[:LONGEST_VALUE]}
