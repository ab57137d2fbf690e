"""Trial components: what the lineage has of jobs, and what clients add of their own."""

from functools import partial

from areas.lineage.engine import nodes, properties
from areas.lineage.trial_components import TRIAL_COMPONENT
from engine import store
from engine.context import Context
from engine.operations import operation
from engine.verbs.describe import describe
from engine.verbs.listing import answer_list

_MAPS = ("Parameters", "InputArtifacts", "OutputArtifacts")


@operation("CreateTrialComponent")
def create_trial_component(context: Context, request: dict) -> dict:
    name = request["TrialComponentName"]
    document = {"DisplayName": name, **properties.stamped(context, request)}
    record = store.create(context, TRIAL_COMPONENT, name, document, tags=request.get("Tags", ()))
    return {"TrialComponentArn": record.arn}


@operation("DescribeTrialComponent")
def describe_trial_component(context: Context, request: dict) -> dict:
    name = request["TrialComponentName"]
    return describe(context, TRIAL_COMPONENT, TRIAL_COMPONENT.name_of(name) or name)


@operation("UpdateTrialComponent")
def update_trial_component(context: Context, request: dict) -> dict:
    """Change what is given; parameters and artifacts are added to those that are there."""
    record = store.get(context, TRIAL_COMPONENT, request["TrialComponentName"])
    store.change(
        record.id, lambda document: properties.edit(context, document, request, _MAPS, replace=False),
        TRIAL_COMPONENT, now=context.now,
    )  # fmt: skip
    return {"TrialComponentArn": record.arn}


@operation("DeleteTrialComponent")
def delete_trial_component(context: Context, request: dict) -> dict:
    record = store.get(context, TRIAL_COMPONENT, request["TrialComponentName"])
    nodes.check_free(record)
    store.remove(record)
    return {"TrialComponentArn": record.arn}


@operation("ListTrialComponents")
def list_trial_components(context: Context, request: dict) -> dict:
    """By the job they stand for, or all; by experiment and trial they can't be listed yet."""
    narrowed = partial(nodes.of_source, context, request.get("SourceArn"))
    return answer_list(context, request, resource=TRIAL_COMPONENT, narrowed=narrowed, answered=("SourceArn",))
