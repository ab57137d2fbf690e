"""The training job, declared."""

from areas.spec import Action, Column, Resource

TRAINING_JOB = Resource(
    noun="TrainingJob",
    section="Train",
    label="Training",
    icon="academic-cap",
    purpose="A training job reads data from S3, runs an algorithm or your script, and leaves a model in S3.",
    status_field="TrainingJobStatus",
    terminal=("Completed", "Failed", "Stopped"),
    missing=("ValidationException", "Requested resource not found."),
    duplicate=(
        "ResourceInUse",
        "Training job names must be unique within an AWS account and region, and a training job with this name "
        "already exists ({arn})",
    ),
    sort=("CreationTime", "Ascending"),
    search="TrainingJob",
    paths={"WarmPoolStatusEquals": "WarmPoolStatus.Status", "TrainingPlanArn": "ResourceConfig.TrainingPlanArn"},
    columns=(
        Column("name", "Name", "name"),
        Column("status", "Status", "status"),
        Column("owner", "Owner", priority=3),
        Column("created", "Started", "time", priority=2),
        Column("TrainingTimeInSeconds", "Duration", "duration", priority=3),
        Column("AlgorithmSpecification.TrainingImage", "Image", "image", priority=3),
    ),
    actions=(
        Action("Stop", "StopTrainingJob", when=("InProgress",), danger=True, warning="What is trained so far is kept."),
        Action("Delete", "DeleteTrainingJob", when=("Completed", "Failed", "Stopped"), danger=True,
               warning="Its model and logs stay in S3 and in the log group."),
    ),
    metrics=True,
    logs="/aws/sagemaker/TrainingJobs",
)  # fmt: skip
