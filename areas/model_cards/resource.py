"""The model card, declared. Export jobs belong to a card and have no pages of their own: see ``engine/exports.py``."""

from areas.spec import Action, Column, Resource

MODEL_CARD = Resource(
    noun="ModelCard",
    section="Govern",
    icon="identification",
    purpose="A model card tells what a model is for, how it was made, how well it does and what to beware of.",
    status_field="ModelCardStatus",
    failed=(),
    missing=("ResourceNotFound", "Model card {name} does not exist."),
    duplicate=("ConflictException", "Model card {name} already exists."),
    sort=("CreationTime", "Descending"),
    search="ModelCard",
    watched=True,
    columns=(
        Column("name", "Name", "name"),
        Column("status", "Status", "status"),
        Column("ModelCardVersion", "Version", "number"),
        Column("RiskRating", "Risk", priority=2),
        Column("created", "Created", "time", priority=3),
        Column("modified", "Changed", "time"),
        Column("owner", "Owner", priority=3),
    ),
    actions=(
        Action("Delete", "DeleteModelCard", danger=True,
               warning="All its versions and export jobs go with it; exported PDFs stay in S3."),
    ),
)  # fmt: skip
