"""Which trial components are in which trials. A component may be in several, and so in several experiments.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AssociateTrialComponent.html
"""

from areas.experiments.resource import TRIAL, TRIAL_COMPONENT
from catalog import runs
from catalog.models import Record, TrialMember
from engine import store
from engine.context import Context
from engine.errors import AwsError
from engine.operations import operation


@operation("AssociateTrialComponent")
def associate_trial_component(context: Context, request: dict) -> dict:
    """Put a component into a trial; it may be there already."""
    component, trial = _both(context, request)
    join(component, trial)
    return {"TrialComponentArn": component.arn, "TrialArn": trial.arn}


def join(component: Record, trial: Record) -> None:
    """Make a component a member of a trial, and let the runs' rows know."""
    TrialMember.objects.bulk_create([TrialMember(trial=trial, component=component)], ignore_conflicts=True)
    runs.index([component])


@operation("DisassociateTrialComponent")
def disassociate_trial_component(context: Context, request: dict) -> dict:
    """Take a component out of a trial; ResourceNotFound if it isn't in it."""
    component, trial = _both(context, request)
    if not TrialMember.objects.filter(trial=trial, component=component).delete()[0]:
        raise AwsError(
            "ResourceNotFound", f"TrialComponent {component.name} is not associated with Trial {trial.name}."
        )
    runs.index([component])
    return {"TrialComponentArn": component.arn, "TrialArn": trial.arn}


def _both(context: Context, request: dict) -> tuple[Record, Record]:
    component = store.look_up(context, TRIAL_COMPONENT, request["TrialComponentName"])
    return component, store.look_up(context, TRIAL, request["TrialName"])
