"""Events of jobs: an event when a job begins and when it ends, as EventBridge words it.

https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""

from areas.index import resources
from catalog import audit, events
from engine.changes import Change, on_change
from engine.store import when

KINDS = {
    "TrainingJob": "SageMaker Training Job State Change",
    "TransformJob": "SageMaker Transform Job State Change",
    "ProcessingJob": "SageMaker Processing Job State Change",
    "HyperParameterTuningJob": "SageMaker HyperParameter Tuning Job State Change",
}


@on_change(*KINDS)
def tell(change: Change) -> None:
    """Write an event down when a job's status becomes another. Its detail is the Describe document, times in ISO 8601,
    without the values of environment variables: a webhook sends it away."""
    record, field = change.record, resources()[change.record.kind].status_field
    if change.is_removal or (change.before is not None and change.before.get(field) == record.document.get(field)):
        return
    events.emit(record.connection, KINDS[record.kind], _worded(audit.redact(record.document)), resources=[record.arn])


def _worded(value, name: str = ""):
    if isinstance(value, dict):
        return {key: _worded(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_worded(one) for one in value]
    if name.endswith("Time") and isinstance(value, int | float):
        return when(value).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value
