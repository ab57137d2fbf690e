"""Endpoints: a context for each, and an action for each deployment, the later ones too."""

from datetime import UTC, datetime

from areas.lineage.recording import containers, writing
from areas.lineage.recording.writing import ASSOCIATED, CONTRIBUTED, MODEL, Arrow, Thing, artifact, harmless
from catalog.models import Record
from engine.changes import Change, on_change

SUFFIX = "aws-endpoint"


@on_change("Endpoint")
@harmless
def record_endpoint(change: Change) -> None:
    record, document, before = change.record, change.record.document, change.before or {}
    pending, was_pending = (one.get("PendingDeploymentSummary") or {} for one in (document, before))
    if change.is_removal:
        _note_removal(record)
    elif change.is_new:
        _deploy(record, document["EndpointConfigName"], document["CreationTime"])
    elif pending and pending.get("StartTime") != was_pending.get("StartTime"):
        _deploy(record, pending["EndpointConfigName"], pending["StartTime"])
    elif before.get("EndpointStatus") == "Creating" != document["EndpointStatus"]:
        _end(record, document["CreationTime"], document["EndpointStatus"] == "InService")
    elif was_pending and not pending:
        _end(record, was_pending["StartTime"], document["EndpointConfigName"] == was_pending["EndpointConfigName"])


def _context(record: Record) -> Thing:
    return writing.context(f"{record.name}-{SUFFIX}", "Endpoint", record.arn)


def _action(record: Record, started: float, **more) -> Thing:
    """Milliseconds: an endpoint can be updated twice in a second."""
    name = f"{record.name}-{round(started * 1000)}-{SUFFIX}"
    return writing.action(name, "ModelDeployment", record.arn, status="InProgress", **more)


def _deploy(record: Record, config: str, started: float) -> None:
    action = _action(record, started, Properties={"EndpointConfigName": config})
    arrows = [Arrow(part, action, CONTRIBUTED) for part in _deployed(record.connection_id, config)]
    now = datetime.fromtimestamp(started, UTC)
    writing.write(record, now, [*arrows, Arrow(action, _context(record), ASSOCIATED)])


def _deployed(connection_id: int, config: str) -> list[Thing]:
    """Everything that a configuration's models are made of, and the models."""
    configs = Record.objects.filter(connection_id=connection_id, kind="EndpointConfig", name=config)
    found = configs.values_list("document", flat=True).first() or {}
    names = {variant.get("ModelName", "") for variant in found.get("ProductionVariants", ())}
    parts: dict[tuple, Thing] = {}
    for model in Record.objects.filter(connection_id=connection_id, kind="Model", name__in=names):
        one = [
            artifact(model.arn, MODEL, ArtifactName=model.name),
            *containers.parts(containers.of_model(model.document)),
        ]
        parts |= {thing.key: thing for thing in one}
    return list(parts.values())


def _end(record: Record, started: float, is_good: bool) -> None:
    """Whether the deployment came to its end, or the endpoint went back to what it had."""
    found = writing.write(record, record.modified, [], [action := _action(record, started)])

    def edit(document: dict) -> None:
        document["Status"] = "Completed" if is_good else "Failed"
        if reason := record.document.get("FailureReason"):
            document["Description"] = reason[:3072]

    writing.rewrite(found[action.key], edit, record.modified)


def _note_removal(record: Record) -> None:
    now = datetime.now(UTC)
    found = writing.write(record, now, [], [context := _context(record)])

    def edit(document: dict) -> None:
        document["Properties"] = {**document.get("Properties", {}), "DeletedTime": now.isoformat(timespec="seconds")}

    writing.rewrite(found[context.key], edit, now)
