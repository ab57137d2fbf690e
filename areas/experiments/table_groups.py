"""Runs of a table by one of their parameters, tags or facts: how many there are, and what their metrics are together."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from django.db.models import F

from areas import words
from areas.experiments.table_columns import Column
from areas.experiments.table_values import COMMIT_TAG, DATASET_TAG
from catalog.measures import MetricSeries
from catalog.models import Record, Tag
from catalog.runs import RunParameter, RunRow, TrialMember

RUNS = 100_000  # that are looked at
GROUPS = 200  # that are shown
_CHUNK = 5000
_FIELD = {"last": "last", "min": "low", "max": "high", "mean": "mean", "count": "count"}
DASH = '<span class="faint">–</span>'


@dataclass(frozen=True)
class Together:
    """A metric of a group: over its runs whose number is finite. ``sd`` is of a sample, 0 for a single run."""

    count: int
    mean: float
    sd: float
    low: float
    high: float


@dataclass
class Group:
    value: str  # "" where runs have none
    count: int
    metrics: dict[str, Together] = field(default_factory=dict)  # by the column's key
    records: list[Record] = field(default_factory=list)  # the first ones, where it is open
    is_open: bool = False

    @property
    def label(self) -> str:
        return self.value or "none"

    def cell(self, column: Column) -> str:
        """What a group's row says in a column: mean ± standard deviation, and the ends below it."""
        found = self.metrics.get(column.key)
        if found is None:
            return DASH if column.is_metric else ""
        spread = f' <span class="sd">± {words.number(found.sd)}</span>' if found.count > 1 else ""
        title = f"{found.count} run{'s' if found.count > 1 else ''}"
        return (
            f'<span class="together" title="{title}"><span class="v">{words.number(found.mean)}{spread}</span>'
            f'<span class="ends">{words.number(found.low)} – {words.number(found.high)}</span></span>'
        )


def groups_of(table, *, opened: set[str], most: int) -> list[Group]:
    """The groups of all runs that the table's query finds; of the open ones the first ``most`` runs, in the table's order.

    Ordered by a metric's mean where the table is sorted by that metric, by value where it is sorted by the grouped column, else by
    size. A few statements for each five thousand runs."""
    column, ids = table.group_column, table.search.ids(RUNS)
    told = _values(column, ids)
    members: dict[str, list[int]] = {}
    for number in ids:
        members.setdefault(told.get(number, ""), []).append(number)
    groups = {value: Group(value, len(numbers), is_open=value in opened) for value, numbers in members.items()}
    place = {value: position for position, value in enumerate(members)}
    of_run = {number: place[value] for value, numbers in members.items() for number in numbers}
    for one in table.chosen:
        if one.is_metric:
            for value, together in zip(members, _together(one, ids, of_run, len(members)), strict=True):
                if together:
                    groups[value].metrics[one.key] = together
    ordered = sorted(groups.values(), key=_order(table.sort, column))[:GROUPS]
    shown = {group.value: members[group.value][:most] for group in ordered if group.is_open}
    records = Record.objects.in_bulk([number for numbers in shown.values() for number in numbers])
    for group in ordered:
        group.records = [records[number] for number in shown.get(group.value, ()) if number in records]
    return ordered


def _order(sort: str, column: Column):
    descending, key = sort.startswith("-"), sort.lstrip("-")
    sign = -1 if descending else 1

    def by_size(group: Group):
        return -group.count, _natural(group.value)

    def by_metric(group: Group):
        found = group.metrics.get(key)
        return (found is None, sign * found.mean if found else 0, _natural(group.value))

    if key == column.key:
        return lambda group: (not group.value, _natural(group.value, sign))
    return by_metric if key.startswith("metrics.") else by_size


def _natural(value: str, sign: int = 1) -> tuple:
    """Numbers by size, before words."""
    try:
        return 0, sign * float(value), ""
    except ValueError:
        return 1, 0.0, value if sign > 0 else "".join(chr(0x10FFFF - ord(letter)) for letter in value)


def _values(column: Column, ids: list[int]) -> dict[int, str]:
    """Run → its value of the column as text."""
    found: dict[int, str] = {}
    for part in _chunks(ids):
        if column.family == "params":
            rows = RunParameter.objects.filter(run__in=part, key=column.name).values_list("run", "text")
        elif column.family == "tags":
            rows = Tag.objects.filter(record__in=part, key=column.name).values_list("record", "value")
        else:
            rows = _facts(column.name, part)
        found.update(rows)
    return found


def _facts(name: str, part: list[int]) -> Iterable[tuple[int, str]]:
    if name in ("status", "owner", "name"):
        return Record.objects.filter(id__in=part).values_list("id", name)
    if name in ("created", "started", "ended"):
        rows = RunRow.objects.filter(record__in=part).values_list("record", name)
        return [(number, value.strftime("%Y-%m-%d")) for number, value in rows if value]
    if name == "note":
        return RunRow.objects.filter(record__in=part).values_list("record", "note")
    if name == "trial":
        return TrialMember.objects.filter(component__in=part).order_by("-id").values_list("component", "trial__name")
    if name == "dataset":
        own = Tag.objects.filter(record__in=part, key=DATASET_TAG).values_list("record", "value")
        rows = RunRow.objects.filter(record__in=part, source__isnull=False).values_list("source", "record")
        runs = dict(rows)
        of_jobs = Tag.objects.filter(record__in=list(runs), key=DATASET_TAG).values_list("record", "value")
        return [*((runs[job], value) for job, value in of_jobs), *own]
    if name == "commit":
        own = Record.objects.filter(id__in=part, document__MetadataProperties__CommitId__isnull=False)
        tags = Tag.objects.filter(record__in=part, key=COMMIT_TAG).values_list("record", "value")
        return [*tags, *own.values_list("id", "document__MetadataProperties__CommitId")]
    if name == "tags":
        rows = Tag.objects.filter(record__in=part).order_by("key").values_list("record", "key", "value")
        found: dict[int, str] = {}
        for number, key, value in rows:
            found[number] = f"{found[number]}, {key}={value}" if number in found else f"{key}={value}"
        return found.items()
    if name == "source":
        return Record.objects.filter(id__in=part).values_list("id", "document__Source__SourceArn")
    return ()


def _together(column: Column, ids: list[int], of_run: dict[int, int], count: int) -> list[Together | None]:
    """The metric of each group, by the group's place."""
    stat = ("max" if column.higher else "min") if column.stat == "best" else column.stat
    pairs: dict[int, float] = {}
    for part in _chunks(ids):
        rows = MetricSeries.objects.filter(run__in=part, name=column.name, **{f"{_FIELD[stat]}__isnull": False})
        if stat == "mean":
            rows = rows.filter(finite__gt=0)
        pairs.update(rows.order_by("last_time").values_list("run", F(_FIELD[stat])))
    if not pairs:
        return [None] * count
    values = np.fromiter(pairs.values(), dtype=float, count=len(pairs))
    groups = np.fromiter((of_run[number] for number in pairs), dtype=np.int64, count=len(pairs))
    good = np.isfinite(values)
    values, groups = values[good], groups[good]
    counts = np.bincount(groups, minlength=count)
    means = np.bincount(groups, weights=values, minlength=count) / np.maximum(counts, 1)
    squares = np.bincount(groups, weights=(values - means[groups]) ** 2, minlength=count)
    low, high = np.full(count, math.inf), np.full(count, -math.inf)
    np.minimum.at(low, groups, values)
    np.maximum.at(high, groups, values)
    deviations = np.sqrt(squares / np.maximum(counts - 1, 1))
    return [
        Together(int(counts[at]), float(means[at]), float(deviations[at]), float(low[at]), float(high[at]))
        if counts[at] else None
        for at in range(count)
    ]  # fmt: skip


def _chunks(ids: list[int]) -> Iterable[list[int]]:
    return (ids[at : at + _CHUNK] for at in range(0, len(ids), _CHUNK))
