"""An event of our own when a run ends: EventBridge has none of trial components."""

from areas.experiments.chosen import label_of
from catalog import events
from catalog.runs import TrialMember
from engine.changes import Change, on_change

KIND = "Atelier Run State Change"
ENDED = ("Completed", "Failed", "Stopped")


@on_change("TrialComponent")
def tell(change: Change) -> None:
    """Write down that a run has come to an end, in the transaction of the change."""
    record, status = change.record, _status(change.record.document)
    if change.is_removal or status not in ENDED or status == _status(change.before or {}):
        return
    document = record.document
    detail = {
        "TrialComponentName": record.name, "TrialComponentArn": record.arn, "DisplayName": label_of(record),
        "TrialComponentStatus": status, "Message": (document.get("Status") or {}).get("Message", ""),
        "Source": document.get("Source") or {}, "Experiments": _experiments(record),
    }  # fmt: skip
    events.emit(record.connection, KIND, detail, resources=[record.arn], source="atelier.experiments")


def _status(document: dict) -> str:
    return (document.get("Status") or {}).get("PrimaryStatus", "")


def _experiments(record) -> list[str]:
    names = TrialMember.objects.filter(component=record).order_by("id").values_list("trial__parent", flat=True)
    return list(dict.fromkeys(names))
