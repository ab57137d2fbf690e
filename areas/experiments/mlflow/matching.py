"""A read filter as conditions of SQL: exact as MLflow's, which compares parameters and tags as text, with their case."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from django.db.models import CharField, Exists, Lookup, OuterRef, Q, QuerySet, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from areas.experiments.mlflow.errors import invalid
from areas.experiments.mlflow.filters import NUMERIC, TEXT, Comparison
from areas.experiments.mlflow.tables import LongTag, RunDataset
from areas.experiments.mlflow.wire import STATUS
from catalog.measures import MetricSeries
from catalog.models import Tag
from catalog.runs import RunParameter

_SIGNS = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_CUT = 256  # characters of a long tag that Tag has
TIMES = {"start_time": "started", "created": "started", "Created": "started", "end_time": "ended"}
TEXTS = {"run_id", "run_name", "run name", "Run name", "Run Name", "user_id", "status", "artifact_uri"}
CONTEXT = "mlflow.data.context"


def condition(tree: tuple | None, one: Callable[[Comparison], Q]) -> Q:
    """The tree as a condition; ``one`` makes that of a comparison."""
    if tree is None:
        return Q()
    what, inside = tree
    if what == "is":
        return one(inside)
    if what == "not":
        return ~condition(inside, one)
    found = condition(inside[0], one)
    for more in inside[1:]:
        found = found & condition(more, one) if what == "and" else found | condition(more, one)
    return found


class OfRuns:
    """Conditions on rows that are runs: Records themselves (``at`` is ""), or rows that have one (``at`` is "run__"); of RunRows
    (``at`` is "record__") ``row`` is ""."""

    def __init__(self, at: str = "", row: str | None = None):
        self.at, self.row = at, f"{at}run_row__" if row is None else row
        self.outer = OuterRef(f"{at}pk" if not at else at.removesuffix("__"))

    def __call__(self, one: Comparison) -> Q:
        check(one)
        if one.kind == "metric":
            return self._metric(one)
        if one.kind == "param":
            return self._of_key(RunParameter.objects.filter(run=self.outer), "text", one)
        if one.kind == "tag":
            return self._tag(one)
        if one.kind == "dataset":
            return self._dataset(one)
        return self._attribute(one)

    def _metric(self, one: Comparison) -> Q:
        rows = MetricSeries.objects.filter(run=self.outer, name=one.key)
        if one.sign == "IS NULL":
            return Q(~Exists(rows))
        if one.sign == "IS NOT NULL":
            return Q(Exists(rows))
        return Q(Exists(rows.filter(number("last", one))))

    def _of_key(self, rows: QuerySet, field: str, one: Comparison) -> Q:
        rows = rows.filter(key=one.key)
        if one.sign == "IS NULL":
            return Q(~Exists(rows))
        return Q(Exists(rows if one.sign == "IS NOT NULL" else rows.filter(words(field, one))))

    def _tag(self, one: Comparison) -> Q:
        if one.key == "mlflow.runName":
            return words(f"{self.row}title", one)
        if one.key == "mlflow.note.content":
            return words(f"{self.row}note", one)
        tags, long = Tag.objects.filter(record=self.outer), LongTag.objects.filter(record=self.outer)
        if one.sign == "IS NULL":
            return self._of_key(tags, "value", one) & self._of_key(long.filter(is_apart=True), "value", one)
        if isinstance(one.value, str) and len(one.value) > _CUT:
            return self._of_key(long, "value", one)
        return self._of_key(tags, "value", one) | self._of_key(long.filter(is_apart=True), "value", one)

    def _dataset(self, one: Comparison) -> Q:
        rows = RunDataset.objects.filter(run=self.outer)
        if one.key in ("name", "digest"):
            return Q(Exists(rows.filter(words(one.key, one))))
        if one.key == "context":  # the only tag that MLflow's own clients write
            return Q(Exists(rows.alias(context=Cast(KT("tags__0__value"), TextField())).filter(words("context", one))))
        raise invalid(f"Invalid dataset key '{one.key}' specified. Valid keys are 'name', 'digest' and 'context'.")

    def _attribute(self, one: Comparison) -> Q:
        if one.key in TIMES:
            return self._time(one)
        if one.key == "status":
            return self._status(one)
        if one.key == "run_id":
            return words(f"{self.at}name", one)
        if one.key == "user_id":
            named = Tag.objects.filter(record=self.outer, key="mlflow.user")
            return Q(Exists(named.filter(words("value", one)))) | (Q(~Exists(named)) & words(f"{self.at}owner", one))
        return words(f"{self.row}title", one)

    def _time(self, one: Comparison) -> Q:
        field = f"{self.row}{TIMES[one.key]}"
        value = moment(one.value)
        found = timed(field, one.sign, value)
        if TIMES[one.key] == "started":  # a run that never said when it started was started when it was made
            found = (Q(**{f"{field}__isnull": False}) & found) | (
                Q(**{f"{field}__isnull": True}) & timed(f"{self.row}created", one.sign, value)
            )
        return found

    def _status(self, one: Comparison) -> Q:
        wanted = {STATUS[word] for word in STATUS if word != "SCHEDULED" and _fits(word, one)}
        field = f"{self.at}document__Status__PrimaryStatus"
        found = Q(**{f"{field}__in": sorted(wanted | ({"Stopping"} if "InProgress" in wanted else set()))})
        if "InProgress" in wanted:  # as runs are shown that never said how they stand
            found |= Q(**{f"{field}__isnull": True})
        return found


def check(one: Comparison) -> None:
    """INVALID_PARAMETER_VALUE where MLflow's language doesn't allow the comparison or the value."""
    is_number = one.kind == "metric" or (one.kind == "attribute" and one.key in TIMES)
    if one.kind == "attribute" and one.key not in TIMES and one.key not in TEXTS - {"artifact_uri"}:
        raise invalid(
            f"Invalid attribute key '{one.key}' specified. Valid keys are {sorted({*TIMES, *TEXTS} - {'artifact_uri'})}."
        )
    nulls = ("IS NULL", "IS NOT NULL")
    if one.sign not in ((*NUMERIC, *(nulls if one.kind == "metric" else ())) if is_number else TEXT):
        raise invalid(f"Invalid comparator '{one.sign}' for {one.kind} '{one.key}'.")
    if one.sign in nulls:
        return
    if is_number and not isinstance(one.value, float):
        raise invalid(f"Expected numeric value type for {one.kind} '{one.key}'. Found {one.value!r}.")
    if not is_number and not isinstance(one.value, str | tuple):
        raise invalid(f"Expected a quoted string value for {one.kind} '{one.key}'. Found {one.value!r}.")


def number(field: str, one: Comparison) -> Q:
    """A comparison of numbers; NaN, which is NULL, is only unlike every number."""
    if one.value != one.value:
        raise invalid(f"metrics.{one.key} can't be compared with NaN.")
    if one.sign in _SIGNS:
        return Q(**{f"{field}__{_SIGNS[one.sign]}": one.value})
    if one.sign == "=":
        return Q(**{field: one.value})
    return Q(**{f"{field}__isnull": True}) | ~Q(**{field: one.value})


def words(field: str, one: Comparison) -> Q:
    """A comparison of texts, exact; no row, no match."""
    if one.sign in ("IN", "NOT IN"):
        found = Q(**{f"{field}__in": one.value})
        return found if one.sign == "IN" else ~found
    if one.sign in ("LIKE", "ILIKE"):
        return Q(**{f"{field}__{one.sign.lower()}": one.value})
    if one.sign in ("IS NULL", "IS NOT NULL"):
        return Q(**{field: ""}) if one.sign == "IS NULL" else ~Q(**{field: ""})
    return Q(**{field: one.value}) if one.sign == "=" else ~Q(**{field: one.value})


def timed(field: str, sign: str, value: datetime) -> Q:
    if sign in _SIGNS:
        return Q(**{f"{field}__{_SIGNS[sign]}": value})
    return Q(**{field: value}) if sign == "=" else ~Q(**{field: value})


def moment(milliseconds) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        raise invalid(f"{milliseconds!r} is no time in milliseconds since 1970.") from None


def _fits(word: str, one: Comparison) -> bool:
    """Whether a status word is what a comparison asks for."""
    if one.sign in ("=", "!="):
        return (word == one.value) == (one.sign == "=")
    if one.sign in ("IN", "NOT IN"):
        return (word in one.value) == (one.sign == "IN")
    if one.sign in ("LIKE", "ILIKE"):
        pattern = _glob(one.value)
        return fnmatchcase(word, pattern) if one.sign == "LIKE" else fnmatchcase(word.lower(), pattern.lower())
    return one.sign == "IS NOT NULL"


def _glob(pattern: str) -> str:
    return re.sub(r"[\[*?]", r"[\g<0>]", pattern).replace("%", "*").replace("_", "?")


@CharField.register_lookup
@TextField.register_lookup
class Like(Lookup):
    """SQL's LIKE with its case, on both databases: ``%`` is any text, ``_`` any character."""

    lookup_name = "like"

    def as_sql(self, compiler, connection):
        left, parameters = self.process_lhs(compiler, connection)
        if connection.vendor == "sqlite":
            return f"{left} GLOB %s", [*parameters, _glob(str(self.rhs))]
        return f"{left} LIKE %s", [*parameters, str(self.rhs).replace("\\", "\\\\")]


@CharField.register_lookup
@TextField.register_lookup
class Ilike(Lookup):
    """LIKE without case: of ASCII's letters on SQLite, of all on PostgreSQL."""

    lookup_name = "ilike"

    def as_sql(self, compiler, connection):
        left, parameters = self.process_lhs(compiler, connection)
        word = "LIKE" if connection.vendor == "sqlite" else "ILIKE"
        text = str(self.rhs) if connection.vendor == "sqlite" else str(self.rhs).replace("\\", "\\\\")
        return f"{left} {word} %s", [*parameters, text]
