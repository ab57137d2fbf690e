"""runs/search: which runs of some experiments a filter is true of, ordered and paged by the database.

The pages that people look at, of one experiment, are walked to (``walking``); several experiments and the bin are sorted.
"""

from django.db.models import Exists, OrderBy, OuterRef, Q, QuerySet

from areas.experiments.mlflow import filters, wire
from areas.experiments.mlflow.asked import Asked
from areas.experiments.mlflow.found import DEFAULT_ID, experiment_of
from areas.experiments.mlflow.matching import TIMES, OfRuns, condition
from areas.experiments.mlflow.searching import (
    EXPERIMENTS,
    MOST,
    ORDERS,
    kinds_of,
    make_token,
    page_of,
    read_token,
    view_of,
    visible,
)
from areas.experiments.mlflow.walking import Order, Walks, orders_by, started
from areas.experiments.resource import EXPERIMENT, TRIAL_COMPONENT
from catalog.bin import PREFIX
from catalog.models import Record, TrialMember


def search(asked: Asked) -> dict:
    """https://mlflow.org/docs/latest/api_reference/rest-api.html#search-runs"""
    limit = asked.whole("max_results", 1000, low=0, high=MOST)
    experiments = _experiments(asked, asked.items("experiment_ids", str, most=EXPERIMENTS))
    tree = filters.read(asked.text("filter", ""))
    orders = [filters.read_order(one) for one in asked.items("order_by", str, most=ORDERS)]
    view, token = view_of(asked, "run_view_type"), asked.text("page_token", "")
    if not experiments or not limit:
        return {"runs": []}
    if view == "ACTIVE_ONLY" and len(experiments) == 1:
        page, token = _walked(asked, experiments[0], tree, orders, token, limit)
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


def _walked(asked: Asked, experiment: Record, tree, orders: list[Order], token: str, limit: int):
    start = read_token(token)
    walks = Walks(experiment.id, tree, orders, lambda rows: visible(asked, rows, TRIAL_COMPONENT.noun))
    numbers = walks.page(start, limit + 1)
    there = Record.objects.in_bulk(numbers[:limit])
    page = [there[number] for number in numbers[:limit] if number in there]
    return page, make_token(start + limit) if len(numbers) > limit else ""


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
    ordered = [by for one in orders for by in orders_by(one)]
    if not any(key in TIMES for _, key, _ in orders):
        ordered.append(OrderBy(started(), descending=True))
    return rows.order_by(*ordered, "name")
