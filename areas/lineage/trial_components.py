"""The trial component, declared: what the lineage has of a job. Experiments and trials group them."""

from areas.spec import Action, Column, Resource

TRIAL_COMPONENT = Resource(
    noun="TrialComponent",
    section="",
    icon="beaker",
    arn_path="experiment-trial-component",
    purpose="A trial component is a job's entry in the lineage: its parameters, its inputs and outputs, its metrics.",
    missing=("ResourceNotFound", "TrialComponent {name} does not exist."),
    duplicate=("ValidationException", "TrialComponent with name {name} already exists."),
    sort=("CreationTime", "Descending"),
    search="ExperimentTrialComponent",
    paths={"TrialComponentSource": "Source"},
    columns=(
        Column("name", "Name", "name"),
        Column("Status.PrimaryStatus", "Status", "status"),
        Column("created", "Created", "time"),
        Column("Source.SourceArn", "Source", "code", priority=3),
    ),
    actions=(Action("Delete", "DeleteTrialComponent", danger=True, warning="Only what has no associations can be deleted."),),
)  # fmt: skip
