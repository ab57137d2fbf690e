"""The graph's side of an entity: a node comes, is renamed and goes with its record, in the same transaction."""

from django.db.models import Q, QuerySet
from django.utils import timezone

from areas.lineage.entities import shown_name, source_key, source_of, type_of
from areas.lineage.models import KINDS, Edge, Node
from areas.lineage.reading import visible_ids
from catalog.models import Record
from engine.changes import Change, on_change
from engine.context import Context
from engine.errors import AwsError, invalid


@on_change(*KINDS)
def keep_node(change: Change) -> None:
    record = change.record
    if change.is_removal:
        Node.objects.filter(id=record.id, removed=None).update(removed=timezone.now())
    elif change.is_new:
        node_of(record).save(force_insert=True)
    else:
        _keep_up(record, change.before)


def _keep_up(record: Record, before: dict) -> None:
    """A new name; and the end of what the entity stands for, where a client tells of it by the property DeletedTime."""
    changes = {}
    if (name := shown_name(record.kind, record.document)) != shown_name(record.kind, before):
        changes["name"] = name
    is_ended, was_ended = ("DeletedTime" in one.get("Properties", {}) for one in (record.document, before))
    if is_ended != was_ended:
        changes["ended"] = timezone.now() if is_ended else None
    if changes:
        Node.objects.filter(id=record.id).update(**changes)


def node_of(record: Record) -> Node:
    source = source_of(record.kind, record.document)
    return Node(
        id=record.id, connection_id=record.connection_id, kind=record.kind, arn=record.arn, source=source,
        type=type_of(record.kind, record.document), name=shown_name(record.kind, record.document),
        source_key=source_key(source), created=record.created,
    )  # fmt: skip


def find_node(context: Context, arn: str) -> Node:
    """The node of an entity that is there and that the caller may see; ResourceNotFound otherwise."""
    found = Node.objects.filter(connection_id=context.connection.id, arn=arn, removed=None).first()
    if found is None or found.id not in visible_ids(context.access, context.connection.id, [found]):
        raise AwsError("ResourceNotFound", f"The lineage entity {arn} does not exist.")
    return found


def of_source(context: Context, source: str | None, rows: QuerySet) -> QuerySet:
    """Those records whose entities stand for a source; all of them without one."""
    if source is None:
        return rows
    nodes = Node.objects.filter(connection_id=context.connection.id, source_key=source_key(source), removed=None)
    return rows.filter(id__in=nodes.values("id"))


def check_free(record: Record) -> None:
    """ValidationException while the entity has associations."""
    if Edge.objects.filter(Q(source=record.id) | Q(destination=record.id), removed=None).exists():
        raise invalid(f"{record.kind} {record.arn} has associations: delete them before it.")
