"""The tuning job, declared."""

from areas.spec import Action, Column, Resource

TUNING_JOB = Resource(
    noun="HyperParameterTuningJob",
    section="Train",
    label="Tuning",
    words="tuning job",
    icon="adjustments-horizontal",
    purpose="A tuning job trains many times and looks for the hyperparameters with the best value of one metric.",
    status_field="HyperParameterTuningJobStatus",
    terminal=("Completed", "Failed", "Stopped"),
    missing=("ResourceNotFound", "Hyperparameter tuning job with name {name} does not exist."),
    duplicate=(
        "ResourceInUse",
        "Hyperparameter tuning job names must be unique within an AWS account and region, and a hyperparameter tuning job "
        "with this name already exists ({arn})",
    ),
    sort=("Name", "Ascending"),
    search="HyperParameterTuningJob",
    paths={
        "Strategy": "HyperParameterTuningJobConfig.Strategy",
        "ResourceLimits": "HyperParameterTuningJobConfig.ResourceLimits",
    },
    columns=(
        Column("name", "Name", "name"),
        Column("status", "Status", "status"),
        Column("HyperParameterTuningJobConfig.Strategy", "Strategy", priority=2),
        Column("BestTrainingJob.FinalHyperParameterTuningJobObjectiveMetric.Value", "Best", "number", priority=2),
        Column("TrainingJobStatusCounters.Completed", "Completed", "number", priority=3),
        Column("owner", "Owner", priority=3),
        Column("created", "Started", "time", priority=2),
    ),
    actions=(
        Action("Stop", "StopHyperParameterTuningJob", when=("InProgress",), danger=True,
               warning="Training jobs that run are stopped; what is trained so far is kept."),
        Action("Delete", "DeleteHyperParameterTuningJob", when=("Completed", "Failed", "Stopped"), danger=True,
               warning="Its training jobs, their models and their logs stay."),
    ),
)  # fmt: skip
