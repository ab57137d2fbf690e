"""Stop, delete and update a training job."""

from django.db import transaction

from areas.training.engine import states, warm
from areas.training.resource import TRAINING_JOB
from engine import store
from engine.context import Context
from engine.errors import invalid, unsupported
from engine.models import Work
from engine.operations import operation
from engine.runtime import jobs, pools


def _rejected(status: str):
    return invalid(f"The request was rejected because the training job is in status {status}.")


@operation("StopTrainingJob")
def stop_training_job(context: Context, request: dict) -> None:
    """Ask a job to stop: it says Stopping at once, and Stopped when its container has ended. Twice is once."""
    record = store.get(context, TRAINING_JOB, request["TrainingJobName"])

    def edit(document: dict) -> None:
        status = document["TrainingJobStatus"]
        if status in TRAINING_JOB.terminal:
            raise _rejected(status)
        if status != "Stopping":
            document["TrainingJobStatus"] = "Stopping"
            states.move(document, "Stopping", context.now)

    with transaction.atomic():
        store.change(record.id, edit, TRAINING_JOB)
        jobs.ask_stop(record.id)


@operation("DeleteTrainingJob")
def delete_training_job(context: Context, request: dict) -> None:
    """Forget an ended job, its metrics and tags; its model and logs stay. The name is free again."""
    record = store.get(context, TRAINING_JOB, request["TrainingJobName"])
    if record.status not in TRAINING_JOB.terminal:
        raise _rejected(record.status)
    if pools.is_available(record):
        raise invalid(
            f"The training job {record.name} has a warm pool that is Available: set its KeepAlivePeriodInSeconds to 0 with "
            f"UpdateTrainingJob, or wait until it is Terminated."
        )
    if Work.objects.filter(record=record).exclude(phase=jobs.DONE).exists():
        raise _rejected(record.status)
    store.remove(record)


@operation("UpdateTrainingJob")
def update_training_job(context: Context, request: dict) -> dict:
    """Change the profiler's configuration of a job that runs, and add rules of the profiler (who listens to the change of the
    document does both); or how long a job's warm pool is kept. Remote debugging isn't built."""
    record = store.get(context, TRAINING_JOB, request["TrainingJobName"])
    if request.get("RemoteDebugConfig", {}).get("EnableRemoteDebug"):
        raise unsupported("RemoteDebugConfig.EnableRemoteDebug")

    if "ResourceConfig" in request:
        warm.update(record, request["ResourceConfig"]["KeepAlivePeriodInSeconds"], context.now)
        if not request.keys() & {"ProfilerConfig", "ProfilerRuleConfigurations"}:
            return {"TrainingJobArn": record.arn}

    def edit(document: dict) -> None:
        if document["TrainingJobStatus"] in TRAINING_JOB.terminal:
            raise _rejected(document["TrainingJobStatus"])
        if "ProfilerConfig" in request:
            document["ProfilerConfig"] = {**document.get("ProfilerConfig", {}), **request["ProfilerConfig"]}
        if rules := request.get("ProfilerRuleConfigurations"):
            document["ProfilerRuleConfigurations"] = [*document.get("ProfilerRuleConfigurations", ()), *rules]

    store.change(record.id, edit, TRAINING_JOB)
    return {"TrainingJobArn": record.arn}
