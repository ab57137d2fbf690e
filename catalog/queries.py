"""Lists of records: the query language turned into SQL, sorting, paging. No query per row, and no row fetched in vain."""

from dataclasses import dataclass, field

from django.db.models import Case, Exists, F, OuterRef, QuerySet, Subquery, TextField, Value, When
from django.db.models.functions import NullIf

from catalog.conditions import Ground, condition, metric_column
from catalog.metrics import series_of
from catalog.models import MetricSeries, Record, RunRow, TrialMember
from catalog.query_fields import Field, read_field
from catalog.query_language import QueryError, parse
from catalog.query_texts import Exactly, as_float, number_at, text_at

PAGE_SIZES = (25, 50, 100, 200)
RUNS = "TrialComponent"

__all__ = ["PAGE_SIZES", "Page", "metric_values", "number_at", "page_of", "search_records", "sort_records", "text_at"]


@dataclass
class Page:
    """One page of a list. ``first`` and ``last`` are positions counted from 1; ``pages`` is at least 1."""

    records: list[Record] = field(default_factory=list)
    total: int = 0
    number: int = 1
    size: int = 25

    @property
    def pages(self) -> int:
        return max(-(-self.total // self.size), 1)

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.number * self.size, self.total)


def search_records(records: QuerySet, text: str, aliases: dict[str, str] | None = None, *, noun: str = "") -> QuerySet:
    """The records that a query is true of. ``aliases`` maps words (lower case) to fields; ``noun`` is the records' kind, which
    matters where it is TrialComponent. Raises QueryError.
    """
    tree = parse(text or "")
    return records if tree is None else records.filter(condition(tree, Ground(runs=noun == RUNS, aliases=aliases)))


def sort_records(records: QuerySet, sort: str, *, noun: str = "") -> QuerySet:
    """Ordered by a field of the language, descending with a minus; what has no value comes last, then by id.

    A field that there isn't sorts by nothing but the id.
    """
    descending, name = sort.startswith("-"), sort.removeprefix("-")
    ground = Ground(runs=noun == RUNS)
    try:
        orders = sort_keys(read_field(name, runs=ground.runs), ground)
    except QueryError:
        orders = []
    keys = [key.desc(nulls_last=True) if descending else key.asc(nulls_last=True) for key in orders]
    if len(orders) == 1 and isinstance(orders[0], F):  # never NULL: the plain form lets an index do it
        keys = [orders[0].desc() if descending else orders[0].asc()]
    return records.order_by(*keys, "-id" if descending else "id")


def sort_keys(found: Field, ground: Ground) -> list:
    """What rows of the ground are ordered by: expressions, NULL where there is no value."""
    to_record = "" if ground.record == "pk" else "record__"
    match found.kind:
        case "text" if found.key in ("name", "status"):
            return [F(to_record + found.key)]
        case "text":
            return [Exactly(F(to_record + found.key))]
        case "time":
            return [F(to_record + found.key)]
        case "metric":
            return [Subquery(metric_value(found, ground.series(found.key)).values("measured")[:1])]
        case "parameter":
            number = ground.parameters(found.key).values("number")[:1]
            word = ground.parameters(found.key).filter(number__isnull=True).values("word")[:1]
            return [Subquery(number), Exactly(Subquery(word))]
        case "tag":
            tag = ground.tags().filter(key=found.key)
            return [Subquery(tag.values(shown=as_float("value"))[:1]), Exactly(Subquery(tag.values("value")[:1]))]
        case "any tag":
            return [Exactly(Subquery(ground.tags().order_by("key").values("key")[:1]))]
        case "document":
            if not to_record:
                return [number_at(found.path), Exactly(text_at(found.path))]
            record = Record.objects.filter(pk=OuterRef(ground.record))
            number, text = (record.values(shown=value)[:1] for value in (number_at(found.path), text_at(found.path)))
            return [Subquery(number), Exactly(Subquery(text))]
        case _:
            return [_run_key(found, ground)]


def metric_value(found: Field, series: QuerySet[MetricSeries]) -> QuerySet[MetricSeries]:
    """Series with what a field asks of them as ``measured``; NULL is NaN. The newest first, should a run have two."""
    value = F(metric_column(found))
    if found.stat == "mean":
        value = Case(When(finite__gt=0, then=value), default=None)
    return series.annotate(measured=value).order_by("-id")


def _run_key(found: Field, ground: Ground):
    row = RunRow.objects.filter(record=OuterRef(ground.record))

    def own(value):
        return value if ground.is_row else Subquery(row.values(shown=value)[:1])

    match found.kind:
        case "title":
            return Exactly(own(F("title")))
        case "note":
            return Exactly(own(NullIf(F("note"), Value("", TextField()))))
        case "moment" | "archived":
            return own(F(found.key if found.kind == "moment" else "archived"))
        case "duration":
            return own(F("seconds"))
        case "source":
            job = Record.objects.filter(Exists(row.filter(source=OuterRef("pk"))))
            return Exactly(Subquery(job.values("name")[:1]))
    member = TrialMember.objects.filter(component=OuterRef(ground.record)).order_by("id")
    return Exactly(Subquery(member.values("trial__parent" if found.kind == "experiment" else "trial__name")[:1]))


def page_of(records: QuerySet, number: int, size: int) -> Page:
    """One page of sorted records in three queries: how many, which ids (from the index alone), those rows."""
    total = records.order_by().count()
    page = Page(total=total, size=size)
    page.number = min(max(number, 1), page.pages)
    start = (page.number - 1) * size
    page.records = in_order(list(records.values_list("id", flat=True)[start : start + size]))
    return page


def in_order(ids: list[int]) -> list[Record]:
    """The records of these ids, in this order. One query."""
    rows = Record.objects.in_bulk(ids)
    return [rows[number] for number in ids if number in rows]


def metric_values(records: list[Record], names: list[str]) -> dict[tuple[int, str], dict]:
    """Last, min and max of metrics for many records: ``{(record id, metric): {"last", "min", "max"}}``. One query."""
    if not records or not names:
        return {}
    found = series_of([record.id for record in records], names)
    return {key: {"last": one.last, "min": one.low, "max": one.high} for key, one in found.items()}
