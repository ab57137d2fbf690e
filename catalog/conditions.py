"""A query's tree as a condition of SQL, on the rows of any table that has the id of a Record. Never NULL, so that NOT is true
wherever the condition isn't: ``!=``, ``!~``, NOT and NOT IN are true too where there is no value at all.
"""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Exists, FloatField, JSONField, OuterRef, Q, Value
from django.db.models.fields.json import KeyTransformExact
from django.db.models.functions import Cast

from catalog.metric_names import is_higher_better
from catalog.models import MetricSeries, Record, RunParameter, RunRow, Tag, TrialMember
from catalog.query_fields import Field, read_field
from catalog.query_language import Both, Comparison, Either, Known, Not, OneOf, QueryError, Word, check_text
from catalog.query_texts import (
    COMPARE,
    expression,
    float_of,
    json_at,
    number_of,
    on_text,
    on_text_or_number,
    on_time,
    seconds,
    signed,
    sure,
    text_at,
    truth_of,
)
from catalog.runs import WORD, folded

COLUMNS = {"last": "last", "min": "low", "max": "high", "mean": "mean"}


@dataclass(frozen=True)
class Ground:
    """The rows that a condition is about. ``record`` is the path to the Record's id; ``runs``: they are trial components;
    ``experiment``: the one that all of them are in first, if that is known.
    """

    record: str = "pk"
    runs: bool = False
    aliases: dict | None = None
    experiment: int | None = None

    def has(self, condition: Q) -> Q:
        """A condition on the Record itself."""
        return (
            condition if self.record == "pk" else Q(Exists(Record.objects.filter(condition, pk=OuterRef(self.record))))
        )

    @property
    def is_row(self) -> bool:
        """Whether the rows are RunRows."""
        return self.record == "record_id"

    def row(self, condition: Q) -> Q:
        """A condition on the RunRow."""
        return condition if self.is_row else Q(Exists(RunRow.objects.filter(condition, record=OuterRef(self.record))))

    def series(self, name: str):
        """The series of a metric that a row has: those of a run are its own and its job's."""
        owner = "run" if self.runs else "record"
        return self._of_experiment(MetricSeries.objects.filter(**{owner: OuterRef(self.record), "name": name}))

    def parameters(self, key: str):
        return self._of_experiment(RunParameter.objects.filter(run=OuterRef(self.record), key=key))

    def _of_experiment(self, rows):
        """PostgreSQL may look up all rows of a condition at once: then those of other experiments should not be among them.
        SQLite asks row by row, and would take the wrong index."""
        is_known = self.experiment is not None and connection.vendor == "postgresql"
        return rows.filter(experiment=self.experiment) if is_known else rows

    def tags(self):
        return Tag.objects.filter(record=OuterRef(self.record))


def condition(tree, ground: Ground) -> Q:
    """What a tree says of the ground's rows. Raises QueryError."""
    match tree:
        case Word(text=text):
            check_text(text, tree.at)
            return _on_name(Comparison("name", "~", text, True, tree.at, tree.at), ground)
        case Not(inner=inner):
            return ~condition(inner, ground)
        case Both(parts=parts):
            found = Q()
            for part in parts:
                found &= condition(part, ground)
            return found
        case Either(parts=parts):
            found = condition(parts[0], ground)
            for part in parts[1:]:
                found |= condition(part, ground)
            return found
        case OneOf(values=values):
            return condition(Either(values), ground)
        case Known():
            return _known(read_field(tree.field, ground.aliases, runs=ground.runs, at=tree.at), ground)
        case Comparison():
            check_text(tree.value, tree.value_at)
            return _compare(tree, read_field(tree.field, ground.aliases, runs=ground.runs, at=tree.at), ground)
    raise TypeError(tree)


def mentions(tree, kind: str, ground: Ground) -> bool:
    """Whether any condition of a tree is on a field of this kind."""
    match tree:
        case Not(inner=inner):
            return mentions(inner, kind, ground)
        case Both(parts=parts) | Either(parts=parts):
            return any(mentions(part, kind, ground) for part in parts)
        case Comparison() | OneOf() | Known():
            return read_field(tree.field, ground.aliases, runs=ground.runs, at=tree.at).kind == kind
    return False


def _compare(one: Comparison, field: Field, ground: Ground) -> Q:
    match field.kind:
        case "text":
            return ground.has(on_text(one, field.key))
        case "title" if field.key == "name":
            return _on_name(one, ground)
        case "time" if ground.is_row and field.key == "created":
            return on_time(one, "created")
        case "time":
            return ground.has(on_time(one, field.key))
        case "any tag":
            key, value = (on_text(_positive(one), column) for column in ("key", "value"))
            return signed(one, Q(Exists(ground.tags().filter(key | value))))
        case "tag":
            found = ground.tags().filter(on_text_or_number(_positive(one), "value"), key=field.key)
            return signed(one, Q(Exists(found)))
        case "metric":
            return signed(one, Q(Exists(_series(one, field, ground))))
        case "parameter":
            return signed(one, Q(Exists(ground.parameters(field.key).filter(on_parameter(_positive(one))))))
        case "document":
            return ground.has(_on_document(one, field.path))
        case "moment":
            return signed(one, ground.row(on_time(_positive(one), field.key)))
        case "duration":
            return signed(one, ground.row(_on_duration(_positive(one))))
        case "archived":
            return ground.row(Q(archived__isnull=truth_of(one) == one.operator.startswith("!")))
        case kind:
            return signed(one, _ON_RUNS[kind](_positive(one), ground))


def _positive(one: Comparison) -> Comparison:
    """``=`` for ``!=``: NOT comes around what is looked up, not into it."""
    if not one.operator.startswith("!"):
        return one
    operator = {"!=": "=", "!==": "==", "!~": "~"}[one.operator]
    return Comparison(one.field, operator, one.value, one.quoted, one.at, one.value_at)


def _on_name(one: Comparison, ground: Ground) -> Q:
    """The name; of a run its display name too, which people know it by."""
    positive = _positive(one)
    found = ground.has(on_text(positive, "name"))
    if ground.runs:
        found |= ground.row(on_text(positive, "title"))
    return signed(one, found)


def _series(one: Comparison, field: Field, ground: Ground):
    return ground.series(field.key).filter(on_metric(one, field))


def on_metric(one: Comparison, field: Field) -> Q:
    """The condition on MetricSeries of a comparison. A NaN equals ``nan`` and is neither more nor less than anything."""
    if one.operator in ("~", "!~", "LIKE", "ILIKE"):
        raise QueryError(f"{one.field} is a number; compare it with = != < <= > or >=", one.at)
    value, positive = float_of(one), _positive(one)
    if field.stat == "count":
        return expression(Cast("count", FloatField()), COMPARE[positive.operator], value)
    column = metric_column(field)
    if value != value:
        if positive.operator not in ("=", "=="):
            raise QueryError(f"Nothing is more or less than NaN; write {one.field} = nan", one.value_at)
        return Q(finite=0) if field.stat == "mean" else Q(**{f"{column}__isnull": True})
    found = Q(**{f"{column}__{COMPARE[positive.operator]}": value})
    return found & Q(finite__gt=0) if field.stat == "mean" else found


def metric_column(field: Field) -> str:
    """The column of MetricSeries that holds what a field asks of a metric."""
    if field.stat == "best":
        return "high" if is_higher_better(field.key) else "low"
    return COLUMNS.get(field.stat, field.stat)


def on_parameter(one: Comparison) -> Q:
    """The condition on RunParameter of a comparison with its value: numbers with what is a number, else texts. Uses its indexes."""
    number = number_of(one)
    if number is not None and one.operator in ("=", "<", "<=", ">", ">="):
        return Q(**{f"number__{COMPARE[one.operator]}": number})
    if one.operator in ("=", "=="):
        short = Q(word=folded(one.value)[:WORD])
        return short if one.operator == "=" and len(one.value) < WORD else short & on_text(one, "text")
    return on_text(one, "text")


def _on_duration(one: Comparison) -> Q:
    if one.operator in ("~", "LIKE", "ILIKE"):
        raise QueryError(f"{one.field} is a duration; compare it with = != < <= > or >=", one.at)
    return Q(**{f"seconds__{COMPARE[one.operator]}": seconds(one), "seconds__isnull": False})


def _on_document(one: Comparison, path: tuple[str, ...]) -> Q:
    if one.value.lower() in ("true", "false") and not one.quoted and one.operator in ("=", "!="):
        truth = sure(KeyTransformExact(json_at(path), Value(one.value.lower() == "true", output_field=JSONField())))
        return signed(one, truth | on_text(_positive(one), text_at(path)))
    return on_text_or_number(one, text_at(path))


def _on_title(one: Comparison, ground: Ground) -> Q:
    return ground.row(on_text(one, "title"))


def _on_note(one: Comparison, ground: Ground) -> Q:
    return ground.row(on_text(one, "note"))


def _on_source(one: Comparison, ground: Ground) -> Q:
    """The job that a run stands for, by its name."""
    return ground.row(Q(Exists(Record.objects.filter(on_text(one, "name"), pk=OuterRef("source")))))


def _on_trial(one: Comparison, ground: Ground) -> Q:
    trial = Record.objects.filter(on_text(one, "name"), pk=OuterRef("trial"), kind="Trial")
    return Q(Exists(TrialMember.objects.filter(Exists(trial), component=OuterRef(ground.record))))


def _on_experiment(one: Comparison, ground: Ground) -> Q:
    """Any experiment that a run is in, by name or display name."""
    named = on_text(one, "name") | on_text(one, text_at("DisplayName"))
    experiment = Record.objects.filter(
        named, connection=OuterRef("trial__connection"), kind="Experiment", name=OuterRef("trial__parent")
    )
    return Q(Exists(TrialMember.objects.filter(Exists(experiment), component=OuterRef(ground.record))))


_ON_RUNS = {
    "title": _on_title, "note": _on_note, "source": _on_source, "trial": _on_trial, "experiment": _on_experiment,
}  # fmt: skip


def _known(field: Field, ground: Ground) -> Q:
    match field.kind:
        case "any tag":
            return Q(Exists(ground.tags()))
        case "tag":
            return Q(Exists(ground.tags().filter(key=field.key)))
        case "metric":
            return Q(Exists(ground.series(field.key)))
        case "parameter":
            return Q(Exists(ground.parameters(field.key)))
        case "document":
            return ground.has(expression(text_at(field.path), "isnull", False))
        case "moment":
            return ground.row(Q(**{f"{field.key}__isnull": False}))
        case "duration":
            return ground.row(Q(seconds__isnull=False))
        case "archived":
            return ground.row(Q(archived__isnull=False))
        case "source":
            return ground.row(Q(source__isnull=False))
        case "note":
            return ground.row(~Q(note=""))
        case "experiment" | "trial":
            return Q(Exists(TrialMember.objects.filter(component=OuterRef(ground.record))))
        case "text":
            return ground.has(~Q(**{field.key: ""}))
    return ~Q(pk__in=[])  # names and creation times, which everything has
