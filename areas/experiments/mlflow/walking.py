"""The runs of one experiment in the order of a search: each walk reads an index that is in that order already, or the rows of one
table, and asks of each whether the filter is true of it. A walk ends when the page is full.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Exists, F, FloatField, OrderBy, OuterRef, QuerySet, Subquery, TextField
from django.db.models.functions import Coalesce

from areas.experiments.mlflow.errors import invalid
from areas.experiments.mlflow.filters import Comparison
from areas.experiments.mlflow.matching import TEXTS, TIMES, OfRuns, condition, number
from areas.experiments.mlflow.searching import by_code_point
from areas.experiments.resource import TRIAL_COMPONENT
from catalog.measures import MetricSeries
from catalog.models import Record, RunRow, Tag
from catalog.runs import WORD, RunParameter, folded

FEW = 900  # runs that a condition singles out, so that those are sorted instead of walking all
Order = tuple[str, str, bool]


@dataclass(frozen=True)
class Walks:
    """How the runs of an experiment (id of its Record) are found that a tree is true of and that ``visible`` leaves."""

    experiment: int
    tree: tuple | None
    orders: list[Order]
    visible: Callable[[QuerySet], QuerySet]

    def page(self, start: int, limit: int) -> list[int]:
        """Ids of the runs from ``start`` on, at most ``limit``."""
        found: list[int] = []
        for rows in self._walks():
            here = list(rows[start : start + limit - len(found)])
            found += here
            if len(found) >= limit:
                break
            start = 0 if here or not start else max(start - rows.order_by().count(), 0)
        return found

    def _walks(self) -> list[QuerySet]:
        chosen = self._singled_out()
        if not self.orders or self.orders[0][0] not in ("metric", "param"):
            return [self._ordered(self._of(RunRow, "record", chosen), "record")]
        kind, key, is_ascending = self.orders[0]
        sign = "" if is_ascending else "-"
        if kind == "metric":
            model, columns = MetricSeries, [F("last")]
            mine = {"name": key, "last__isnull": False}
            newer = model.objects.filter(run=OuterRef("run_id"), id__gt=OuterRef("id"), **mine)
            values = self._of(model, "run", chosen, **mine).filter(~Exists(newer), run__isnull=False)
        else:
            model, columns, mine = RunParameter, [F("word"), by_code_point(F("text"))], {"key": key}
            values = self._of(model, "run", chosen, **mine)
        first = [OrderBy(column, descending=not is_ascending) for column in columns]
        more = self.orders[1:]
        rest = [*_rest(more, "run__"), "-run_id"] if more else [f"{sign}run_id"]
        without = self._of(RunRow, "record", chosen).filter(
            ~Exists(model.objects.filter(run=OuterRef("record_id"), **mine))
        )
        return [values.order_by(*first, *rest).values_list("run_id", flat=True), self._ordered(without, "record", more)]

    def _ordered(self, rows: QuerySet, record: str, orders: list[Order] | None = None) -> QuerySet:
        orders = self.orders if orders is None else orders
        # Among equals in the direction of the index.
        sign = "" if len(orders) == 1 and orders[0][2] else "-"
        return rows.order_by(*_rest(orders, f"{record}__"), f"{sign}{record}_id").values_list(f"{record}_id", flat=True)

    def _of(self, model, record: str, chosen: QuerySet | None, **more) -> QuerySet:
        """The rows of a table that belong to runs that are found; ``record`` is its column that names a run's Record."""
        rows = model.objects.filter(experiment=self.experiment, **more)
        if chosen is not None:
            rows = rows.filter(**{f"{record}__in": chosen})
        row = "" if model is RunRow else None
        rows = rows.filter(condition(self.tree, OfRuns(f"{record}__", row)))
        everything = Record.objects.all()
        seen = self.visible(everything)
        return rows if seen is everything else rows.filter(Exists(seen.filter(pk=OuterRef(f"{record}_id"))))

    def _singled_out(self) -> QuerySet | None:
        """Ids of the runs that one condition of the filter leaves, if it leaves few."""
        for one in _certain(self.tree):
            rows = self._known_of(one)
            if rows is not None and not rows[FEW : FEW + 1]:
                return rows
        return None

    def _known_of(self, one: Comparison) -> QuerySet | None:
        """Runs that an index names for a comparison, among them all that it is true of."""
        if one.kind == "param" and one.sign in ("=", "IN"):
            values = one.value if isinstance(one.value, tuple) else (one.value,)
            words = {folded(value[:WORD]) for value in values if isinstance(value, str)}
            rows = RunParameter.objects.filter(experiment=self.experiment, key=one.key, word__in=words)
            return rows.values_list("run_id", flat=True)
        if one.kind == "metric" and one.sign in ("<", "<=", "=", ">=", ">") and isinstance(one.value, float):
            rows = MetricSeries.objects.filter(experiment=self.experiment, name=one.key, run__isnull=False)
            return rows.filter(number("last", one)).values_list("run_id", flat=True)
        if (one.kind, one.key) == ("attribute", "run_id") and one.sign in ("=", "IN"):
            names = one.value if isinstance(one.value, tuple) else (one.value,)
            rows = Record.objects.filter(kind=TRIAL_COMPONENT.noun, name__in=names, run_row__experiment=self.experiment)
            return rows.values_list("id", flat=True)
        return None


def _certain(tree) -> list[Comparison]:
    """The comparisons that must be true of each run that the tree is true of."""
    if tree is None:
        return []
    what, inside = tree
    if what == "is":
        return [inside]
    return [one for part in inside for one in _certain(part)] if what == "and" else []


def _rest(orders: list[Order], at: str) -> list[OrderBy]:
    """Orders of rows that have a run's Record at ``at``; where none is a time, the newest come first."""
    found = [by for one in orders for by in orders_by(one, at)]
    if not any(key in TIMES for _, key, _ in orders):
        found.append(OrderBy(started(at), descending=True))
    return found


def orders_by(order: Order, at: str = "") -> list[OrderBy]:
    """An order of rows that have a run's Record at ``at``: "" for Records, "record__" for RunRows, "run__" for others. Runs that
    have no such value come last, whichever way; parameters are in alphabetical order, A before a."""
    kind, key, is_ascending = order
    how = {"descending": not is_ascending, "nulls_last": True}
    outer = OuterRef(f"{at.removesuffix('__')}_id" if at else "pk")
    if kind == "metric":
        rows = MetricSeries.objects.filter(run=outer, name=key, last__isnull=False).order_by("-id").values("last")
        return [OrderBy(Subquery(rows[:1], output_field=FloatField()), **how)]
    if kind == "param":
        rows = RunParameter.objects.filter(run=outer, key=key)
        texts = (Subquery(rows.values(column)[:1], output_field=TextField()) for column in ("word", "text"))
        return [OrderBy(by_code_point(text), **how) for text in texts]
    if kind == "tag":
        rows = Tag.objects.filter(record=outer, key=key).values("value")
        return [OrderBy(by_code_point(Subquery(rows[:1], output_field=TextField())), **how)]
    if kind != "attribute" or key not in (*TIMES, *TEXTS):
        raise invalid(f"Invalid order_by key '{key}' specified. Valid keys are {sorted({*TIMES, *TEXTS})}.")
    row = _row(at)
    if key in TIMES:
        if TIMES[key] == "started":
            return [OrderBy(started(at), descending=not is_ascending)]
        return [OrderBy(F(f"{row}ended"), **how)]
    fields = {"run_id": "name", "artifact_uri": "name", "user_id": "owner", "status": "document__Status__PrimaryStatus"}
    return [OrderBy(F(f"{at}{fields[key]}" if key in fields else f"{row}title"), **how)]


def started(at: str = "") -> Coalesce:
    """When a run began; one that never said when it did, when it was made. An index of RunRow has it."""
    return Coalesce(F(f"{_row(at)}started"), F(f"{_row(at)}created"))


def _row(at: str) -> str:
    return "" if at == "record__" else f"{at}run_row__"
