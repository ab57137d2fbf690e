"""GetSearchSuggestions: the names of properties that a Search can be asked for.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_GetSearchSuggestions.html
"""

from botocore.model import Shape
from django.db.models import QuerySet

from areas import index
from areas.permissions import Need
from areas.spec import Resource
from catalog.measures import MetricSeries
from catalog.models import Record, RunParameter, Tag
from engine.context import Context
from engine.errors import unsupported
from engine.verbs import properties
from engine.wire.authorise import denied

_MOST = 100
_DEEPEST = 3


def suggest(context: Context, request: dict) -> dict:
    """Names that begin with the hint, or have it in them: the model's own, then tags, parameters and metrics that are there."""
    resource = next((one for one in index.resources().values() if one.search == request["Resource"]), None)
    if resource is None:
        raise unsupported(f"GetSearchSuggestions for {request['Resource']}")
    if not context.access.may("view", resource.noun):
        raise denied(context, Need("view", resource.noun))
    hint = request.get("SuggestionQuery", {}).get("PropertyNameQuery", {}).get("PropertyNameHint", "").lower()
    _, shape, _ = properties.record_shape(resource)
    names = [name for name in _names(shape) if hint in name.lower()]
    names += _kept(context, resource, hint)
    names.sort(key=lambda name: (not name.lower().startswith(hint), name))
    return {"PropertyNameSuggestions": [{"PropertyName": name} for name in dict.fromkeys(names)][:_MOST]}


def _names(shape: Shape, before: str = "", depth: int = 0) -> list[str]:
    """Dotted names of what has a single value, into structures and lists of them."""
    found = []
    for member, inner in shape.members.items():
        name = f"{before}{member}"
        if inner.type_name == "list":
            inner = inner.member
        if inner.type_name == "structure" and depth < _DEEPEST:
            found += _names(inner, f"{name}.", depth + 1)
        elif inner.type_name not in ("structure", "map"):
            found.append(name)
    return [name for name in found if not name.startswith("Tags.")]


def _kept(context: Context, resource: Resource, hint: str) -> list[str]:
    rows = Record.objects.filter(connection_id=context.connection.id, kind=resource.noun)
    rows = context.access.visible(rows, resource.noun)
    found = _begun("Tags", Tag.objects.filter(record__in=rows), "key", hint)
    if resource.noun == "TrialComponent":
        found += _begun("Parameters", RunParameter.objects.filter(run__in=rows), "key", hint)
        found += _begun("Metrics", MetricSeries.objects.filter(run__in=rows), "name", hint)
    return found


def _begun(head: str, rows: QuerySet, column: str, hint: str) -> list[str]:
    """``Parameters.lr`` of the keys in a table, as far as the hint goes."""
    first, dot, rest = hint.partition(".")
    if dot and first == head.lower():
        rows = rows.filter(**{f"{column}__istartswith": rest})
    elif hint and not head.lower().startswith(hint):
        rows = rows.filter(**{f"{column}__icontains": hint})
    keys = rows.order_by(column).values_list(column, flat=True).distinct()[:_MOST]
    return [f"{head}.{key}" for key in keys]
