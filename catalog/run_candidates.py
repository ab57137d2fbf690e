"""Which parts of a query an index of parameters or metrics answers: the runs that it is true of are all among those rows."""

from django.db.models import QuerySet

from catalog.conditions import on_metric, on_parameter
from catalog.models import MetricSeries, RunParameter
from catalog.query_fields import read_field
from catalog.query_language import Both, Comparison, Either, OneOf

MOST = 4  # options that are tried


def candidates(tree, experiment: int, aliases: dict[str, str] | None) -> list[list[QuerySet]]:
    """Options, each a list of queries whose rows together name (``run_id``) every run of an experiment that a tree is true of."""
    match tree:
        case Both(parts=parts):
            return [option for part in parts for option in candidates(part, experiment, aliases)][:MOST]
        case Either(parts=parts):
            options = [candidates(part, experiment, aliases) for part in parts]
            return [[rows for found in options for rows in found[0]]] if all(options) else []
        case OneOf(values=values):
            return candidates(Either(values), experiment, aliases)
        case Comparison():
            rows = _rows(tree, experiment, aliases)
            return [] if rows is None else [[rows]]
    return []


def _rows(one: Comparison, experiment: int, aliases) -> QuerySet | None:
    field = read_field(one.field, aliases, runs=True, at=one.at)
    if one.operator not in ("=", "==", "<", "<=", ">", ">="):
        return None
    if field.kind == "parameter":
        return RunParameter.objects.filter(on_parameter(one), experiment=experiment, key=field.key)
    if field.kind == "metric" and field.stat in ("last", "min", "max", "best"):
        return MetricSeries.objects.filter(on_metric(one, field), experiment=experiment, name=field.key)
    return None
