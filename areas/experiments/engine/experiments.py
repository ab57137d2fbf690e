"""Experiments: create, update, delete. Describe, List and tags are the generic verbs'.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateExperiment.html
"""

from areas.experiments.resource import EXPERIMENT, TRIAL
from catalog.models import Record
from engine import edits, store
from engine.context import Context
from engine.errors import invalid
from engine.operations import operation


@operation("CreateExperiment")
def create_experiment(context: Context, request: dict) -> dict:
    name = request["ExperimentName"]
    document = {"DisplayName": name, **edits.stamped(context, request)}
    record = store.create(context, EXPERIMENT, name, document, tags=request.get("Tags", ()))
    return {"ExperimentArn": record.arn}


@operation("UpdateExperiment")
def update_experiment(context: Context, request: dict) -> dict:
    """Change the display name or the description."""
    record = store.get(context, EXPERIMENT, request["ExperimentName"])
    store.change(record.id, lambda document: edits.edit(context, document, request), EXPERIMENT, now=context.now)
    return {"ExperimentArn": record.arn}


@operation("DeleteExperiment")
def delete_experiment(context: Context, request: dict) -> dict:
    """Put an experiment into the bin; ValidationException while it has trials."""
    record = store.get(context, EXPERIMENT, request["ExperimentName"])
    if Record.objects.filter(connection_id=record.connection_id, kind=TRIAL.noun, parent=record.name).exists():
        raise invalid(f"Experiment {record.name} has trials: delete them before it.")
    store.discard(record)
    return {"ExperimentArn": record.arn}
