"""Runs of a table by one of their parameters, tags or facts: how many there are, and what their metrics are together."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from areas import words
from areas.experiments.table_columns import Column
from areas.experiments.table_values import COMMIT_TAG, DATASET_TAG
from catalog.measures import MetricSeries
from catalog.models import Record, Tag
from catalog.runs import RunParameter, RunRow, TrialMember

RUNS = 100_000  # that are looked at
GROUPS = 200  # that are shown
SUMMED = 20  # metrics that are: the first ones of the table
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
    size. A statement or two for each metric, by the experiment's own indexes."""
    column, ids = table.group_column, table.search.ids(RUNS)
    experiment = table.experiment.id
    guests = list(TrialMember.objects.filter(guest_of=experiment).values_list("component", flat=True))
    told = _values(column, ids, experiment, guests)
    members: dict[str, list[int]] = {}
    for number in ids:
        members.setdefault(told.get(number, ""), []).append(number)
    groups = {value: Group(value, len(numbers), is_open=value in opened) for value, numbers in members.items()}
    if ids:
        places = np.concatenate([np.full(len(numbers), at) for at, numbers in enumerate(members.values())])
        numbers = np.concatenate([np.array(numbers, dtype=np.int64) for numbers in members.values()])
        order = np.argsort(numbers)
        numbers, places = numbers[order], places[order]
        for one in [column for column in table.chosen if column.is_metric][:SUMMED]:
            found = _together(*_measured(one, experiment, guests), numbers, places, len(members))
            for value, together in zip(members, found, strict=True):
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


def _values(column: Column, ids: list[int], experiment: int, guests: list[int]) -> dict[int, str]:
    """Run → its value of the column as text; other runs' may be among them."""
    if column.family == "params":
        rows = RunParameter.objects.filter(key=column.name)
        own = rows.filter(experiment=experiment).values_list("run", "text")
        return dict(own) | (dict(rows.filter(run__in=guests).values_list("run", "text")) if guests else {})
    found: dict[int, str] = {}
    for part in (ids[at : at + _CHUNK] for at in range(0, len(ids), _CHUNK)):
        if column.family == "tags":
            found.update(Tag.objects.filter(record__in=part, key=column.name).values_list("record", "value"))
        else:
            found.update(_facts(column.name, part))
    return found


def _facts(name: str, part: list[int]) -> Iterable[tuple[int, str]]:
    if name == "status":
        rows = Record.objects.filter(id__in=part).values_list("id", "status", "document__Status__PrimaryStatus")
        return [(number, status or told or "") for number, status, told in rows]
    if name in ("owner", "name"):
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


def _measured(column: Column, experiment: int, guests: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Runs, in ascending order, and the column's number of each."""
    stat = ("max" if column.higher else "min") if column.stat == "best" else column.stat
    name = _FIELD[stat]
    rows = MetricSeries.objects.filter(name=column.name, run__isnull=False, **{f"{name}__isnull": False})
    if stat == "mean":
        rows = rows.filter(finite__gt=0)
    found = list(rows.filter(experiment=experiment).values_list("run", name))
    if guests:
        found += rows.filter(run__in=guests).exclude(experiment=experiment).values_list("run", name)
    pairs = np.array(found, dtype=float).reshape(-1, 2)
    runs, first = np.unique(pairs[:, 0].astype(np.int64), return_index=True)
    if len(runs) < len(
        pairs
    ):  # a run and its job have a metric of one name: what was written last counts, as in the table
        newest = dict(rows.filter(run__in=runs.tolist()).order_by("last_time").values_list("run", name))
        return runs, np.array([newest[number] for number in runs.tolist()], dtype=float)
    return runs, pairs[first, 1]


def _together(runs, values, numbers, places, count: int) -> list[Together | None]:
    """The metric of each group, by the group's place; ``places`` are those of the runs ``numbers``, which ascend."""
    at = np.searchsorted(numbers, runs)
    at[at == len(numbers)] = 0
    good = (numbers[at] == runs) & np.isfinite(values)
    values, groups = values[good], places[at[good]]
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
