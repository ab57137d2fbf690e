"""Lists of records: the query language turned into SQL, sorting, paging. No query per row, and no row fetched in vain."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db.models import (
    Case,
    Exists,
    F,
    FloatField,
    IntegerField,
    JSONField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform, KeyTransform, KeyTransformExact
from django.db.models.functions import Cast
from django.utils import timezone

from catalog.models import MetricPoint, Record, Tag
from catalog.query_language import Both, Comparison, Either, Not, QueryError, Word, parse

TEXT_FIELDS = ("name", "status", "owner", "parent", "arn")
TIME_FIELDS = ("created", "modified")
NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"
COMPARE = {"=": "exact", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
SPAN = re.compile(r"^-?(\d+)\s*(min|m|h|d|w)$")
UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
PAGE_SIZES = (25, 50, 100, 200)


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


def search_records(records: QuerySet, text: str, aliases: dict[str, str] | None = None) -> QuerySet:
    """The records that a query is true of. ``aliases`` maps words (lower case) to fields. Raises QueryError."""
    tree = parse(text or "")
    return records if tree is None else records.filter(_condition(tree, aliases or {}))


def sort_records(records: QuerySet, sort: str) -> QuerySet:
    """Ordered by a field of the language, descending with a minus; what has no value comes last, then by id."""
    descending, name = sort.startswith("-"), sort.lstrip("-")
    if name in TEXT_FIELDS or name in TIME_FIELDS:
        order = F(name).desc() if descending else F(name).asc()
        return records.order_by(order, "-id" if descending else "id")
    if name.startswith("metrics."):
        value = _metric(name.removeprefix("metrics."))
    elif name.startswith("tags."):
        value = Subquery(Tag.objects.filter(record=OuterRef("pk"), key=name.removeprefix("tags.")).values("value")[:1])
    else:
        number, text = number_at(name), text_at(name)
        orders = [e.desc(nulls_last=True) if descending else e.asc(nulls_last=True) for e in (number, text)]
        return records.order_by(*orders, "-id" if descending else "id")
    return records.order_by(value.desc(nulls_last=True) if descending else value.asc(nulls_last=True), "-id")


def page_of(records: QuerySet, number: int, size: int) -> Page:
    """One page of sorted records in three queries: how many, which ids (from the index alone), those rows."""
    total = records.order_by().count()
    page = Page(total=total, size=size)
    page.number = min(max(number, 1), page.pages)
    start = (page.number - 1) * size
    ids = list(records.values_list("id", flat=True)[start : start + size])
    rows = Record.objects.in_bulk(ids)
    page.records = [rows[id_] for id_ in ids if id_ in rows]
    return page


def metric_values(records: list[Record], names: list[str]) -> dict[tuple[int, str], dict]:
    """Last, min and max of metrics for many records: ``{(record id, metric): {"last", "min", "max"}}``. Two queries."""
    if not records or not names:
        return {}
    points = MetricPoint.objects.filter(record__in=records, name__in=names)
    groups = points.order_by().values("record_id", "name").annotate(last=Max("id"), min=Min("value"), max=Max("value"))
    found = {(row["record_id"], row["name"]): row for row in groups}
    values = dict(MetricPoint.objects.filter(id__in=[row["last"] for row in found.values()]).values_list("id", "value"))
    return {key: {"last": values.get(row["last"]), "min": row["min"], "max": row["max"]} for key, row in found.items()}


def _condition(tree, aliases: dict[str, str]) -> Q:
    match tree:
        case Word(text=text):
            return Q(name__icontains=text)
        case Not(inner=inner):
            return _not(_condition(inner, aliases))
        case Both(parts=parts):
            found = Q()
            for part in parts:
                found &= _condition(part, aliases)
            return found
        case Either(parts=parts):
            found = _condition(parts[0], aliases)
            for part in parts[1:]:
                found |= _condition(part, aliases)
            return found
        case Comparison():
            return _compare(tree, aliases)
    raise TypeError(tree)


def _compare(one: Comparison, aliases: dict[str, str]) -> Q:
    name = aliases.get(one.field.lower(), one.field)
    lowered = name.lower()
    if lowered in TEXT_FIELDS:
        return _on_text(one, lowered)
    if lowered in TIME_FIELDS:
        return _on_time(one, lowered)
    if lowered in ("tag", "tags"):
        return _on_tag(one, None)
    if lowered.startswith(("tags.", "tag.")):
        return _on_tag(one, name.partition(".")[2])
    if lowered.startswith(("metrics.", "metric.")):
        return _on_metric(one, name.partition(".")[2])
    if ":" in name and "." not in name.partition(":")[0]:
        return _on_metric(one, name)
    if not name[0].isupper():
        raise QueryError(
            f"There is no field {one.field}; known are name, status, owner, created, modified, tags.<key>, "
            "metrics.<name>, and paths such as HyperParameters.max_depth",
            one.at,
        )
    return _on_document(one, name)


def _not(positive: Q) -> Q:
    """True wherever the condition isn't, also where SQL would answer NULL because the value is missing."""
    return _expression(Case(When(positive, then=1), default=0, output_field=IntegerField()), "exact", 0)


def _signed(one: Comparison, positive: Q) -> Q:
    return _not(positive) if one.operator.startswith("!") else positive


def _on_text(one: Comparison, name: str) -> Q:
    if one.operator in ("=", "!="):
        return _signed(one, Q(**{f"{name}__iexact": one.value}))
    if one.operator in ("~", "!~"):
        return _signed(one, Q(**{f"{name}__icontains": one.value}))
    return Q(**{f"{name}__{COMPARE[one.operator]}": one.value})


def _on_time(one: Comparison, name: str) -> Q:
    start, end = _moment(one)
    match one.operator:
        case "=" | "~":
            return Q(**{f"{name}__gte": start, f"{name}__lt": end})
        case "!=" | "!~":
            return ~Q(**{f"{name}__gte": start, f"{name}__lt": end})
        case ">":
            return Q(**{f"{name}__gte": end})
        case "<=":
            return Q(**{f"{name}__lt": end})
        case operator:
            return Q(**{f"{name}__{COMPARE[operator]}": start})


def _moment(one: Comparison) -> tuple[datetime, datetime]:
    """The span that a time means: a day, a second, or a moment so long ago (``7d``, ``-24h``)."""
    if span := SPAN.match(one.value):
        moment = timezone.now() - timedelta(**{UNITS[span[2]]: min(int(span[1]), 10_000)})
        return moment, moment
    if one.value.lower() in ("today", "yesterday"):
        day = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
        day -= timedelta(days=one.value.lower() == "yesterday")
        return day, day + timedelta(days=1)
    try:
        moment = datetime.fromisoformat(one.value)
    except ValueError:
        raise QueryError(
            f"{one.value} is no time; write 2026-11-20, 2026-11-20T14:30, today, or 7d for seven days ago", one.value_at
        ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment, moment + (timedelta(days=1) if len(one.value) == 10 else timedelta(seconds=1))


def _on_tag(one: Comparison, key: str | None) -> Q:
    tags = Tag.objects.filter(record=OuterRef("pk"))
    how = {"=": "iexact", "!=": "iexact", "~": "icontains", "!~": "icontains"}.get(one.operator)
    how = how or COMPARE[one.operator]
    if key is None:
        tags = tags.filter(Q(**{f"key__{how}": one.value}) | Q(**{f"value__{how}": one.value}))
    else:
        tags = tags.filter(**{"key": key, f"value__{how}": one.value})
    return _signed(one, Q(Exists(tags)))


def _on_metric(one: Comparison, name: str) -> Q:
    if one.operator in ("~", "!~"):
        raise QueryError(f"{name} is a number; compare it with = != < <= > or >=", one.at)
    value = _number(one)
    how = "exact" if one.operator == "!=" else COMPARE[one.operator]
    return _signed(one, _expression(_metric(name), how, value))


def _metric(name: str):
    """The last value of a metric; ``….min`` and ``….max`` are over all of its points."""
    best = {".min": Min("value"), ".max": Max("value")}.get(name[-4:])
    if best is None:
        return Subquery(
            MetricPoint.objects.filter(record=OuterRef("pk"), name=name).order_by("-id").values("value")[:1],
            output_field=FloatField(),
        )
    points = MetricPoint.objects.filter(record=OuterRef("pk"), name=name[:-4]).order_by().values("record")
    return Subquery(points.annotate(best=best).values("best"), output_field=FloatField())


def _number(one: Comparison) -> float:
    try:
        return float(one.value)
    except ValueError:
        raise QueryError(f"A number is missing after {one.field} {one.operator}", one.value_at) from None


def _expression(expression, how: str, value) -> Q:
    return Q(expression.output_field.get_lookup(how)(expression, value))


def _on_document(one: Comparison, path: str) -> Q:
    if one.value.lower() in ("true", "false") and not one.quoted and one.operator in ("=", "!="):
        truth = Q(KeyTransformExact(_json_at(path), Value(one.value.lower() == "true", output_field=JSONField())))
        return _signed(one, truth | _expression(text_at(path), "iexact", one.value))
    if one.operator in ("~", "!~"):
        return _signed(one, _expression(text_at(path), "icontains", one.value))
    numeric = not one.quoted and re.match(NUMBER, one.value)
    if one.operator in ("=", "!="):
        equal = _expression(text_at(path), "iexact", one.value)
        if numeric:
            equal |= _expression(number_at(path), "exact", float(one.value))
        return _signed(one, equal)
    if numeric:
        return _expression(number_at(path), COMPARE[one.operator], float(one.value))
    return _expression(text_at(path), COMPARE[one.operator], one.value)


def _json_at(path: str):
    found = F("document")
    for key in path.split("."):
        found = KeyTransform(key, found)
    return found


def text_at(path: str):
    """A document's member as text, whatever its type, the same on SQLite and PostgreSQL."""
    *keys, last = path.split(".")
    found = F("document")
    for key in keys:
        found = KeyTransform(key, found)
    return Cast(KeyTextTransform(last, found), TextField())


def number_at(path: str):
    """A document's member as a number; NULL where it is none (SageMaker writes hyperparameters as text)."""
    text = text_at(path)
    return Case(
        When(TextField().get_lookup("regex")(text, NUMBER), then=Cast(text, FloatField())),
        default=None,
        output_field=FloatField(),
    )
