"""Processing jobs: image, code and data in, data out."""

from areas.lineage.recording import jobs
from areas.lineage.recording.writing import DATASET, IMAGE, Thing, artifact, harmless
from engine.changes import Change, on_change

STATUS = "ProcessingJobStatus"


@on_change("ProcessingJob")
@harmless
def record_processing_job(change: Change) -> None:
    record, document = change.record, change.record.document
    component = jobs.component_of(
        record, "aws-processing-job",
        InputArtifacts={name: {"Value": uri} for name, uri in _places(document).items()},
    )  # fmt: skip
    if change.is_new:
        jobs.begin(record, component, _inputs(document))
    elif jobs.ended_just_now(change, STATUS):
        outputs = _outputs(document) if document[STATUS] == "Completed" else {}
        jobs.end(
            record, component, [artifact(uri, DATASET) for uri in outputs.values()], STATUS,
            StartTime=document.get("ProcessingStartTime"),
            OutputArtifacts={name: {"Value": uri} for name, uri in outputs.items()},
        )  # fmt: skip


def _inputs(document: dict) -> list[Thing]:
    found = [artifact(uri, DATASET) for uri in _places(document).values()]
    if image := document.get("AppSpecification", {}).get("ImageUri"):
        found.append(artifact(image, IMAGE))
    return found


def _places(document: dict) -> dict[str, str]:
    inputs = document.get("ProcessingInputs", ())
    found = {one["InputName"]: one.get("S3Input", {}).get("S3Uri", "") for one in inputs}
    return {key: uri for key, uri in found.items() if uri}


def _outputs(document: dict) -> dict[str, str]:
    outputs = document.get("ProcessingOutputConfig", {}).get("Outputs", ())
    found = {one["OutputName"]: one.get("S3Output", {}).get("S3Uri", "") for one in outputs}
    return {key: uri for key, uri in found.items() if uri}
