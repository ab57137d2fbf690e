"""Actions and contexts, declared. Artifacts have no name that tells them apart: they are in ``entities``."""

from areas.spec import Action, Column, Resource

_MISSING = ("ResourceNotFound", "{noun} {name} does not exist.")
_DUPLICATE = ("ValidationException", "{noun} with name {name} already exists.")
_WARNING = (
    "Only what has no associations can be deleted; the lineage page still shows it for the days when it was there."
)

ACTION = Resource(
    noun="Action",
    section="",
    icon="bolt",
    purpose="An action is a step of the lineage that is no job: an approval, a deployment.",
    status_field="Status",
    failed=(),
    missing=_MISSING,
    duplicate=_DUPLICATE,
    sort=("CreationTime", "Descending"),
    columns=(
        Column("name", "Name", "name"),
        Column("status", "Status", "status"),
        Column("ActionType", "Type"),
        Column("created", "Created", "time"),
        Column("Source.SourceUri", "Source", "code", priority=3),
    ),
    actions=(Action("Delete", "DeleteAction", danger=True, warning=_WARNING),),
)

CONTEXT = Resource(
    noun="Context",
    section="",
    icon="rectangle-group",
    purpose="A context groups what belongs together in the lineage: an endpoint, a model group.",
    missing=_MISSING,
    duplicate=_DUPLICATE,
    sort=("CreationTime", "Descending"),
    columns=(
        Column("name", "Name", "name"),
        Column("ContextType", "Type"),
        Column("created", "Created", "time"),
        Column("Source.SourceUri", "Source", "code", priority=3),
    ),
    actions=(Action("Delete", "DeleteContext", danger=True, warning=_WARNING),),
)
