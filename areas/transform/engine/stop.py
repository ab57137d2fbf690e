"""StopTransformJob."""

from django.db import transaction

from areas.transform.resource import TRANSFORM_JOB
from engine import store
from engine.context import Context
from engine.errors import invalid
from engine.operations import operation
from engine.runtime import jobs


@operation("StopTransformJob")
def stop_transform_job(context: Context, request: dict) -> None:
    """Ask a job to stop: it says Stopping at once, and Stopped when its container has ended. Twice is once."""
    record = store.get(context, TRANSFORM_JOB, request["TransformJobName"])

    def edit(document: dict) -> None:
        status = document["TransformJobStatus"]
        if status in TRANSFORM_JOB.terminal:
            raise invalid(f"The request was rejected because the transform job is in status {status}.")
        document["TransformJobStatus"], document["LastModifiedTime"] = "Stopping", context.now

    with transaction.atomic():
        store.change(record.id, edit, TRANSFORM_JOB)
        jobs.ask_stop(record.id)
