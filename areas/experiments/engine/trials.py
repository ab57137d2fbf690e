"""Trials: what groups the runs of an experiment.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrial.html
"""

from django.db.models import QuerySet

from areas.experiments.resource import EXPERIMENT, TRIAL, TRIAL_COMPONENT
from catalog.models import Record, TrialMember
from engine import edits, store
from engine.context import Context
from engine.errors import invalid
from engine.operations import operation
from engine.verbs.listing import answer_list


@operation("CreateTrial")
def create_trial(context: Context, request: dict) -> dict:
    """ResourceNotFound if there is no such experiment."""
    store.get(context, EXPERIMENT, request["ExperimentName"])
    return {"TrialArn": make_trial(context, request["TrialName"], request).arn}


def make_trial(context: Context, name: str, request: dict) -> Record:
    """A new trial of ``request["ExperimentName"]``, which is there."""
    document = {"DisplayName": name, **edits.stamped(context, request)}
    return store.create(context, TRIAL, name, document, parent=request["ExperimentName"], tags=request.get("Tags", ()))


@operation("UpdateTrial")
def update_trial(context: Context, request: dict) -> dict:
    """Change the display name."""
    record = store.get(context, TRIAL, request["TrialName"])
    store.change(record.id, lambda document: edits.edit(context, document, request), TRIAL, now=context.now)
    return {"TrialArn": record.arn}


@operation("DeleteTrial")
def delete_trial(context: Context, request: dict) -> dict:
    """Put a trial into the bin; ValidationException while it has components."""
    record = store.get(context, TRIAL, request["TrialName"])
    if TrialMember.objects.filter(trial=record, component__kind=TRIAL_COMPONENT.noun).exists():
        raise invalid(f"Trial {record.name} has trial components: disassociate them before you delete it.")
    store.discard(record)
    return {"TrialArn": record.arn}


@operation("ListTrials")
def list_trials(context: Context, request: dict) -> dict:
    """Those of an experiment, those that a component is in, or all."""

    def narrowed(rows: QuerySet) -> QuerySet:
        if experiment := request.get("ExperimentName"):
            rows = rows.filter(parent=store.look_up(context, EXPERIMENT, experiment).name)
        if component := request.get("TrialComponentName"):
            rows = rows.filter(members__component=store.look_up(context, TRIAL_COMPONENT, component))
        return rows

    answered = ("ExperimentName", "TrialComponentName")
    return answer_list(context, request, resource=TRIAL, narrowed=narrowed, answered=answered)
