"""Batch transform jobs: a model and data in, predictions out."""

from areas.lineage.recording import containers, jobs
from areas.lineage.recording.writing import DATASET, MODEL, Thing, artifact, harmless
from catalog.models import Record
from engine.changes import Change, on_change

STATUS = "TransformJobStatus"


@on_change("TransformJob")
@harmless
def record_transform_job(change: Change) -> None:
    record, document = change.record, change.record.document
    component = jobs.component_of(
        record, "aws-transform-job", InputArtifacts=_named("SageMaker.Input", _input(document))
    )
    if change.is_new:
        jobs.begin(record, component, _inputs(record, document))
    elif jobs.ended_just_now(change, STATUS):
        uri = document.get("TransformOutput", {}).get("S3OutputPath", "") if document[STATUS] == "Completed" else ""
        jobs.end(
            record, component, [artifact(uri, DATASET)] if uri else [], STATUS,
            StartTime=document.get("TransformStartTime"), OutputArtifacts=_named("SageMaker.Output", uri),
        )  # fmt: skip


def _input(document: dict) -> str:
    return document.get("TransformInput", {}).get("DataSource", {}).get("S3DataSource", {}).get("S3Uri", "")


def _named(name: str, uri: str) -> dict:
    return {name: {"Value": uri}} if uri else {}


def _inputs(record: Record, document: dict) -> list[Thing]:
    found = [artifact(uri, DATASET)] if (uri := _input(document)) else []
    model = Record.objects.filter(
        connection_id=record.connection_id, kind="Model", name=document.get("ModelName", "")
    ).first()
    if model:
        found += [artifact(model.arn, MODEL), *containers.parts(containers.of_model(model.document))]
    return found
