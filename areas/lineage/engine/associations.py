"""Associations between entities: add, delete, list. A deleted one stays in the table as history."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Concat

from areas.lineage.engine import nodes
from areas.lineage.models import KINDS, TRIAL_COMPONENT, Edge
from catalog.models import Record
from engine import store
from engine.context import Context
from engine.errors import AwsError, invalid
from engine.operations import operation
from engine.verbs import tokens

_PAGE_SIZE = 10


def _shown_type(end: str) -> Case:
    """A trial component's type has SageMaker before it in associations: SageMakerTrainingJob."""
    word = f"{end}__type"
    return Case(When(**{f"{end}__kind": TRIAL_COMPONENT}, then=Concat(Value("SageMaker"), word)), default=F(word))


_SORTS = {
    "SourceArn": F("source__arn"), "DestinationArn": F("destination__arn"), "SourceType": _shown_type("source"),
    "DestinationType": _shown_type("destination"), "CreationTime": F("created"),
}  # fmt: skip


@operation("AddAssociation")
def add_association(context: Context, request: dict) -> dict:
    source, destination = request["SourceArn"], request["DestinationArn"]
    if source == destination:
        raise invalid("An entity can't be associated with itself: SourceArn and DestinationArn are the same.")
    ends = {"source": nodes.find_node(context, source), "destination": nodes.find_node(context, destination)}
    try:
        with transaction.atomic():
            Edge.objects.create(
                **ends, type=request.get("AssociationType", ""), created=store.when(context.now),
                created_by=context.owner,
            )  # fmt: skip
    except IntegrityError:
        raise invalid(f"Association between {source} and {destination} already exists.") from None
    return {"SourceArn": source, "DestinationArn": destination}


@operation("DeleteAssociation")
def delete_association(context: Context, request: dict) -> dict:
    source, destination = request["SourceArn"], request["DestinationArn"]
    ends = {"source": nodes.find_node(context, source), "destination": nodes.find_node(context, destination)}
    if not Edge.objects.filter(**ends, removed=None).update(removed=store.when(context.now)):
        raise AwsError("ResourceNotFound", f"Association between {source} and {destination} does not exist.")
    return {"SourceArn": source, "DestinationArn": destination}


@operation("ListAssociations")
def list_associations(context: Context, request: dict) -> dict:
    key = _SORTS[request.get("SortBy", "CreationTime")]
    descending = request.get("SortOrder", "Descending") == "Descending"
    rows = _filtered(context, request).annotate(key=key)
    if after := tokens.read(context, request):
        rows = rows.filter(_beyond(after, descending))
    size = request.get("MaxResults", _PAGE_SIZE)
    order = [F(name).desc() if descending else F(name).asc() for name in ("key", "id")]
    found = list(rows.select_related("source", "destination").order_by(*order)[: size + 1])
    answer = {"AssociationSummaries": [_summary(edge) for edge in found[:size]]}
    if len(found) > size:
        last = found[size - 1]
        position = last.key.isoformat() if isinstance(last.key, datetime) else last.key
        answer["NextToken"] = tokens.make(context, request, [position, last.id])
    return answer


def _filtered(context: Context, request: dict) -> QuerySet:
    rows = Edge.objects.filter(removed=None)
    for end in ("source", "destination"):
        member = end.capitalize()
        if arn := request.get(f"{member}Arn"):
            rows = rows.filter(**{end: nodes.find_node(context, arn)})
        if kind := request.get(f"{member}Type"):
            rows = rows.filter(_of_type(end, kind))
        rows = rows.filter(_visible(context, end))
    if "SourceArn" not in request and "DestinationArn" not in request:
        rows = rows.filter(source__connection_id=context.connection.id)
    if "AssociationType" in request:
        rows = rows.filter(type=request["AssociationType"])
    if "CreatedAfter" in request:
        rows = rows.filter(created__gt=store.when(request["CreatedAfter"]))
    if "CreatedBefore" in request:
        rows = rows.filter(created__lt=store.when(request["CreatedBefore"]))
    return rows


def _of_type(end: str, wanted: str) -> Q:
    """By type (DataSet, SageMakerTrainingJob), or by the kind of the entity (Artifact), as SDK v2's helpers ask."""
    job = Q(**{f"{end}__kind": TRIAL_COMPONENT, f"{end}__type": wanted.removeprefix("SageMaker")})
    return Q(**{f"{end}__type": wanted}) | Q(**{f"{end}__kind": wanted}) | job


def _visible(context: Context, end: str) -> Q:
    """Edges of which the caller may see that end."""
    condition, is_limited = Q(), False
    for kind in KINDS:
        rows = Record.objects.filter(connection_id=context.connection.id, kind=kind)
        allowed = context.access.visible(rows, kind)
        if allowed is rows:
            condition |= Q(**{f"{end}__kind": kind})
        else:
            is_limited = True
            condition |= Q(**{f"{end}__in": allowed.values("id")})
    return condition if is_limited else Q()


def _beyond(after: list, descending: bool) -> Q:
    value, number = after
    beyond = "lt" if descending else "gt"
    return Q(**{f"key__{beyond}": value}) | Q(**{"key": value, f"id__{beyond}": number})


def _summary(edge: Edge) -> dict:
    summary = {
        "SourceArn": edge.source.arn, "DestinationArn": edge.destination.arn, "SourceType": _type(edge.source),
        "DestinationType": _type(edge.destination), "AssociationType": edge.type, "SourceName": edge.source.name,
        "DestinationName": edge.destination.name, "CreationTime": edge.created.timestamp(),
    }  # fmt: skip
    if edge.created_by:
        person = {"Arn": edge.created_by}
        summary["CreatedBy"] = (
            {"IamIdentity": person} if edge.created_by.startswith("arn:") else {"UserProfileName": edge.created_by}
        )
    return {member: value for member, value in summary.items() if value}


def _type(node) -> str:
    return f"SageMaker{node.type}" if node.kind == TRIAL_COMPONENT else node.type
