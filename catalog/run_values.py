"""What runs have in columns: fields of their own, parameters, metrics and tags, for tables, exports and REST.

A column is written as in queries: ``status``, ``params.max_depth``, ``tags.team``, ``metrics.auc`` (its last value),
``metrics.auc.max``, ``metrics."val loss".min``. A few statements for any number of runs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from catalog.measures import MetricSeries
from catalog.metric_names import is_higher_better
from catalog.metrics import series_of
from catalog.models import Record, Tag
from catalog.runs import RunParameter, RunRow

FIELDS = {
    "name": "Name", "label": "Run", "status": "Status", "owner": "Owner", "created": "Created", "modified": "Modified",
    "started": "Started", "ended": "Ended", "duration": "Duration", "source": "Source", "note": "Note",
    "archived": "Archived",
}  # fmt: skip
STATISTICS = ("last", "min", "max", "best", "mean", "count")
PREFIXES = ("metrics.", "params.", "tags.")


@dataclass(frozen=True)
class Column:
    """``kind`` is field, params, tags or metrics; ``statistic`` is "" for what is no metric."""

    text: str  # as it was written
    kind: str
    key: str
    statistic: str = ""

    @property
    def label(self) -> str:
        if self.kind == "field":
            return FIELDS[self.key]
        return f"{self.key} ({self.statistic})" if self.statistic not in ("", "last") else self.key


def column(text: str) -> Column:
    """Raises ValueError with the reason, in one sentence."""
    kind, _, rest = text.partition(".")
    if not rest:
        if text in FIELDS:
            return Column(text, "field", text)
        raise ValueError(
            f"There is no column {text[:64]!r}: it is one of {', '.join(FIELDS)}, params.…, metrics.… or tags.…."
        )
    if f"{kind}." not in PREFIXES:
        raise ValueError(f"There is no column {text[:64]!r}: what has a dot begins with params., metrics. or tags.")
    if kind != "metrics":
        return Column(text, kind, _unquoted(rest))
    key, _, last = rest.rpartition(".")
    if key and last in STATISTICS:
        return Column(text, kind, _unquoted(key), last)
    return Column(text, kind, _unquoted(rest), "last")


def values(records: Sequence[Record], columns: Iterable[Column]) -> list[list]:
    """A row for each record: numbers as float, times as epoch seconds, texts, None where there is nothing (or NaN)."""
    columns = list(columns)
    numbers = [one.id for one in records]
    wanted = {kind: {one.key for one in columns if one.kind == kind} for kind in ("field", "params", "tags", "metrics")}
    found = _Found(
        params=_pairs(RunParameter, "run", numbers, wanted["params"], "text", "number"),
        tags=_pairs(Tag, "record", numbers, wanted["tags"], "value"),
        metrics=series_of(numbers, wanted["metrics"]) if wanted["metrics"] else {},
        rows=RunRow.objects.in_bulk(numbers) if wanted["field"] & {"note", "archived"} else {},
    )
    return [[_value(record, one, found) for one in columns] for record in records]


def statistic_of(series: MetricSeries, statistic: str) -> float | int | None:
    """One number of a series; ``best`` is the least or the greatest, by what its name measures."""
    if statistic == "best":
        statistic = "max" if is_higher_better(series.name) else "min"
    if statistic == "mean":
        return series.mean if series.finite else None
    return {"last": series.last, "min": series.low, "max": series.high, "count": series.count}[statistic]


@dataclass(frozen=True)
class _Found:
    params: dict
    tags: dict
    metrics: dict
    rows: dict


def _pairs(model, owner: str, numbers: list[int], keys: set[str], *fields: str) -> dict:
    if not keys:
        return {}
    rows = model.objects.filter(**{f"{owner}__in": numbers, "key__in": keys}).values_list(owner, "key", *fields)
    return {(one[0], one[1]): one[2] if len(fields) == 1 else one[2:] for one in rows}


def _value(record: Record, column: Column, found: _Found):
    place = record.id, column.key
    if column.kind == "params":
        text, number = found.params.get(place, (None, None))
        return number if number is not None else text
    if column.kind == "tags":
        return found.tags.get(place)
    if column.kind == "metrics":
        series = found.metrics.get(place)
        return statistic_of(series, column.statistic) if series else None
    return _field(record, column.key, found.rows.get(record.id))


def _field(record: Record, name: str, row: RunRow | None):
    document = record.document
    start, end = document.get("StartTime"), document.get("EndTime")
    if name == "label":
        return document.get("DisplayName") or record.name
    if name == "status":
        return record.status or (document.get("Status") or {}).get("PrimaryStatus") or None
    if name == "source":
        return (document.get("Source") or {}).get("SourceArn")
    if name == "note":
        return (row.note if row else "") or None
    if name == "archived":
        return bool(row and row.archived)
    if name in ("started", "ended"):
        return start if name == "started" else end
    if name == "duration":
        return (end or datetime.now(UTC).timestamp()) - start if start else None
    value = getattr(record, name)
    return value.timestamp() if isinstance(value, datetime) else value or None


def _unquoted(key: str) -> str:
    if len(key) > 1 and key[0] == key[-1] == '"':
        return key[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return key
