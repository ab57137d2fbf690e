"""What a training job tells of itself, written to its trial in the same transaction."""

from areas.tuning.definitions import OBJECTIVE
from areas.tuning.models import Trial
from engine.changes import Change, on_change
from engine.runtime.conducting import stir

TERMINAL = ("Completed", "Failed", "Stopped")


@on_change("TrainingJob")
def follow(change: Change) -> None:
    """Keep the trial in step with its training job, and have the runner look where that may change what happens next."""
    document = change.record.document
    if "TuningJobArn" not in document or change.is_new or change.is_removal:
        return
    seen = observed(document)
    if seen == observed(change.before):
        return
    Trial.objects.filter(job_id=change.record.id).update(**seen)
    stir()


def observed(document: dict) -> dict:
    """Members of a Trial that follow from its training job's document."""
    status, objective = document["TrainingJobStatus"], _objective(document)
    if status not in TERMINAL:
        judged = Trial.PENDING
    else:
        judged = Trial.FAILED if status == "Failed" or objective is None else Trial.SUCCEEDED
    return {
        "status": status,
        "started": document.get("TrainingStartTime"),
        "ended": document.get("TrainingEndTime"),
        "reason": document.get("FailureReason", "")[:1024],
        "objective": objective,
        "judged": judged,
    }


def _objective(document: dict) -> float | None:
    name = document.get("HyperParameters", {}).get(OBJECTIVE, "")
    values = {one["MetricName"]: one["Value"] for one in document.get("FinalMetricDataList", ())}
    return values.get(name)
