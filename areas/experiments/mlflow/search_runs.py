"""runs/search: which runs of some experiments a filter is true of, ordered and paged by the database.

The page that people look at, one experiment ordered by a metric, walks the index of that metric's values; everything else is
sorted.
"""

from django.db.models import Exists, F, FloatField, OrderBy, OuterRef, Q, QuerySet, Subquery, TextField

from areas.experiments.mlflow import filters, wire
from areas.experiments.mlflow.asked import Asked
from areas.experiments.mlflow.errors import invalid
from areas.experiments.mlflow.filters import Comparison
from areas.experiments.mlflow.found import DEFAULT_ID, experiment_of
from areas.experiments.mlflow.matching import TEXTS, TIMES, OfRuns, condition, started
from areas.experiments.mlflow.searching import (
    MOST,
    by_code_point,
    kinds_of,
    make_token,
    page_of,
    read_token,
    view_of,
    visible,
)
from areas.experiments.resource import EXPERIMENT, TRIAL_COMPONENT
from catalog.bin import PREFIX
from catalog.measures import MetricSeries
from catalog.models import Record, Tag, TrialMember
from catalog.runs import WORD, RunParameter, folded

FEW = 900  # runs that a parameter singles out, so that those are sorted instead of walking a metric's index
Order = tuple[str, str, bool]


def search(asked: Asked) -> dict:
    """https://mlflow.org/docs/latest/api_reference/rest-api.html#search-runs"""
    limit = asked.whole("max_results", 1000, low=0, high=MOST)
    experiments = _experiments(asked, asked.items("experiment_ids", str))
    tree = filters.read(asked.text("filter", ""))
    orders = [filters.read_order(one) for one in asked.items("order_by", str)]
    view, token = view_of(asked, "run_view_type"), asked.text("page_token", "")
    if not experiments or not limit:
        return {"runs": []}
    is_plain = view == "ACTIVE_ONLY" and asked.access.is_everything
    if is_plain and len(experiments) == 1 and len(orders) == 1 and orders[0][0] == "metric":
        page, token = _walk(experiments[0], tree, orders[0], token, limit)
    else:
        page, token = page_of(_sorted(asked, experiments, tree, orders, view), token, limit)
    answer: dict = {"runs": wire.runs(page)}
    return {**answer, "next_page_token": token} if token else answer


def _experiments(asked: Asked, given: list[str]) -> list[Record]:
    """Those of the ids that there are, and that the caller may view; in the bin too."""
    numbers = [int(one) for one in given if one.isdecimal() and len(one) < 19]
    kinds = (EXPERIMENT.noun, PREFIX + EXPERIMENT.noun)
    rows = Record.objects.filter(connection_id=asked.connection.id, kind__in=kinds, id__in=numbers)
    found = list(visible(asked, rows, EXPERIMENT.noun).order_by("id"))
    if DEFAULT_ID in given:
        found.append(experiment_of(asked, DEFAULT_ID))
    return found


def _sorted(asked: Asked, experiments: list[Record], tree, orders: list[Order], view: str) -> QuerySet:
    rows = Record.objects.filter(connection_id=asked.connection.id, kind__in=kinds_of(TRIAL_COMPONENT.noun, view))
    belongs = Q(run_row__experiment__in=[one.id for one in experiments])
    if view != "ACTIVE_ONLY":  # a run in the bin belongs to no experiment, but is still a member of its trial
        names = [one.name for one in experiments]
        members = TrialMember.objects.filter(
            component=OuterRef("pk"), trial__connection=asked.connection, trial__parent__in=names
        )
        belongs |= Q(kind=PREFIX + TRIAL_COMPONENT.noun) & Exists(members)
    rows = visible(asked, rows.filter(belongs), TRIAL_COMPONENT.noun).filter(condition(tree, OfRuns()))
    orders_by = [_order(one) for one in orders]
    if not any(key in TIMES for _, key, _ in orders):
        orders_by.append(OrderBy(started(), descending=True))
    return rows.order_by(*orders_by, "name")


def _order(order: Order) -> OrderBy:
    """Runs that have no such value come last, whichever way."""
    kind, key, is_ascending = order
    how = {"descending": not is_ascending, "nulls_last": True}
    if kind == "metric":
        rows = MetricSeries.objects.filter(run=OuterRef("pk"), name=key).values("last")
        return OrderBy(Subquery(rows[:1], output_field=FloatField()), **how)
    if kind == "param":
        rows = RunParameter.objects.filter(run=OuterRef("pk"), key=key).values("text")
        return OrderBy(by_code_point(Subquery(rows[:1], output_field=TextField())), **how)
    if kind == "tag":
        rows = Tag.objects.filter(record=OuterRef("pk"), key=key).values("value")
        return OrderBy(by_code_point(Subquery(rows[:1], output_field=TextField())), **how)
    if kind != "attribute" or key not in (*TIMES, *TEXTS):
        raise invalid(f"Invalid order_by key '{key}' specified. Valid keys are {sorted({*TIMES, *TEXTS})}.")
    if key in TIMES:
        return OrderBy(started() if TIMES[key] == "started" else F("run_row__ended"), **how)
    fields = {"run_id": "name", "artifact_uri": "name", "user_id": "owner", "status": "document__Status__PrimaryStatus"}
    return OrderBy(F(fields.get(key, "run_row__title")), **how)


def _walk(experiment: Record, tree, order: Order, token: str, limit: int) -> tuple[list[Record], str]:
    """One experiment's runs by a metric: along its index as far as the page needs, then those that haven't got it."""
    _, key, is_ascending = order
    start = read_token(token)
    series = MetricSeries.objects.filter(experiment=experiment.id, name=key, last__isnull=False, run__isnull=False)
    chosen = _singled_out(experiment, tree)
    if chosen is not None:
        series = series.filter(run__in=chosen)
    series = series.filter(condition(tree, OfRuns("run__")))
    ordered = series.order_by("last", "run_id") if is_ascending else series.order_by("-last", "-run_id")
    numbers = list(ordered.values_list("run_id", flat=True)[start : start + limit + 1])
    if len(numbers) <= limit:
        measured = MetricSeries.objects.filter(run=OuterRef("pk"), name=key, last__isnull=False)
        rows = Record.objects.filter(~Exists(measured), kind=TRIAL_COMPONENT.noun, run_row__experiment=experiment.id)
        if chosen is not None:
            rows = rows.filter(id__in=chosen)
        rows = rows.filter(condition(tree, OfRuns())).order_by(OrderBy(started(), descending=True), "name")
        begin = max(0, start - series.count()) if start else 0
        numbers += rows.values_list("id", flat=True)[begin : begin + limit + 1 - len(numbers)]
    there = Record.objects.in_bulk(numbers[:limit])
    page = [there[number] for number in numbers[:limit] if number in there]
    return page, make_token(start + limit) if len(numbers) > limit else ""


def _singled_out(experiment: Record, tree) -> list[int] | None:
    """The runs that the rarest parameter of the filter leaves, if it leaves few."""
    for one in _certain(tree):
        if one.kind == "param" and one.sign == "=" and isinstance(one.value, str):
            rows = RunParameter.objects.filter(experiment=experiment.id, key=one.key, word=folded(one.value[:WORD]))
            numbers = list(rows.values_list("run", flat=True)[: FEW + 1])
            if len(numbers) <= FEW:
                return numbers
    return None


def _certain(tree) -> list[Comparison]:
    """The comparisons that must be true of each run that the tree is true of."""
    if tree is None:
        return []
    what, inside = tree
    if what == "is":
        return [inside]
    return [one for part in inside for one in _certain(part)] if what == "and" else []
