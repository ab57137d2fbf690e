"""The transform job, declared."""

from areas.spec import Action, Column, Resource

TRANSFORM_JOB = Resource(
    noun="TransformJob",
    section="Deploy",
    label="Batch transform",
    icon="queue-list",
    purpose="A transform job has a model answer every record of a dataset or a prefix in S3, without an endpoint.",
    status_field="TransformJobStatus",
    modified_field="",  # Describe has none; the list's is kept by areas/transform/engine
    terminal=("Completed", "Failed", "Stopped"),
    missing=("ValidationException", "Could not find requested job with name: {name}"),
    duplicate=("ResourceInUse", "Job name must be unique within an AWS account and region, and a job with this name "
               "already exists ({arn})"),
    sort=("CreationTime", "Descending"),
    columns=(
        Column("name", "Name", "name"),
        Column("status", "Status", "status"),
        Column("ModelName", "Model", "link:Model", priority=2),
        Column("created", "Started", "time", priority=2),
        Column("owner", "Owner", priority=3),
        Column("TransformInput.DataSource.S3DataSource.S3Uri", "Input", "code", priority=3),
    ),
    actions=(
        Action("Stop", "StopTransformJob", when=("InProgress",), danger=True,
               warning="Nothing of a stopped job is stored, also not what is answered already."),
    ),
    logs="/aws/sagemaker/TransformJobs",
)  # fmt: skip
