"""After a change of ours on an AWS account: what lists of runs read, and which experiment a trial belongs to."""

from areas.experiments.resource import TRIAL, TRIAL_COMPONENT
from catalog import runs
from catalog.models import Record


def changed(record: Record, before: dict | None) -> None:
    if record.kind == TRIAL_COMPONENT.noun:
        runs.index([record])
    elif record.kind == TRIAL.noun:
        Record.objects.filter(id=record.id).update(parent=record.document.get("ExperimentName", ""))
