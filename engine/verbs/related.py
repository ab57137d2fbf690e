"""What Search knows of a noun that is in tables of its own and not in its document: parents, parameters, metrics, members."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from areas.spec import Resource
from catalog.models import Record, TrialMember
from engine.context import Context
from engine.verbs import measured, sql

MOST_MEMBERS = 300  # components that a trial's search record shows

_STATISTICS = {
    "last": "ms.last", "min": "ms.low", "max": "ms.high", "count": "ms.count",
    "avg": "CASE WHEN ms.finite > 0 THEN ms.mean END",
    "stddev": "CASE WHEN ms.finite > 0 THEN SQRT(ms.spread / ms.finite) END",
}  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """Rows of other tables that belong to a record: ``key`` is the column with the record's id."""

    key: str
    table: str  # with the joins and its own condition
    columns: dict[str, tuple[str, sql.Phrase]]  # member → (kind of value, SQL)

    def holding(self, condition: sql.Phrase, *, negated: bool = False) -> sql.Phrase:
        """The records of which a row (``negated``: no row) satisfies the condition."""
        text, params = condition
        word = "NOT IN" if negated else "IN"
        return f'"catalog_record"."id" {word} (SELECT {self.key} FROM {self.table} AND {text})', params


_SERIES = {"MetricName": ("text", ("ms.name", ()))} | {
    member: ("number", (_STATISTICS[member.lower()], ())) for member in ("Last", "Min", "Max", "Avg", "Count")
}
_MEMBERS = "catalog_trialmember tm JOIN catalog_record"

_ROWS = {
    ("TrialComponent", "Parents"): Rows(
        "tm.component_id", f"{_MEMBERS} tr ON tr.id = tm.trial_id WHERE tr.kind = 'Trial'",
        {"TrialName": ("text", ("tr.name", ())), "ExperimentName": ("text", ("tr.parent", ()))},
    ),
    ("TrialComponent", "Metrics"): Rows(
        "ms.run_id", "catalog_metricseries ms WHERE ms.run_id IS NOT NULL", _SERIES
    ),
    ("Trial", "TrialComponentSummaries"): Rows(
        "tm.trial_id", f"{_MEMBERS} tc ON tc.id = tm.component_id WHERE tc.kind = 'TrialComponent'",
        {"TrialComponentName": ("text", ("tc.name", ())), "TrialComponentArn": ("text", ("tc.arn", ()))},
    ),
}  # fmt: skip


def rows_of(resource: Resource, member: str) -> Rows | None:
    return _ROWS.get((resource.noun, member))


def value(resource: Resource, name: str) -> tuple[str, sql.Phrase] | None:
    """(kind, SQL) of ``Parameters.<key>`` or ``Metrics.<name>.<statistic>`` of a trial component, whatever the case of the
    first and the last word; None for what is neither. Of a metric without a statistic it is the last value."""
    head, _, rest = name.partition(".")
    if resource.noun != "TrialComponent" or not rest:
        return None
    if head.lower() == "parameters":
        key = rest.removesuffix(".NumberValue").removesuffix(".StringValue")
        return "loose", (f"({_PARAMETER} AND rp.key = %s)", (key,))
    if head.lower() == "metrics" and rest not in _SERIES:
        return "number", _statistic(rest)
    return None


_PARAMETER = 'SELECT rp.text FROM catalog_runparameter rp WHERE rp.run_id = "catalog_record"."id"'


def _statistic(name: str) -> sql.Phrase:
    metric, _, word = name.rpartition(".")
    if not metric or word.lower() not in _STATISTICS:
        metric, word = name, "last"
    column = _STATISTICS[word.lower()]
    where = 'ms.run_id = "catalog_record"."id" AND ms.name = %s'
    return f"(SELECT {column} FROM catalog_metricseries ms WHERE {where} ORDER BY ms.id LIMIT 1)", (metric,)


def members(context: Context, resource: Resource, numbers: Iterable[int]) -> dict[int, dict]:
    """Members that a search record has beside its document, by the Record's id; a fixed number of statements."""
    numbers = list(numbers)
    if not numbers or resource.noun not in ("Trial", "TrialComponent"):
        return {}
    if resource.noun == "Trial":
        return {number: {"TrialComponentSummaries": found} for number, found in _components(context, numbers).items()}
    parents, sums = _parents(context, numbers), measured.sums(numbers)
    return {
        number: {"Parents": parents.get(number, []), **({"Metrics": sums[number]} if sums[number] else {})}
        for number in numbers
    }


def _parents(context: Context, numbers: list[int]) -> dict[int, list[dict]]:
    trials = context.access.visible(Record.objects.filter(connection_id=context.connection.id, kind="Trial"), "Trial")
    rows = TrialMember.objects.filter(component__in=numbers, trial__in=trials).order_by("id")
    found: dict[int, list[dict]] = {}
    for number, trial, experiment in rows.values_list("component", "trial__name", "trial__parent"):
        found.setdefault(number, []).append({"TrialName": trial, "ExperimentName": experiment})
    return found


def _components(context: Context, numbers: list[int]) -> dict[int, list[dict]]:
    seen = Record.objects.filter(connection_id=context.connection.id, kind="TrialComponent")
    seen = context.access.visible(seen, "TrialComponent")
    place = Window(RowNumber(), partition_by="trial", order_by=F("id").asc())
    rows = TrialMember.objects.filter(trial__in=numbers, component__in=seen).annotate(place=place)
    columns = ("trial", "component__name", "component__arn", "component__created", "component__document__Source",
               "component__document__CreatedBy")  # fmt: skip
    found: dict[int, list[dict]] = {number: [] for number in numbers}
    for number, name, arn, created, source, person in rows.filter(place__lte=MOST_MEMBERS).values_list(*columns):
        summary = {"TrialComponentName": name, "TrialComponentArn": arn, "CreationTime": created.timestamp()}
        summary |= {"TrialComponentSource": source} if source else {}
        found[number].append(summary | ({"CreatedBy": person} if person else {}))
    return found
