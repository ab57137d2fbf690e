"""What a Search may ask of a noun: a property's name, resolved by the model into SQL and the kind of its values."""

from dataclasses import dataclass

from botocore.model import Shape

from areas.spec import Resource
from engine.errors import invalid
from engine.verbs import related, shapes, sql
from engine.verbs.related import Rows

_KINDS = {
    "string": "text", "integer": "number", "long": "number", "float": "number", "double": "number",
    "timestamp": "time", "boolean": "boolean",
}  # fmt: skip
_SQL = {"text": sql.text, "number": sql.number, "time": sql.number, "boolean": sql.boolean}

# The record types of Search that are not called as their ResourceType.
_RECORDS = {"ExperimentTrial": "Trial", "ExperimentTrialComponent": "TrialComponent"}


@dataclass(frozen=True)
class Scalar:
    """A property with one value a record. ``kind``: text, number, time (epoch seconds), moment (a column of the
    record), boolean, loose (text that is compared as a number with a number), compound (it is there or it isn't).
    """

    kind: str
    phrase: sql.Phrase


@dataclass(frozen=True)
class Inside:
    """A property of a list's elements: ``rest`` is its name within an element ("" for the element itself)."""

    path: tuple[str, ...]
    element: Shape
    rest: str


@dataclass(frozen=True)
class Related:
    """A property of rows of other tables that belong to the record."""

    rows: Rows
    inner: Scalar


def record_shape(resource: Resource) -> tuple[str, Shape, bool]:
    """(Key of a search result, shape of the thing in it, whether it lies one level deeper below its noun)."""
    member = _RECORDS.get(resource.search, resource.search)
    shape = shapes.members_of("Search")["Results"].member.members[member]
    inner = shape.members.get(resource.noun)
    return (member, inner, True) if inner is not None and inner.type_name == "structure" else (member, shape, False)


def resolve(resource: Resource, shape: Shape, name: str) -> Scalar | Inside | Related:
    """A property of a record; ValidationException if the noun has none of that name."""
    name = name.removeprefix(f"{resource.noun}.")
    head, _, rest = name.partition(".")
    if found := related.value(resource, name):
        return Scalar(*found)
    if rows := related.rows_of(resource, head):
        if not rest:
            return Scalar("compound", rows.holding(("1 = 1", ())))
        return Related(rows, related_property(rows, name, rest))
    if head == "Tags" and rest:
        tag = 'SELECT value FROM catalog_tag WHERE record_id = "catalog_record"."id" AND key = %s'
        return Scalar("text", (f"({tag})", (rest,)))
    if head == "Metrics" and rest and "FinalMetricDataList" in shape.members:
        return Scalar("number", _final_metric(rest))
    if head == "HyperParameters" and rest and "HyperParameters" in shape.members:
        return Scalar("loose", sql.text(sql.DOCUMENT, (head, _key(rest))))
    columns = {resource.name_field: "name", resource.arn_field: "arn", resource.status_field: "status"}
    if resource.noun == "Trial":
        columns["ExperimentName"] = "parent"
    if column := columns.get(name):
        return Scalar("text", (f'"catalog_record"."{column}"', ()))
    times = {resource.created_field: "created", resource.modified_field: "modified"}
    if column := times.get(name):
        return Scalar("moment", (f'"catalog_record"."{column}"', ()))
    return within(shape, sql.DOCUMENT, name)


def related_property(rows: Rows, name: str, rest: str) -> Scalar:
    if rest not in rows.columns:
        raise invalid(f"Unknown property {name}.")
    return Scalar(*rows.columns[rest])


def within(shape: Shape, source: str, name: str) -> Scalar | Inside:
    """The property at a dotted path of a shape, of which ``source`` is SQL for a JSON value."""
    path: tuple[str, ...] = ()
    parts = name.split(".")
    for at, part in enumerate(parts):
        if shape.type_name == "map":
            path, shape = (*path, _key(".".join(parts[at:]))), shape.value
            break
        if shape.type_name != "structure" or part not in shape.members:
            raise invalid(f"Unknown property {name}.")
        path, shape = (*path, part), shape.members[part]
        if shape.type_name == "list" and at + 1 < len(parts):
            return Inside(path, shape.member, ".".join(parts[at + 1 :]))
    if shape.type_name == "list" and shape.member.type_name in _KINDS:
        return Inside(path, shape.member, "")
    kind = _KINDS.get(shape.type_name, "compound")
    return Scalar(kind, _SQL[kind](source, path) if kind in _SQL else sql.exists(source, path))


def elements(shape: Shape, name: str) -> tuple[tuple[str, ...], Shape]:
    """(Path of the list that ``name`` is, shape of its elements); ValidationException if it is no list of the noun's."""
    path = tuple(name.split("."))
    for part in path:
        if shape.type_name != "structure" or part not in shape.members:
            raise invalid(f"Unknown property {name}.")
        shape = shape.members[part]
    if shape.type_name != "list":
        raise invalid(f"{name} is no list, so it can't be a NestedPropertyName.")
    return path, shape.member


def element(shape: Shape, source: str) -> Scalar:
    """An element of a list of plain values."""
    return Scalar("text" if shape.type_name == "string" else "number", (source, ()))


def _final_metric(name: str) -> sql.Phrase:
    (rows, params), item = sql.each(sql.DOCUMENT, ("FinalMetricDataList",), "metric")
    value, value_params = sql.number(item, ("Value",))
    label, label_params = sql.text(item, ("MetricName",))
    text = f"(SELECT {value} FROM {rows} WHERE {label} = %s LIMIT 1)"
    return text, (*value_params, *params, *label_params, name)


def _key(key: str) -> str:
    if '"' in key:
        raise invalid(f"A property's key can't hold a quotation mark: {key}")
    return key
