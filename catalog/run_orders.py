"""The orders that runs are listed in: for each sort one or more walks along an index, one after the other."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog.conditions import Ground, metric_column
from catalog.models import MetricSeries, Record, RunParameter, RunRow
from catalog.queries import sort_keys
from catalog.query_fields import TIME_FIELDS, Field

Of = Callable[[type, str], QuerySet]  # the rows of a table that belong to runs that are found


@dataclass(frozen=True)
class Order:
    """Sorted rows as tuples: (value, run id) where an index keeps them so, else (run id,)."""

    rows: QuerySet
    column: str = ""
    record: str = ""
    descending: bool = False

    @property
    def is_keyed(self) -> bool:
        """Whether a page can go on from a row."""
        return bool(self.column)

    def beyond(self, row: list) -> QuerySet:
        """The rows after one."""
        value, number = row
        if isinstance(value, str) and self.column in TIME_FIELDS:
            value = datetime.fromisoformat(value)
        side = "lt" if self.descending else "gt"
        # Two conditions, so that the first one is a range of the index.
        beyond = Q(**{f"{self.column}__{side}": value}) | Q(**{f"{self.record}__{side}": number})
        return self.rows.filter(beyond, **{f"{self.column}__{side}e": value})


def orders_of_records(field: Field, descending: bool, records: QuerySet[Record]) -> list[Order]:
    """How runs are listed that only the Records know all of."""
    if field.kind == "time":
        return [_keyed(records, field.key, "id", descending)]
    return [_sorted(records, field, descending, "pk")]


def orders_of(field: Field, descending: bool, of: Of) -> list[Order]:
    """How the runs of an experiment are listed: ``of`` gives the rows of a table that belong to them."""
    if field.kind == "time" and field.key == "created":
        return [_keyed(of(RunRow, "record_id"), "created", "record_id", descending)]
    if field.kind == "metric" and field.stat in ("last", "min", "max", "best"):
        return _by_metric(field, descending, of)
    if field.kind == "parameter":
        return _by_parameter(field, descending, of)
    return [_sorted(of(RunRow, "record_id"), field, descending, "record_id")]


def _by_metric(field: Field, descending: bool, of: Of) -> list[Order]:
    column = metric_column(field)
    measured = MetricSeries.objects.filter(run=OuterRef("run_id"), name=field.key)
    newer = Exists(measured.filter(id__gt=OuterRef("id"), **{f"{column}__isnull": False}))
    values = of(MetricSeries, "run_id").filter(~newer, name=field.key, **{f"{column}__isnull": False})
    has = MetricSeries.objects.filter(run=OuterRef("record_id"), name=field.key, **{f"{column}__isnull": False})
    return [_keyed(values, column, "run_id", descending), _others(of, has)]


def _by_parameter(field: Field, descending: bool, of: Of) -> list[Order]:
    """Numbers first, then texts, then runs that lack it."""
    values = of(RunParameter, "run_id").filter(key=field.key)
    has = RunParameter.objects.filter(run=OuterRef("record_id"), key=field.key)
    return [
        _keyed(values.filter(number__isnull=False), "number", "run_id", descending),
        _keyed(values.filter(number__isnull=True), "word", "run_id", descending),
        _others(of, has),
    ]


def _others(of: Of, has: QuerySet) -> Order:
    """Runs without a value: the newest first."""
    return _keyed(of(RunRow, "record_id").filter(~Exists(has)), "created", "record_id", True)


def _keyed(rows: QuerySet, column: str, record: str, descending: bool) -> Order:
    sign = "-" if descending else ""
    return Order(rows.order_by(sign + column, sign + record).values_list(column, record), column, record, descending)


def _sorted(rows: QuerySet, field: Field, descending: bool, record: str) -> Order:
    keys = sort_keys(field, Ground(record, True))
    ordered = [key.desc(nulls_last=True) if descending else key.asc(nulls_last=True) for key in keys]
    return Order(rows.order_by(*ordered, f"-{record}" if descending else record).values_list(record))
