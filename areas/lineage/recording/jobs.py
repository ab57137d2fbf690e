"""What the trial components of all kinds of jobs have in common."""

from collections.abc import Iterable

from areas.lineage.recording import writing
from areas.lineage.recording.writing import CONTRIBUTED, PRODUCED, Arrow, Thing
from catalog.models import Record
from engine.changes import Change

ENDED = ("Completed", "Failed", "Stopped")


def component_of(record: Record, suffix: str, **more) -> Thing:
    """``suffix`` is ``aws-training-job``. Job names have 63 characters at most, so the name always fits."""
    document = {"Status": {"PrimaryStatus": "InProgress"}, **more}
    return writing.trial_component(f"{record.name}-{suffix}", f"SageMaker{record.kind}", record.arn, **document)


def begin(record: Record, component: Thing, inputs: Iterable[Thing]) -> None:
    writing.write(record, record.created, [Arrow(one, component, CONTRIBUTED) for one in inputs], [component])


def ended_just_now(change: Change, status_field: str) -> bool:
    """Whether this change is the one that ended the job."""
    if change.is_new or change.is_removal:
        return False
    status = change.record.document.get(status_field)
    return status in ENDED and change.before.get(status_field) not in ENDED


def end(record: Record, component: Thing, outputs: Iterable[Thing], status_field: str, **more) -> None:
    """Tell the component how the job ended. ``more`` are members of its document."""
    document, now = record.document, record.modified
    found = writing.write(record, now, [Arrow(component, one, PRODUCED) for one in outputs], [component])
    reason = document.get("FailureReason", "")

    def edit(component: dict) -> None:
        component["Status"] = {"PrimaryStatus": document[status_field], **({"Message": reason} if reason else {})}
        component["EndTime"] = now.timestamp()
        component.update({member: value for member, value in more.items() if value})

    writing.rewrite(found[component.key], edit, now)
