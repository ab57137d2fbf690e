"""Stop a tuning job. Deleting one is the generic verb: its training jobs stay."""

from areas.tuning.resource import TUNING_JOB
from engine import store
from engine.context import Context
from engine.errors import invalid
from engine.operations import operation
from engine.runtime.conducting import stir


@operation("StopHyperParameterTuningJob")
def stop_tuning_job(context: Context, request: dict) -> None:
    """Ask a tuning job to stop: Stopping at once, Stopped when its training jobs have ended. Twice is once, until then."""
    record = store.get(context, TUNING_JOB, request["HyperParameterTuningJobName"])

    def edit(document: dict) -> None:
        status = document[TUNING_JOB.status_field]
        if status in TUNING_JOB.terminal:
            raise invalid(f"The request was rejected because the hyperparameter tuning job is in status {status}.")
        document[TUNING_JOB.status_field] = "Stopping"

    store.change(record.id, edit, TUNING_JOB)
    stir()
