"""Model packages: a context for each group, an artifact for each version, an action for each approval status."""

from areas.lineage.recording import containers, writing
from areas.lineage.recording.writing import ASSOCIATED, CONTRIBUTED, MODEL, Arrow, Thing, artifact, harmless
from catalog.actor import current
from catalog.models import Record
from engine.changes import Change, on_change

SUFFIX = "aws-model-group"
_STATUS = {"Approved": "Completed", "Rejected": "Completed", "PendingManualApproval": "InProgress"}


@on_change("ModelPackageGroup")
@harmless
def record_group(change: Change) -> None:
    if change.is_new:
        group = _group(change.record.name, change.record.arn)
        writing.write(change.record, change.record.created, [], [group])


@on_change("ModelPackage")
@harmless
def record_package(change: Change) -> None:
    record, document = change.record, change.record.document
    if change.is_removal:
        return
    package, group = artifact(record.arn, MODEL), _group_of(record)
    arrows = []
    if change.is_new:
        found = document.get("InferenceSpecification", {}).get("Containers", ())
        arrows += [Arrow(part, package, CONTRIBUTED) for part in containers.parts(found)]
        arrows += [Arrow(package, group, ASSOCIATED)] if group else []
    status = document.get("ModelApprovalStatus")
    if group and status and (change.is_new or status != change.before.get("ModelApprovalStatus")):
        approval = _approval(record, status)
        arrows += [Arrow(package, approval, CONTRIBUTED), Arrow(approval, group, ASSOCIATED)]
    if arrows or change.is_new:
        writing.write(record, record.modified, arrows, [package])


def _group(name: str, arn: str) -> Thing:
    return writing.context(f"{name}-{SUFFIX}", "ModelGroup", arn)


def _group_of(record: Record) -> Thing | None:
    """None for a package without versions, which is in no group."""
    name = record.document.get("ModelPackageGroupName", "").rpartition("/")[2]
    prefix = record.arn.split(":model-package/")[0]
    return _group(name, f"{prefix}:model-package-group/{name}") if name else None


def _approval(record: Record, status: str) -> Thing:
    """Who decided is the person behind this change, not the package's author."""
    document = record.document
    name = record.document["ModelPackageGroupName"].rpartition("/")[2]
    properties = {"ModelApprovalStatus": status}
    if person := current().user or current().principal or record.owner:
        properties["By"] = person
    more = {"Properties": properties}
    if note := document.get("ApprovalDescription"):
        more["Description"] = note
    return writing.action(
        f"{name}-{document.get('ModelPackageVersion', 0)}-{status}-{int(record.modified.timestamp())}-{SUFFIX}",
        "Approval", record.arn, status=_STATUS.get(status, "Unknown"), **more,
    )  # fmt: skip
