"""The processing job, declared."""

from areas.spec import Action, Column, Resource

PROCESSING_JOB = Resource(
    noun="ProcessingJob",
    section="Train",
    label="Processing",
    icon="cog-6-tooth",
    purpose="A processing job runs your script on data in S3: it analyses, prepares, or judges a model.",
    status_field="ProcessingJobStatus",
    terminal=("Completed", "Failed", "Stopped"),
    missing=("ValidationException", "Could not find requested job with name: {name}"),
    duplicate=(
        "ResourceInUse",
        "Job name must be unique within an AWS account and region, and a job with this name already exists ({arn})",
    ),
    sort=("CreationTime", "Ascending"),
    columns=(
        Column("name", "Name", "name"),
        Column("status", "Status", "status"),
        Column("owner", "Owner", priority=3),
        Column("created", "Started", "time", priority=2),
        Column("AppSpecification.ImageUri", "Image", "image", priority=3),
    ),
    actions=(
        Action("Stop", "StopProcessingJob", when=("InProgress",), danger=True, warning="What it has written so far is kept."),
        Action("Delete", "DeleteProcessingJob", when=("Completed", "Failed", "Stopped"), danger=True,
               warning="Its outputs and logs stay in S3 and in the log group."),
    ),
    logs="/aws/sagemaker/ProcessingJobs",
)  # fmt: skip
