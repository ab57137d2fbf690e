"""What the cells of some runs show, read in a few statements whatever the number of runs and columns."""

import math
from collections.abc import Sequence

from django.utils import timezone

from areas import words
from areas.experiments.chosen import has_ended, status_of
from areas.experiments.table_columns import Column
from catalog.measures import MetricSeries
from catalog.models import Record, Tag
from catalog.runs import RunRow, TrialMember

DATASET_TAG = "atelier:dataset"
COMMIT_TAG = "mlflow.source.git.commit"
PARENT_TAG = "mlflow.parentRunId"
INTERNAL = ("mlflow.", "sagemaker:", "atelier:")  # tags that clients write for themselves

_SERIES = ("run", "name", "last", "low", "high", "mean", "finite", "count", "id", "last_time")
_AT = {name: position - 2 for position, name in enumerate(_SERIES)}


class Values:
    """The cells' values of ``records`` in ``columns``."""

    def __init__(self, records: Sequence[Record], columns: Sequence[Column], *, rows: dict[int, RunRow] | None = None):
        self.records, numbers = records, [record.id for record in records]
        facts = {column.name for column in columns if column.family == "fact"}
        self.series = series_values(numbers, {column.name for column in columns if column.is_metric})
        self.rows = rows if rows is not None else RunRow.objects.in_bulk(numbers)
        keys = {column.name for column in columns if column.family == "tags"}
        keys |= {DATASET_TAG} if "dataset" in facts else set()
        keys |= {COMMIT_TAG} if "commit" in facts else set()
        self.tags = self._tags(numbers, None if "tags" in facts else keys)
        self.trials = self._trials(numbers) if "trial" in facts else {}
        self.datasets = self._datasets() if "dataset" in facts else {}

    def _tags(self, numbers: list[int], keys: set[str] | None) -> dict[int, dict[str, str]]:
        if keys is not None and not keys:
            return {}
        rows = Tag.objects.filter(record__in=numbers)
        rows = rows if keys is None else rows.filter(key__in=keys)
        found: dict[int, dict[str, str]] = {}
        for number, key, value in rows.order_by("key").values_list("record", "key", "value"):
            found.setdefault(number, {})[key] = value
        return found

    def _trials(self, numbers: list[int]) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        members = TrialMember.objects.filter(component__in=numbers).order_by("id")
        for number, name in members.values_list("component", "trial__name"):
            found.setdefault(number, []).append(name)
        return found

    def _datasets(self) -> dict[int, str]:
        """By the tags of the jobs that runs stand for."""
        sources = {row.source: number for number, row in self.rows.items() if row.source}
        rows = Tag.objects.filter(record__in=list(sources), key=DATASET_TAG).values_list("record", "value")
        return {sources[source]: value for source, value in rows}

    def of(self, record: Record, column: Column):
        """A float (NaN and infinities among them), a text, a datetime, a list of names, or None where there is nothing."""
        if column.family == "metrics":
            return self.metric(record.id, column)
        if column.family == "params":
            return parameter(record.document, column.name)
        if column.family == "tags":
            return self.tags.get(record.id, {}).get(column.name)
        return self._all_tags(record) if column.name == "tags" else getattr(self, f"_{column.name}")(record)

    def metric(self, number: int, column: Column) -> float | None:
        found = self.series.get((number, column.name))
        return None if found is None else statistic(found, column)

    def _status(self, record: Record):
        return status_of(record) or None

    def _name(self, record: Record):
        return record.name

    def _created(self, record: Record):
        return record.created

    def _started(self, record: Record):
        return words.as_datetime(record.document.get("StartTime"))

    def _ended(self, record: Record):
        return words.as_datetime(record.document.get("EndTime"))

    def _duration(self, record: Record):
        """Seconds from start to end; of what goes on, until now."""
        start, end = self._started(record), self._ended(record)
        if start is None or (end is None and has_ended(record)):
            return None
        return ((end or timezone.now()) - start).total_seconds()

    def _owner(self, record: Record):
        return record.owner.rpartition("/")[2] or None

    def _note(self, record: Record):
        row = self.rows.get(record.id)
        return (row.note if row else "") or None

    def _dataset(self, record: Record):
        tagged = self.tags.get(record.id, {}).get(DATASET_TAG) or self.datasets.get(record.id)
        if tagged:
            return tagged
        inputs = record.document.get("InputArtifacts") or {}
        names = [name for name in inputs if not name.startswith("SageMaker.")]
        return ", ".join(names) or None

    def _commit(self, record: Record):
        told = (record.document.get("MetadataProperties") or {}).get("CommitId")
        return told or self.tags.get(record.id, {}).get(COMMIT_TAG)

    def _source(self, record: Record):
        return (record.document.get("Source") or {}).get("SourceArn") or None

    def _trial(self, record: Record):
        return self.trials.get(record.id)

    def _all_tags(self, record: Record):
        tags = self.tags.get(record.id, {})
        return [
            f"{key}={value}" if value else key for key, value in tags.items() if not key.startswith(INTERNAL)
        ] or None


def series_values(numbers: Sequence[int], names: set[str]) -> dict[tuple[int, str], tuple]:
    """(run, metric) → last, low, high, mean, finite, count, id, last_time. Of a run's own series and its job's of the same name
    the one that was written to last."""
    found: dict[tuple[int, str], tuple] = {}
    if not names or not numbers:
        return found
    rows = MetricSeries.objects.filter(run__in=numbers, name__in=names).values_list(*_SERIES)
    for number, name, *rest in rows.iterator(chunk_size=5000):
        before = found.get((number, name))
        if before is None or before[_AT["last_time"]] < rest[_AT["last_time"]]:
            found[number, name] = tuple(rest)
    return found


def statistic(series: tuple, column: Column) -> float | None:
    """One number of a series; NaN where its points are all NaN (the database has NULL for it)."""
    last, low, high, mean, finite, count = series[:6]
    stat = column.stat
    if stat == "best":
        stat = "max" if column.higher else "min"
    if not count:
        return None
    if stat == "count":
        return float(count)
    value = {"last": last, "min": low, "max": high, "mean": mean if finite else None}[stat]
    return math.nan if value is None else value


def parameter(document: dict, key: str) -> float | str | None:
    value = (document.get("Parameters") or {}).get(key)
    if not value:
        return None
    if "NumberValue" in value:
        return float(value["NumberValue"])
    return str(value.get("StringValue", ""))
