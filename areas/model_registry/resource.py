"""Model package groups and model packages, declared."""

from areas.spec import Action, Column, Resource

GROUP = Resource(
    noun="ModelPackageGroup",
    section="Deploy",
    icon="rectangle-stack",
    label="Model registry",
    purpose="A model package group holds the versions of one model, each with its approval status.",
    status_field="ModelPackageGroupStatus",
    modified_field="",
    terminal=("Completed", "Failed", "DeleteFailed"),
    failed=("Failed", "DeleteFailed"),
    missing=("ValidationException", "ModelPackageGroup {arn} does not exist."),
    duplicate=("ValidationException", "Model Package Group already exists: {arn}"),
    search="ModelPackageGroup",
    watched=True,
    columns=(
        Column("name", "Name", "name"),
        Column("ModelPackageGroupDescription", "Description", priority=2),
        Column("created", "Created", "time"),
        Column("owner", "Owner", priority=3),
    ),
    actions=(Action("Delete", "DeleteModelPackageGroup", danger=True, warning="Only an empty group can be deleted."),),
)

PACKAGE = Resource(
    noun="ModelPackage",
    section="Deploy",
    icon="archive-box",
    label="Model versions",
    purpose="A model package is one version of a model: its image and artifact, its metrics, and who approved it.",
    status_field="ModelPackageStatus",
    parent_field="ModelPackageGroupName",
    terminal=("Completed", "Failed"),
    missing=("ValidationException", "ModelPackage {arn} does not exist."),
    duplicate=("ValidationException", "ModelPackage already exists: {arn}"),
    search="ModelPackage",
    metrics=True,
    listing={"ModelPackageType": "Both"},
    watched=True,
    columns=(
        Column("name", "Name", "name"),
        Column("ModelApprovalStatus", "Approval", "status"),
        Column("ModelPackageGroupName", "Group", "link:ModelPackageGroup", priority=3),
        Column("ModelLifeCycle.Stage", "Stage", priority=3),
        Column("created", "Created", "time"),
        Column("owner", "Owner", priority=3),
    ),
    actions=(Action("Delete", "DeleteModelPackage", danger=True,
                    warning="Its number is not given again. Models made from it can no longer be deployed."),),
)  # fmt: skip
