"""Models: image, data and model package in."""

from areas.lineage.recording import containers, writing
from areas.lineage.recording.writing import CONTRIBUTED, MODEL, Arrow, artifact, harmless
from engine.changes import Change, on_change


@on_change("Model")
@harmless
def record_model(change: Change) -> None:
    if not change.is_new:
        return
    record = change.record
    model = artifact(record.arn, MODEL, ArtifactName=record.name)
    parts = containers.parts(containers.of_model(record.document))
    writing.write(record, record.created, [Arrow(part, model, CONTRIBUTED) for part in parts], [model])
