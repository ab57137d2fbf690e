"""Trial components: runs that clients make, and the entries of jobs.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrialComponent.html
"""

from django.db.models import Exists, OuterRef, QuerySet

from areas.experiments.resource import EXPERIMENT, TRIAL, TRIAL_COMPONENT
from areas.permissions import of_arn
from catalog import runs
from catalog.models import Record, RunRow, TrialMember
from engine import edits, store
from engine.changes import Change, on_change
from engine.context import Context
from engine.errors import invalid
from engine.operations import operation
from engine.verbs import measured, sql
from engine.verbs.describe import describe
from engine.verbs.listing import answer_list

_MAPS = ("Parameters", "InputArtifacts", "OutputArtifacts")
_WHOSE = ("ExperimentName", "TrialName", "SourceArn")


@on_change(TRIAL_COMPONENT.noun)
def keep_index(change: Change) -> None:
    if not change.is_removal:
        runs.index([change.record])


@operation("CreateTrialComponent")
def create_trial_component(context: Context, request: dict) -> dict:
    name = request["TrialComponentName"]
    document = {"DisplayName": name, **edits.stamped(context, request, is_lineage=True)}
    record = store.create(context, TRIAL_COMPONENT, name, document, tags=request.get("Tags", ()))
    return {"TrialComponentArn": record.arn}


@operation("DescribeTrialComponent")
def describe_trial_component(context: Context, request: dict) -> dict:
    """With the sums of its metrics, and of those of the job that it stands for."""
    name = request["TrialComponentName"]
    answer = describe(context, TRIAL_COMPONENT, TRIAL_COMPONENT.name_of(name) or name)
    number = Record.objects.values_list("id", flat=True).get(
        connection_id=context.connection.id, kind=TRIAL_COMPONENT.noun, name=answer["TrialComponentName"]
    )
    if metrics := measured.sums([number])[number]:
        answer["Metrics"] = metrics
    if "Source" in answer:
        answer.setdefault("Sources", [answer["Source"]])
    return answer


@operation("UpdateTrialComponent")
def update_trial_component(context: Context, request: dict) -> dict:
    """Change what is given; parameters and artifacts are added to those that are there."""
    record = store.get(context, TRIAL_COMPONENT, request["TrialComponentName"])
    store.change(
        record.id, lambda document: edits.edit(context, document, request, _MAPS, replace=False),
        TRIAL_COMPONENT, now=context.now,
    )  # fmt: skip
    return {"TrialComponentArn": record.arn}


@operation("DeleteTrialComponent")
def delete_trial_component(context: Context, request: dict) -> dict:
    """Put a component into the bin; ValidationException while it is in a trial. Its associations in the lineage go with it."""
    record = store.look_up(context, TRIAL_COMPONENT, request["TrialComponentName"])
    trial = TrialMember.objects.filter(component=record, trial__kind=TRIAL.noun).values_list("trial__name", flat=True)
    if name := trial.first():
        raise invalid(
            f"TrialComponent {record.name} is associated with Trial {name}: disassociate it before you delete it."
        )
    store.discard(record)
    return {"TrialComponentArn": record.arn}


@operation("ListTrialComponents")
def list_trial_components(context: Context, request: dict) -> dict:
    """Those of an experiment, of a trial or of a job, or all."""
    if len(given := [member for member in _WHOSE if member in request]) > 1:
        raise invalid(f"ListTrialComponents takes one of {', '.join(_WHOSE)}, not {' and '.join(given)}.")

    def narrowed(rows: QuerySet) -> QuerySet:
        if "SourceArn" in request:
            return _of_source(context, rows, request["SourceArn"])
        members = TrialMember.objects.filter(component=OuterRef("pk"), trial__kind=TRIAL.noun)
        if "TrialName" in request:
            return rows.filter(Exists(members.filter(trial=store.look_up(context, TRIAL, request["TrialName"]))))
        if "ExperimentName" in request:
            experiment = store.look_up(context, EXPERIMENT, request["ExperimentName"])
            of_it = members.filter(trial__connection=experiment.connection_id, trial__parent=experiment.name)
            return rows.filter(Exists(of_it))
        return rows

    return answer_list(context, request, resource=TRIAL_COMPONENT, narrowed=narrowed, answered=_WHOSE)


def _of_source(context: Context, rows: QuerySet, arn: str) -> QuerySet:
    """By the job's record, or by what documents say where that is gone. SDK v2 asks for an ARN in lower case."""
    jobs = Record.objects.filter(connection_id=context.connection.id)
    noun, name, _ = of_arn(arn)
    found = jobs.filter(arn=arn).first() or jobs.filter(kind=noun, name__iexact=name).first()
    if found:
        return rows.filter(id__in=RunRow.objects.filter(source=found.id).values("record"))
    text, params = sql.text(sql.DOCUMENT, ("Source", "SourceArn"))
    return rows.filter(sql.condition((f"LOWER({text}) = %s", (*params, arn.lower()))))
