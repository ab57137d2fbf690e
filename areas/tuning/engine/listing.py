"""ListTrainingJobsForHyperParameterTuningJob."""

from areas.tuning.definitions import definitions
from areas.tuning.engine.study import summary
from areas.tuning.models import Trial
from areas.tuning.resource import TUNING_JOB
from engine import store
from engine.context import Context
from engine.operations import operation
from engine.verbs import pages, tokens

SORTS = {
    "Name": ("number",), "CreationTime": ("created", "number"), "Status": ("status", "number"),
    "FinalObjectiveMetricValue": ("objective", "number"),
}  # fmt: skip


@operation("ListTrainingJobsForHyperParameterTuningJob")
def list_training_jobs(context: Context, request: dict) -> dict:
    """A page of the trials. Sorted by their final objective, only those that have one."""
    record = store.get(context, TUNING_JOB, request["HyperParameterTuningJobName"])
    rows = Trial.objects.filter(tuning=record)
    if "StatusEquals" in request:
        rows = rows.filter(status=request["StatusEquals"])
    by = request.get("SortBy", "Name")
    if by == "FinalObjectiveMetricValue":
        rows = rows.filter(objective__isnull=False).exclude(judged=Trial.PENDING)
    order = pages.Order(
        tuple((f'"tuning_trial"."{name}"', ()) for name in SORTS[by]), request.get("SortOrder") == "Descending"
    )
    size = request.get("MaxResults", TUNING_JOB.page_size)
    found, position = pages.page(rows, order, (), size, tokens.read(context, request))
    trials = Trial.objects.defer("curve").in_bulk([number for number, *_ in found])
    known = {one.name: one for one in definitions(record.document)}
    answer = {
        "TrainingJobSummaries": [
            summary(record, known[trials[number].definition], trials[number]) for number, *_ in found
        ]
    }
    if position:
        answer["NextToken"] = tokens.make(context, request, position)
    return answer
