"""A SearchExpression compiled to SQL."""

from botocore.model import Shape
from django.db import connection

from areas.spec import Resource
from engine import store
from engine.errors import invalid
from engine.verbs import properties, related, sql
from engine.verbs.properties import Inside, Related, Scalar
from engine.wire.validate import epoch

_ORDERING = {
    "GreaterThan": ">", "GreaterThanOrEqualTo": ">=", "LessThan": "<", "LessThanOrEqualTo": "<=",
}  # fmt: skip
_NEGATIONS = {"NotEquals": "Equals", "NotExists": "Exists"}
_LIMIT = 50


def compile_expression(resource: Resource, shape: Shape, expression: dict) -> sql.Phrase:
    """The condition that an expression puts on a record; TRUE if it is empty. ValidationException if it can't be."""
    return _Compiler(resource, shape).expression(expression)


class _Compiler:
    def __init__(self, resource: Resource, shape: Shape):
        self.resource, self.shape = resource, shape
        self.filters = self.tables = 0

    def expression(self, expression: dict) -> sql.Phrase:
        parts = [self.filter(one) for one in expression.get("Filters", ())]
        parts += [self.nested(one) for one in expression.get("NestedFilters", ())]
        parts += [self.expression(one) for one in expression.get("SubExpressions", ())]
        return _joined(parts, " OR " if expression.get("Operator") == "Or" else " AND ")

    def filter(self, given: dict) -> sql.Phrase:
        self._count()
        return self._compared(properties.resolve(self.resource, self.shape, given["Name"]), sql.DOCUMENT, given)

    def nested(self, given: dict) -> sql.Phrase:
        """One element of the list must satisfy all filters, whose names begin with the list's own or leave it out."""
        name = given["NestedPropertyName"]
        if rows := related.rows_of(self.resource, name):
            return rows.holding(_joined([self._of_row(rows, name, one) for one in given["Filters"]], " AND "))
        path, element = properties.elements(self.shape, name)
        (rows, params), item = sql.each(sql.DOCUMENT, path, self._alias())
        parts = []
        for one in given["Filters"]:
            self._count()
            inner = properties.within(element, item, one["Name"].removeprefix(f"{name}."))
            parts.append(self._compared(inner, item, one))
        condition, inner_params = _joined(parts, " AND ")
        return f"EXISTS (SELECT 1 FROM {rows} WHERE {condition})", (*params, *inner_params)

    def _of_row(self, rows: related.Rows, name: str, given: dict) -> sql.Phrase:
        self._count()
        return compare(properties.related_property(rows, given["Name"], given["Name"].removeprefix(f"{name}.")), given)

    def _compared(self, found: Scalar | Inside | Related, source: str, given: dict) -> sql.Phrase:
        if isinstance(found, Scalar):
            return compare(found, given)
        if isinstance(found, Related):
            negation = _NEGATIONS.get(given.get("Operator", "Equals"))
            condition = compare(found.inner, {**given, "Operator": negation} if negation else given)
            return found.rows.holding(condition, negated=bool(negation))
        (rows, params), item = sql.each(source, found.path, self._alias())
        inner = properties.within(found.element, item, found.rest) if found.rest else _plain(found, item)
        operator = given.get("Operator", "Equals")
        negation = _NEGATIONS.get(operator)
        condition, inner_params = self._compared(inner, item, {**given, "Operator": negation or operator})
        word = "NOT EXISTS" if negation else "EXISTS"
        return f"{word} (SELECT 1 FROM {rows} WHERE {condition})", (*params, *inner_params)

    def _count(self) -> None:
        self.filters += 1
        if self.filters > _LIMIT:
            raise invalid(f"A search expression can have at most {_LIMIT} filters.")

    def _alias(self) -> str:
        self.tables += 1
        return f"item{self.tables}"


def _plain(found: Inside, item: str) -> Scalar:
    return properties.element(found.element, sql.element(item))


def _joined(parts: list[sql.Phrase], word: str) -> sql.Phrase:
    if not parts:
        return "1 = 1", ()
    return f"({word.join(text for text, _ in parts)})", tuple(param for _, params in parts for param in params)


def compare(scalar: Scalar, given: dict) -> sql.Phrase:
    """The condition of one Filter on a property with one value."""
    operator, name, value = given.get("Operator", "Equals"), given["Name"], given.get("Value")
    text, params = scalar.phrase
    if operator in ("Exists", "NotExists"):
        is_there = text if scalar.kind == "compound" else f"{text} IS NOT NULL"
        return (is_there if operator == "Exists" else f"NOT ({is_there})"), params
    if value is None:
        raise invalid(f"The filter on {name} needs a Value for the operator {operator}.")
    if scalar.kind == "compound":
        raise invalid(f"{name} has no single value: only Exists and NotExists work on it.")
    if scalar.kind == "loose":
        scalar = _tightened(scalar, operator, value)
        text, params = scalar.phrase
    if operator in ("Contains", "In"):
        if scalar.kind != "text":
            raise invalid(f"The operator {operator} works on text properties only, which {name} is not.")
        return sql.contains(scalar.phrase, value) if operator == "Contains" else _one_of(scalar.phrase, value)
    if operator in _ORDERING and scalar.kind in ("text", "boolean"):
        raise invalid(f"The operator {operator} does not work on {scalar.kind} properties, which {name} is.")
    wanted = _converted(scalar, name, value)
    if operator == "NotEquals":
        return f"({text} IS NULL OR {text} <> %s)", (*params, *params, wanted)
    return f"{text} {_ORDERING.get(operator, '=')} %s", (*params, wanted)


def _one_of(phrase: sql.Phrase, value: str) -> sql.Phrase:
    words = [word.strip() for word in value.split(",")]
    return f"{phrase[0]} IN ({', '.join(['%s'] * len(words))})", (*phrase[1], *words)


def _tightened(scalar: Scalar, operator: str, value: str) -> Scalar:
    """A hyperparameter is text, but with a number it is compared as a number."""
    if operator in ("Contains", "In"):
        return Scalar("text", scalar.phrase)
    try:
        float(value)
    except ValueError:
        return Scalar("text", scalar.phrase)
    return Scalar("number", sql.numeric(scalar.phrase))


def _converted(scalar: Scalar, name: str, value: str):
    try:
        if scalar.kind == "number":
            return float(value)
        if scalar.kind == "time":
            return epoch(value)
        if scalar.kind == "moment":
            return connection.ops.adapt_datetimefield_value(store.when(epoch(value)))
    except (ValueError, OverflowError, OSError):
        kind = "number" if scalar.kind == "number" else "time"
        raise invalid(f"{value} is no {kind}, as {name} is.") from None
    return value.lower() if scalar.kind == "boolean" else value
