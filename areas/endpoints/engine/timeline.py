"""What an endpoint's changes mean for its deployments: rows of ``Deployment``, and EventBridge's state-change events."""

import time

from areas import index
from areas.endpoints.deployments import DeployedModel, Deployment
from catalog import events
from catalog.actor import current
from catalog.models import Record
from engine.changes import Change, on_change
from engine.store import when

OPEN = (Deployment.DEPLOYING, Deployment.SERVING)


@on_change("Endpoint")
def follow(change: Change) -> None:
    """Write down what began or ended with this change."""
    record, before, after = change.record, change.before or {}, change.record.document
    if change.is_removal:
        _end(record, OPEN, Deployment.DELETED)
        return
    if change.is_new:
        _begin(record, after["EndpointConfigName"], record.owner)
    pending, was_pending = (one.get("PendingDeploymentSummary") for one in (after, before))
    if pending and not was_pending:
        actor = current()
        _begin(record, pending["EndpointConfigName"], actor.user or actor.principal)
    if after["EndpointStatus"] == before.get("EndpointStatus"):
        return
    _emit(record, after)
    if after["EndpointStatus"] == "Deleting":
        _end(record, OPEN, Deployment.DELETED)
    elif after["EndpointStatus"] == "Failed":
        _end(record, (Deployment.DEPLOYING,), Deployment.FAILED, after.get("FailureReason", ""))
    elif before.get("EndpointStatus") == "RollingBack":
        _end(record, (Deployment.DEPLOYING,), Deployment.ROLLED_BACK, after.get("FailureReason", ""))
    elif after["EndpointStatus"] == "InService" and (was_pending or before.get("EndpointStatus") == "Creating"):
        if after.get("FailureReason"):
            _end(record, (Deployment.DEPLOYING,), Deployment.FAILED, after["FailureReason"])
        else:
            _end(record, (Deployment.SERVING,), Deployment.REPLACED)
            _rows(record, (Deployment.DEPLOYING,)).update(outcome=Deployment.SERVING, served=when(time.time()))


def _begin(record: Record, config: str, by: str) -> None:
    row = Deployment.objects.create(
        connection_id=record.connection_id, endpoint=record.name, config=config, started=when(time.time()), by=by
    )
    of = Record.objects.filter(connection_id=record.connection_id)
    document = of.filter(kind="EndpointConfig", name=config).values_list("document", flat=True).first() or {}
    variants = document.get("ProductionVariants", ())
    models = of.filter(kind="Model", name__in=[one["ModelName"] for one in variants]).values_list("name", "document")
    containers = {
        name: model.get("PrimaryContainer") or next(iter(model.get("Containers", ())), {}) for name, model in models
    }
    DeployedModel.objects.bulk_create([
        DeployedModel(
            deployment=row, variant=one["VariantName"], model=one["ModelName"],
            package=_package(record, containers.get(one["ModelName"], {})),
            data=_data(containers.get(one["ModelName"], {}))[:1024],
        )
        for one in variants
    ])  # fmt: skip


def _package(record: Record, container: dict) -> str:
    """The ARN of the container's model package: what a package of this account is called by name, has one too."""
    given = container.get("ModelPackageName", "")
    resource = index.resources().get("ModelPackage")
    if not given or given.startswith("arn:") or resource is None:
        return given
    return resource.arn(record.connection.account, record.connection.region, given)


def _data(container: dict) -> str:
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    return container.get("ModelDataUrl") or source.get("S3Uri", "")


def _end(record: Record, outcomes: tuple[str, ...], outcome: str, reason: str = "") -> None:
    _rows(record, outcomes).update(outcome=outcome, ended=when(time.time()), reason=reason)


def _rows(record: Record, outcomes: tuple[str, ...]):
    return Deployment.objects.filter(
        connection_id=record.connection_id, endpoint=record.name, outcome__in=outcomes, ended=None
    )


def _emit(record: Record, document: dict) -> None:
    members = ("EndpointName", "EndpointArn", "EndpointConfigName", "EndpointStatus", "FailureReason", "CreationTime",
               "LastModifiedTime", "ProductionVariants")  # fmt: skip
    detail = {member: document[member] for member in members if member in document}
    events.emit(record.connection, "SageMaker Endpoint State Change", detail, resources=[record.arn])
