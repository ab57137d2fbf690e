"""Endpoints and their configurations, declared."""

from areas.spec import Action, Column, Resource

ENDPOINT_CONFIG = Resource(
    noun="EndpointConfig",
    section="Deploy",
    icon="adjustments-horizontal",
    purpose="An endpoint configuration says which models an endpoint runs, on what, and with which share of the traffic.",
    modified_field="",
    missing=("ValidationException", 'Could not find endpoint configuration "{arn}".'),
    duplicate=("ValidationException", 'Cannot create already existing endpoint configuration "{arn}".'),
    sort=("CreationTime", "Descending"),
    columns=(
        Column("name", "Name", "name"),
        Column("created", "Created", "time"),
        Column("owner", "Owner", priority=3),
    ),
    actions=(Action("Delete", "DeleteEndpointConfig", danger=True, warning="Endpoints made from it go on."),),
)

ENDPOINT = Resource(
    noun="Endpoint",
    section="Deploy",
    icon="signal",
    purpose="An endpoint answers requests with predictions, from one model or several.",
    status_field="EndpointStatus",
    terminal=("InService", "Failed", "OutOfService", "UpdateRollbackFailed"),
    missing=("ValidationException", 'Could not find endpoint "{arn}".'),
    duplicate=("ValidationException", 'Cannot create already existing endpoint "{arn}".'),
    sort=("CreationTime", "Descending"),
    search="Endpoint",
    columns=(
        Column("name", "Name", "name"),
        Column("status", "Status", "status"),
        Column("EndpointConfigName", "Configuration", "link:EndpointConfig", priority=2),
        Column("created", "Created", "time", priority=2),
        Column("modified", "Changed", "time", priority=3),
        Column("owner", "Owner", priority=3),
    ),
    actions=(Action("Delete", "DeleteEndpoint", unless=("Creating", "Updating"), danger=True,
                    warning="Clients that call it get an error at once. Its models and configuration stay."),),
    metrics=True,
    logs="/aws/sagemaker/Endpoints/{name}",
)  # fmt: skip
