"""What EventBridge would be told of model packages.

https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""

from areas.model_registry.resource import PACKAGE
from catalog import events
from engine.changes import Change, on_change
from engine.store import when

KIND = "SageMaker Model Package State Change"

_TOLD = (
    "ModelPackageName", "ModelPackageGroupName", "ModelPackageVersion", "ModelPackageArn", "ModelPackageDescription",
    "CreationTime", "InferenceSpecification", "SourceAlgorithmSpecification", "ModelPackageStatus",
    "ModelPackageStatusDetails", "CertifyForMarketplace", "ModelApprovalStatus", "ApprovalDescription",
    "MetadataProperties", "ModelMetrics", "ModelLifeCycle", "CustomerMetadataProperties", "LastModifiedTime",
)  # fmt: skip
_STATES = ("ModelPackageStatus", "ModelApprovalStatus", "ModelLifeCycle")


@on_change(PACKAGE.noun)
def tell(change: Change) -> None:
    """An event when a package is made, and when its status, approval or stage becomes another."""
    document = change.record.document
    if change.is_removal or (
        change.before is not None and all(change.before.get(name) == document.get(name) for name in _STATES)
    ):
        return
    detail = {name: document[name] for name in _TOLD if name in document}
    for name in ("CreationTime", "LastModifiedTime"):
        if name in detail:
            detail[name] = when(detail[name]).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    events.emit(change.record.connection, KIND, detail, resources=[change.record.arn])
