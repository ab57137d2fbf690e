"""What the engine records by itself, a file for each noun, in the transaction of the change that it tells of.

=================  ==========================================================================================
training job       trial component ``<job>-aws-training-job``; image and data ContributedTo it; it Produced the
                   model and the checkpoints
processing job     trial component ``<job>-aws-processing-job``; image and inputs ContributedTo; Produced outputs
transform job      trial component ``<job>-aws-transform-job``; model, its image and its data, the input
                   ContributedTo; Produced the output
model              artifact of the model's ARN; image, data and model package ContributedTo it
model package      artifact of its ARN, AssociatedWith the context of its group; image and data ContributedTo it; an
                   Approval action for every approval status
endpoint           context; a ModelDeployment action for every deployment, AssociatedWith it; image, data, package and
                   model ContributedTo the action
=================  ==========================================================================================

What an entity stands for may be deleted: then its node has the time (``Node.ended``), whatever the noun.
"""

from areas.lineage.recording import (  # noqa: F401  they listen
    endpoint,
    ends,
    model,
    model_package,
    processing_job,
    training_job,
    transform_job,
)
