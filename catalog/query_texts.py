"""Texts, numbers and times in the conditions of queries: the same on SQLite and PostgreSQL, and never NULL.

Case: ``=``, ``~``, ``<`` and ILIKE see A-Z and a-z as the same letters and all others as they are; ``==`` and LIKE are exact.
Order is by code point.
"""

import re
from datetime import UTC, datetime, timedelta

from django.db.models import BooleanField, Case, F, FloatField, Func, Q, TextField, Value, When
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from catalog.query_language import Comparison, QueryError
from catalog.runs import as_number, folded

# No number of more digits: casting one would fail in PostgreSQL.
NUMBER = r"^ *[-+]?([0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})([eE][-+]?[0-9]{1,2})? *$"
COMPARE = {"=": "exact", "==": "exact", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
SPAN = re.compile(r"^-?([0-9]{1,7})\s*(min|s|m|h|d|w)$")
PIECES = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|min|s|m|h|d|w)")
UNITS = {"ms": 0.001, "s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400, "w": 604800}
FLOATS = {
    "inf": "inf",
    "+inf": "inf",
    "infinity": "inf",
    "+infinity": "inf",
    "-inf": "-inf",
    "-infinity": "-inf",
    "nan": "nan",
}


class Folded(Func):
    """A text with A-Z in lower case, which compares by code point."""

    function = "LOWER"
    arity = 1
    output_field = TextField()

    def as_postgresql(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template='LOWER((%(expressions)s) COLLATE "C")', **context)


class Exactly(Func):
    """A text as it is, which compares by code point."""

    template = "(%(expressions)s)"
    arity = 1
    output_field = TextField()

    def as_postgresql(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template='((%(expressions)s) COLLATE "C")', **context)


class _Contains(Func):
    template = "(INSTR(%(expressions)s) > 0)"
    arity = 2
    output_field = BooleanField()

    def as_postgresql(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="(STRPOS(%(expressions)s) > 0)", **context)


class _Like(Func):
    """(text, pattern of SQL): ``%`` any text, ``_`` any character, a backslash before them means themselves."""

    arity = 1
    output_field = BooleanField()

    def __init__(self, text, pattern: str):
        super().__init__(text)
        self.pattern = pattern

    def as_sql(self, compiler, connection, **context):
        text, parameters = compiler.compile(self.source_expressions[0])
        signs = re.findall(r"\\.|.", self.pattern, re.DOTALL)
        wild = {"%": "*", "_": "?"}
        pattern = "".join(wild.get(sign) or re.sub(r"([*?\[])", r"[\1]", sign[-1]) for sign in signs)
        return f"({text} GLOB %s)", [*parameters, pattern]

    def as_postgresql(self, compiler, connection, **context):
        text, parameters = compiler.compile(self.source_expressions[0])
        signs = re.findall(r"\\.|.", self.pattern, re.DOTALL)
        pattern = "".join(sign if sign in "%_" else re.sub(r"([%_\\])", r"\\\1", sign[-1]) for sign in signs)
        return f"({text} LIKE %s)", [*parameters, pattern]


def expression(left, how: str, value) -> Q:
    """``left how value`` as a condition; false where the left side is NULL."""
    return sure(left.output_field.get_lookup(how)(left, value))


def sure(condition) -> Q:
    return Q(Coalesce(condition, Value(False), output_field=BooleanField()))


def signed(one: Comparison, positive: Q) -> Q:
    return ~positive if one.operator.startswith("!") else positive


def on_text(one: Comparison, text) -> Q:
    """A condition on a text (an expression, or the name of a field)."""
    text = F(text) if isinstance(text, str) else text
    match one.operator:
        case "=" | "!=":
            return signed(one, expression(Folded(text), "exact", folded(one.value)))
        case "==" | "!==":
            return signed(one, expression(Exactly(text), "exact", one.value))
        case "~" | "!~":
            return signed(one, sure(_Contains(Folded(text), Value(folded(one.value)))))
        case "LIKE":
            return sure(_Like(Exactly(text), one.value))
        case "ILIKE":
            return sure(_Like(Folded(text), folded(one.value)))
        case operator:
            return expression(Folded(text), COMPARE[operator], folded(one.value))


def on_text_or_number(one: Comparison, text) -> Q:
    """A condition on a text that may be a number, as SageMaker writes hyperparameters and people write tags."""
    number = number_of(one)
    if number is None or one.operator in ("~", "!~", "==", "!==", "LIKE", "ILIKE"):
        return on_text(one, text)
    if one.operator in ("=", "!="):
        same = expression(as_float(text), "exact", number) | expression(Folded(text), "exact", folded(one.value))
        return signed(one, same)
    return expression(as_float(text), COMPARE[one.operator], number)


def number_of(one: Comparison) -> float | None:
    """The number that a comparison is with; None where it is with a text, as everything quoted is."""
    return None if one.quoted else as_number(one.value)


def float_of(one: Comparison) -> float:
    """The number after a metric; ``inf``, ``-inf`` and ``nan`` too. Raises QueryError."""
    value = as_number(one.value)
    if value is None and one.value.lower() in FLOATS:
        value = float(FLOATS[one.value.lower()])
    if value is None:
        raise QueryError(f"A number is missing after {one.field} {one.operator}", one.value_at)
    return value


def truth_of(one: Comparison) -> bool:
    """``true`` or ``false`` after a field that knows no more. Raises QueryError."""
    if one.value.lower() not in ("true", "false") or one.operator not in ("=", "==", "!=", "!=="):
        raise QueryError(f"{one.field} is true or false; write {one.field} = true", one.value_at)
    return one.value.lower() == "true"


def on_time(one: Comparison, name: str) -> Q:
    """A condition on a column that holds a moment; ``=`` means anywhere within the day, second … that was written."""
    if one.operator in ("~", "!~", "LIKE", "ILIKE"):
        raise QueryError(f"{one.field} is a time; compare it with = != < <= > or >=", one.at)
    start, end = moment(one)
    within = Q(**{f"{name}__gte": start, f"{name}__lt": end, f"{name}__isnull": False})
    match one.operator:
        case "=" | "==":
            return within
        case "!=" | "!==":
            return ~within
        case ">":
            return Q(**{f"{name}__gte": end})
        case "<=":
            return Q(**{f"{name}__lt": end})
        case operator:
            return Q(**{f"{name}__{COMPARE[operator]}": start})


def moment(one: Comparison) -> tuple[datetime, datetime]:
    """The span that a time means, its end not included: a day, a second, a millisecond, or a moment so long ago (``-7d``)."""
    now = timezone.now()
    if span := SPAN.match(one.value):
        ago = now - timedelta(seconds=min(int(span[1]) * UNITS[span[2]], 36_500 * 86400))
        return ago, ago
    if one.value.lower() == "now":
        return now, now
    if one.value.lower() in ("today", "yesterday"):
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        day -= timedelta(days=one.value.lower() == "yesterday")
        return day, day + timedelta(days=1)
    try:
        start = datetime.fromisoformat(one.value)
        start = (start if start.tzinfo else start.replace(tzinfo=UTC)).astimezone(UTC)
        return start, start + _precision(one.value)
    except (ValueError, OverflowError):
        raise QueryError(
            f"{one.value} is no time; write 2026-11-20, 2026-11-20T14:30, today, or -7d for seven days ago",
            one.value_at,
        ) from None


def _precision(text: str) -> timedelta:
    if len(text) == 10:
        return timedelta(days=1)
    if len(text) == 16:
        return timedelta(minutes=1)
    digits = re.search(r"[.,]([0-9]+)", text)
    return timedelta(microseconds=10 ** max(6 - len(digits[1]), 0)) if digits else timedelta(seconds=1)


def seconds(one: Comparison) -> float:
    """A duration in seconds: ``90``, ``1.5h``, ``1h30m``. Raises QueryError."""
    number = number_of(one)
    if number is None and PIECES.sub("", one.value).strip() == "":
        number = sum(float(count) * UNITS[unit] for count, unit in PIECES.findall(one.value))
    if number is None:
        raise QueryError(f"{one.value} is no duration; write 90 (seconds), 15m, 1.5h or 1h30m", one.value_at)
    return number


def text_at(path):
    """A document's member as text, whatever its type, the same on SQLite and PostgreSQL. ``path``: dotted, or a tuple of keys."""
    *keys, last = path.split(".") if isinstance(path, str) else path
    return Cast(KeyTextTransform(last, _json(keys)), TextField())


def json_at(path: tuple[str, ...]):
    return _json(path)


def number_at(path):
    """A document's member as a number; NULL where it is none (SageMaker writes hyperparameters as text)."""
    return as_float(text_at(path))


def as_float(text):
    """A text as a number; NULL where it is none."""
    text = F(text) if isinstance(text, str) else text
    return Case(
        When(TextField().get_lookup("regex")(Exactly(text), NUMBER), then=Cast(Exactly(text), FloatField())),
        default=None,
        output_field=FloatField(),
    )


def _json(keys):
    found = F("document")
    for key in keys:
        found = KeyTransform(key, found)
    return found
