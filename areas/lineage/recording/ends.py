"""The end of what entities stand for: jobs, models, endpoints that were deleted, and that came back under their name."""

from django.utils import timezone

from areas.lineage.entities import source_key
from areas.lineage.models import KINDS, Node
from areas.lineage.recording.writing import harmless
from engine.changes import Change, on_change


@on_change("*")
@harmless
def note_end(change: Change) -> None:
    record = change.record
    if record.kind in KINDS or not (change.is_removal or change.is_new):
        return
    nodes = Node.objects.filter(connection_id=record.connection_id, source_key=source_key(record.arn), removed=None)
    if change.is_removal:
        nodes.filter(ended=None).update(ended=timezone.now())
    else:
        nodes.exclude(ended=None).update(ended=None)
