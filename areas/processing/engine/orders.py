"""Stop and delete a processing job."""

from django.db import transaction

from areas.processing.resource import PROCESSING_JOB
from engine import store
from engine.context import Context
from engine.errors import invalid
from engine.models import Work
from engine.operations import operation
from engine.runtime import jobs


def _rejected(status: str):
    return invalid(f"The request was rejected because the processing job is in status {status}.")


@operation("StopProcessingJob")
def stop_processing_job(context: Context, request: dict) -> None:
    """Ask a job to stop: it says Stopping at once, and Stopped when its containers have ended. Twice is once."""
    record = store.get(context, PROCESSING_JOB, request["ProcessingJobName"])

    def edit(document: dict) -> None:
        if document["ProcessingJobStatus"] in PROCESSING_JOB.terminal:
            raise _rejected(document["ProcessingJobStatus"])
        document["ProcessingJobStatus"] = "Stopping"

    with transaction.atomic():
        store.change(record.id, edit, PROCESSING_JOB)
        jobs.ask_stop(record.id)


@operation("DeleteProcessingJob")
def delete_processing_job(context: Context, request: dict) -> None:
    """Forget an ended job and its tags; its outputs and logs stay. The name is free again."""
    record = store.get(context, PROCESSING_JOB, request["ProcessingJobName"])
    if (
        record.status not in PROCESSING_JOB.terminal
        or Work.objects.filter(record=record).exclude(phase=jobs.DONE).exists()
    ):
        raise _rejected(record.status)
    store.remove(record)
