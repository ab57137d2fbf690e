"""Search over the nouns that declare a word for it."""

from areas import index
from areas.permissions import Need
from areas.spec import Resource
from catalog.models import Record, Tag
from engine.context import Context
from engine.errors import invalid, unsupported
from engine.verbs import expressions, pages, properties, related, sql, tokens
from engine.verbs.properties import Scalar
from engine.wire.authorise import denied

_PAGE_SIZE = 10


def search(context: Context, request: dict) -> dict:
    """Records that satisfy an expression, each with its tags, below the name of its noun."""
    if request.get("CrossAccountFilterOption", "SameAccount") != "SameAccount" or request.get("VisibilityConditions"):
        raise unsupported("Search across accounts")
    resource = next((one for one in index.resources().values() if one.search == request["Resource"]), None)
    if resource is None:
        raise unsupported(f"Search for {request['Resource']}")
    if not context.access.may("view", resource.noun):
        raise denied(context, Need("view", resource.noun))
    key, shape, is_nested = properties.record_shape(resource)
    condition = sql.condition(expressions.compile_expression(resource, shape, request.get("SearchExpression", {})))
    rows = Record.objects.filter(condition, connection_id=context.connection.id, kind=resource.noun)
    rows = context.access.visible(rows, resource.noun)
    order = _order(resource, shape, request)
    after = tokens.read(context, request)
    found, position = pages.page(rows, order, ("document",), request.get("MaxResults", _PAGE_SIZE), after)
    tags = _tags(record_id for record_id, _ in found)
    more = related.members(context, resource, [record_id for record_id, _ in found])
    results = []
    for record_id, document in found:
        thing = {name: value for name, value in document.items() if name in shape.members}
        thing |= {"Tags": tags.get(record_id, []), **more.get(record_id, {})}
        results.append({key: {resource.noun: thing} if is_nested else thing})
    answer = {"Results": results, "TotalHits": {"Value": rows.count(), "Relation": "EqualTo"}}
    if position:
        answer["NextToken"] = tokens.make(context, request, position)
    return answer


def _order(resource: Resource, shape, request: dict) -> pages.Order:
    """The order asked for, latest change first by default. Records without the property come last."""
    descending = request.get("SortOrder", "Descending") == "Descending"
    by = request.get("SortBy")
    identity = pages.columns("id")
    if by is None or by in (resource.modified_field, "LastModifiedTime"):
        return pages.Order(pages.columns("modified") + identity, descending)
    found = properties.resolve(resource, shape, by)
    if not isinstance(found, Scalar) or found.kind == "compound":
        raise invalid(f"Search can't sort by {by}: it has no single value.")
    text, params = found.phrase
    if found.kind == "moment":
        return pages.Order((found.phrase, *identity), descending)
    if found.kind == "loose":
        number, more = sql.numeric(found.phrase)
        least = -1e308 if descending else 1e308
        texts = (f"COALESCE({text}, %s)", (*params, "" if descending else chr(0x10FFFF)))
        return pages.Order(((f"COALESCE({number}, %s)", (*more, least)), texts, *identity), descending)
    if found.kind in ("number", "time"):
        filler = -1e308 if descending else 1e308
    else:
        filler = "" if descending else chr(0x10FFFF)
    return pages.Order(((f"COALESCE({text}, %s)", (*params, filler)), *identity), descending)


def _tags(record_ids) -> dict[int, list[dict]]:
    found: dict[int, list[dict]] = {}
    rows = Tag.objects.filter(record_id__in=list(record_ids)).order_by("key")
    for record_id, key, value in rows.values_list("record_id", "key", "value"):
        found.setdefault(record_id, []).append({"Key": key, "Value": value})
    return found
