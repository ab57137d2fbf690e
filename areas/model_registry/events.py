"""What EventBridge is told of model packages.

https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""

from datetime import UTC, datetime

from catalog import events
from catalog.models import Record

KIND = "SageMaker Model Package State Change"

_TOLD = (
    "ModelPackageName", "ModelPackageGroupName", "ModelPackageVersion", "ModelPackageArn", "ModelPackageDescription",
    "CreationTime", "InferenceSpecification", "SourceAlgorithmSpecification", "ModelPackageStatus",
    "ModelPackageStatusDetails", "CertifyForMarketplace", "ModelApprovalStatus", "ApprovalDescription",
    "MetadataProperties", "ModelMetrics", "ModelLifeCycle", "CustomerMetadataProperties", "LastModifiedTime",
)  # fmt: skip
_STATES = ("ModelPackageStatus", "ModelApprovalStatus", "ModelLifeCycle")


def emit(record: Record, before: dict | None) -> None:
    """An event when a package is new, and when its status, approval or stage is another than in the document ``before``."""
    document = record.document
    if before is not None and all(before.get(name) == document.get(name) for name in _STATES):
        return
    detail = {name: document[name] for name in _TOLD if name in document}
    for name in ("CreationTime", "LastModifiedTime"):
        if name in detail:
            moment = datetime.fromtimestamp(detail[name], UTC)
            detail[name] = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    events.emit(record.connection, KIND, detail, resources=[record.arn])
