"""The experiment, the trial and the trial component, declared. People read "run" where AWS says TrialComponent."""

from areas.spec import Action, Column, Resource

_MISSING = ("ResourceNotFound", "{noun} {name} does not exist.")
_DUPLICATE = ("ValidationException", "{noun} with name {name} already exists.")
_BIN = "It can be brought back for 30 days."

EXPERIMENT = Resource(
    noun="Experiment",
    section="Train",
    icon="beaker",
    purpose="An experiment holds the runs that answer one question: their parameters, their metrics, their files.",
    missing=_MISSING,
    duplicate=_DUPLICATE,
    sort=("CreationTime", "Descending"),
    search="Experiment",
    paths={"ExperimentSource": "Source"},
    columns=(
        Column("name", "Name", "name"),
        Column("Description", "Description", priority=2),
        Column("created", "Created", "time"),
        Column("owner", "Owner", priority=3),
    ),
    actions=(Action("Delete", "DeleteExperiment", danger=True, warning=f"Only an empty one can be deleted. {_BIN}"),),
)

TRIAL = Resource(
    noun="Trial",
    section="",
    icon="beaker",
    arn_path="experiment-trial",
    purpose="A trial groups runs of an experiment.",
    missing=_MISSING,
    duplicate=_DUPLICATE,
    sort=("CreationTime", "Descending"),
    search="ExperimentTrial",
    paths={"TrialSource": "Source"},
    columns=(
        Column("name", "Name", "name"),
        Column("ExperimentName", "Experiment", "link:Experiment"),
        Column("created", "Created", "time"),
        Column("owner", "Owner", priority=3),
    ),
    actions=(Action("Delete", "DeleteTrial", danger=True, warning=f"Only one without runs can be deleted. {_BIN}"),),
)

TRIAL_COMPONENT = Resource(
    noun="TrialComponent",
    section="",
    icon="beaker",
    arn_path="experiment-trial-component",
    purpose="A run, or a job's entry in an experiment: its parameters, its inputs and outputs, its metrics.",
    missing=_MISSING,
    duplicate=_DUPLICATE,
    sort=("CreationTime", "Descending"),
    search="ExperimentTrialComponent",
    paths={"TrialComponentSource": "Source"},
    columns=(
        Column("name", "Name", "name"),
        Column("Status.PrimaryStatus", "Status", "status"),
        Column("created", "Created", "time"),
        Column("Source.SourceArn", "Source", "code", priority=3),
    ),
    actions=(
        Action(
            "Delete", "DeleteTrialComponent", danger=True, warning=f"Only what is in no trial can be deleted. {_BIN}"
        ),
    ),
)
