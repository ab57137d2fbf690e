"""The model, declared."""

from areas.spec import Action, Column, Resource

MODEL = Resource(
    noun="Model",
    section="Deploy",
    icon="cube",
    purpose="A model is an artifact in S3 and the image that serves it.",
    modified_field="",
    missing=("ValidationException", 'Could not find model "{arn}".'),
    duplicate=("ValidationException", 'Cannot create already existing model "{arn}".'),
    sort=("CreationTime", "Descending"),
    search="Model",
    columns=(
        Column("name", "Name", "name"),
        Column("created", "Created", "time"),
        Column("owner", "Owner", priority=3),
        Column("PrimaryContainer.Image", "Image", "image", priority=2),
        Column("PrimaryContainer.ModelDataUrl", "Model data", "code", priority=3),
    ),
    actions=(Action("Delete", "DeleteModel", danger=True, warning="Endpoints that run it go on; its S3 data stays."),),
)
