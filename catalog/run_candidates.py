"""Which parts of a query an index answers: the runs that it is true of are all among those that the index names."""

from django.db.models import QuerySet

from catalog.conditions import on_metric, on_parameter
from catalog.models import Connection, MetricSeries, Record, RunParameter, Tag
from catalog.query_fields import Field, read_field
from catalog.query_language import Both, Comparison, Either, Known, OneOf

MOST = 4  # options that are tried
RANGES = ("=", "==", "<", "<=", ">", ">=")


def candidates(tree, connection: Connection, experiment: int, aliases: dict[str, str] | None) -> list[list[QuerySet]]:
    """Options, each a list of queries for ids of Records, which together name every run of an experiment that a tree is true of."""
    match tree:
        case Both(parts=parts):
            return [option for part in parts for option in candidates(part, connection, experiment, aliases)][:MOST]
        case Either(parts=parts):
            options = [candidates(part, connection, experiment, aliases) for part in parts]
            return [[rows for found in options for rows in found[0]]] if all(options) else []
        case OneOf(values=values):
            return candidates(Either(values), connection, experiment, aliases)
        case Comparison() | Known():
            field = read_field(tree.field, aliases, runs=True, at=tree.at)
            rows = _rows(tree, field, connection, experiment)
            return [] if rows is None else [[rows]]
    return []


def _rows(one: Comparison | Known, field: Field, connection: Connection, experiment: int) -> QuerySet | None:
    operator = None if isinstance(one, Known) else one.operator
    if operator not in (None, *RANGES):
        return None
    match field.kind:
        case "parameter":
            rows = RunParameter.objects.filter(experiment=experiment, key=field.key)
            return (rows.filter(on_parameter(one)) if operator else rows).values_list("run_id", flat=True)
        case "metric" if operator is None or field.stat in ("last", "min", "max", "best"):
            rows = MetricSeries.objects.filter(experiment=experiment, name=field.key)
            return (rows.filter(on_metric(one, field)) if operator else rows).values_list("run_id", flat=True)
        case "tag":  # of this value or any other: the index knows no letters' case
            return Tag.objects.filter(key=field.key).values_list("record_id", flat=True)
        case "text" if field.key == "name" and operator == "==":
            rows = Record.objects.filter(connection=connection, kind="TrialComponent", name=one.value)
            return rows.values_list("id", flat=True)
    return None
