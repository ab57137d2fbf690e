"""The table of an experiment's runs, as its address says: query, sort, columns, baseline, groups, page."""

from functools import cached_property
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.safestring import mark_safe

from areas.experiments.chosen import has_ended, label_of
from areas.experiments.colours import colours_of
from areas.experiments.table_cells import Cells
from areas.experiments.table_columns import (
    CHECK_WIDTH,
    DELTA_WIDTH,
    MOST,
    NAME_WIDTH,
    NARROWEST,
    WIDEST,
    Column,
    column,
    written,
)
from areas.experiments.table_groups import SUMMED, Group, groups_of
from areas.experiments.table_rows import Row
from areas.experiments.table_summary import Summary, summaries
from areas.experiments.table_values import PARENT_TAG, Values
from areas.words import whole
from catalog import completion_keys as keys
from catalog.access import Access
from catalog.completion import RUNS, About
from catalog.models import Connection, Record, Tag
from catalog.queries import Page
from catalog.query_language import Known, Not, QueryError, join_field
from catalog.run_search import RunSearch

SIZES = (50, 100, 200, 500)
DEFAULT_METRICS, DEFAULT_PARAMETERS = 3, 4
SPARKED = 6  # metric columns up to which each draws its curve
CHILDREN = 100  # runs shown below a group or a parent
OPEN = 20  # groups, parents and summaries that one address opens


class RunsTable:
    """``params`` is the address's query: ``q``, ``sort``, ``c`` (a column, repeated), ``w`` (``140.metrics.auc``),
    ``size``, ``page``, ``group``, ``open``, ``show``, ``baseline``, ``differ``, ``archived``, ``flat``."""

    def __init__(
        self, connection: Connection, experiment: Record, access: Access, params: QueryDict, *, may_update=False
    ):
        self.connection, self.experiment, self.access, self.params = connection, experiment, access, params
        self.may_update = may_update
        self.about = About(RUNS, connection, access, experiment.id)
        self.error: QueryError | None = None
        self.search = self._search()

    def _search(self) -> RunSearch:
        try:
            return self._searched(self.query, self.sort)
        except QueryError as error:
            self.error = error
        try:
            return self._searched("", self.sort)
        except QueryError:  # it was the sort
            return self._searched("", "-created")

    def _searched(self, query, sort: str) -> RunSearch:
        return RunSearch(
            self.connection, query, experiment=self.experiment.id, sort=sort, access=self.access, archived=self.archived,
        )  # fmt: skip

    @property
    def query(self) -> str:
        return self.params.get("q", "").strip()

    @cached_property
    def sort(self) -> str:
        asked = self.params.get("sort", "")
        found = column(asked.lstrip("-"))
        return asked if found and found.sorts else "-created"

    @property
    def archived(self) -> bool:
        return self.params.get("archived") == "1"

    @cached_property
    def size(self) -> int:
        asked = whole(self.params.get("size"))
        return asked if asked in SIZES else SIZES[0]

    @cached_property
    def number(self) -> int:
        return whole(self.params.get("page"), 1, 10**6)

    # Columns

    @cached_property
    def chosen(self) -> list[Column]:
        """The columns that the address names, in its order; a choice of ours where it names none."""
        asked = dict.fromkeys(self.params.getlist("c")[:MOST])
        found = [one for key in asked if (one := column(key))]
        if found:
            return list({one.key: one for one in found}.values())
        facts = [column(key) for key in ("status", "created", "duration", "owner")]
        metrics = [column(written("metrics", n)) for n in keys.judged_by(self.about, DEFAULT_METRICS)]
        varying = [key.name for key in keys.run_parameters(self.about) if key.varies]
        return facts + metrics + [column(written("params", name)) for name in varying[:DEFAULT_PARAMETERS]]

    @cached_property
    def columns(self) -> list[Column]:
        """The chosen columns, without those in which all rows of the page say the same if only differences are asked for."""
        if not self.differ or len(self.records) < 2:
            return self.chosen
        return [one for one in self.chosen if self._differs(one)]

    def _differs(self, one: Column) -> bool:
        if one.family == "fact" and one.name == "status":
            return True
        first, *others = (self.values.of(record, one) for record in self.records)
        return any(other != first and not (other != other and first != first) for other in others)

    @property
    def differ(self) -> bool:
        return self.params.get("differ") == "1" and not self.group_column

    @cached_property
    def widths(self) -> dict[str, int]:
        found = {}
        for text in self.params.getlist("w")[:MOST]:
            number, _, key = text.partition(".")
            if number.isdigit() and number.isascii() and len(number) < 5:
                found[key] = min(max(int(number), NARROWEST), WIDEST)
        return found

    @property
    def tracks(self) -> str:
        """Widths in pixels: of the box, the name, and each column."""
        name = self.widths.get("run", NAME_WIDTH)
        return " ".join(map(str, (CHECK_WIDTH, name, *(self._width(c) for c in self.columns))))

    def _width(self, one: Column) -> int:
        """As the address says; wider than usual where a metric also says how far it is from the baseline's."""
        return self.widths.get(one.key, one.width + DELTA_WIDTH * (one.is_metric and self.baseline is not None))

    @cached_property
    def headings(self) -> list[dict]:
        found = []
        current = column(self.sort.lstrip("-"))
        for one in self.columns:
            here = current is not None and current.key == one.key
            descending = here and self.sort.startswith("-")
            first_down = (one.is_metric and one.higher) or one.name in ("created", "started", "ended")
            flipped = one.key if descending or (not here and not first_down) else f"-{one.key}"
            order = ("descending" if descending else "ascending") if here else ""
            found.append({"column": one, "sort": flipped, "order": order})
        return found

    @property
    def sparked(self) -> list[int]:
        """Positions of the columns whose cells draw a curve."""
        metrics = [at for at, one in enumerate(self.columns) if one.is_metric]
        return [at for at in metrics if self.columns[at].stat == "last"] if len(metrics) <= SPARKED else []

    # Rows

    @cached_property
    def page(self) -> Page:
        if self.nested:
            return self._searched(Not(Known(join_field("tags", PARENT_TAG))), self.sort).page(self.number, self.size)
        return self.search.page(self.number, self.size)

    @cached_property
    def total(self) -> int:
        return self.page.total if not self.nested else self.search.count

    @cached_property
    def records(self) -> list[Record]:
        """All runs whose cells the page shows, its baseline and children among them."""
        found = {record.id: record for record in self.page.records} if not self.group_column else {}
        for group in self.groups:
            found |= {record.id: record for record in group.records}
        for children in self.children.values():
            found |= {record.id: record for record in children}
        if self.baseline:
            found.setdefault(self.baseline.id, self.baseline)
        return list(found.values())

    @cached_property
    def values(self) -> Values:
        return Values(self.records, self.chosen)

    @cached_property
    def baseline(self) -> Record | None:
        name = self.params.get("baseline", "")
        if not name:
            return None
        runs = Record.objects.filter(connection=self.connection, kind="TrialComponent", name=name)
        return self.access.visible(runs, "TrialComponent").first()

    @cached_property
    def colours(self) -> dict[str, int]:
        base = self.baseline.name if self.baseline else ""
        return colours_of((record.name for record in self.records), baseline=base)

    @cached_property
    def cells(self) -> Cells:
        return Cells(self.columns, self.values, self.baseline, may_update=self.may_update)

    @cached_property
    def rows(self) -> list[Row]:
        found = []
        if self.baseline:
            found.append(self._row(self.baseline))
        for record in self.page.records:
            found.append(self._row(record, children=self.child_counts.get(record.name, 0)))
            found += [self._row(child, depth=1) for child in self.children.get(record.name, ())]
        return found

    def _row(self, record: Record, depth: int = 0, children: int = 0) -> Row:
        is_baseline = self.baseline is not None and record.id == self.baseline.id
        return Row(
            record, self.cells.row(record), self.colours[record.name], depth, children,
            toggle=self.toggled("show", record.name), open_url=self.toggled("open", record.name) if children else "",
            is_open=record.name in self.children, summary=self.summaries.get(record.name), is_baseline=is_baseline,
            classes=self.classes,
        )  # fmt: skip

    @cached_property
    def classes(self) -> list[str]:
        """Of the cells, by column."""
        return ["num" if one.is_number else one.name if one.family == "fact" else "" for one in self.columns]

    @cached_property
    def summaries(self) -> dict[str, Summary]:
        return summaries(record for record in self.records if record.name in self.shown)

    @cached_property
    def shown(self) -> set[str]:
        """Runs whose summaries are open."""
        return set(self.params.getlist("show")[:OPEN])

    @cached_property
    def opened(self) -> set[str]:
        """Values of groups, or names of parents, that are open."""
        return set(self.params.getlist("open")[:OPEN])

    # Parents and children, as MLflow's clients nest runs

    @cached_property
    def nested(self) -> bool:
        """Whether children stand below their parents. A query or a group looks at runs of every depth."""
        return self.may_nest and self.params.get("flat") != "1"

    @cached_property
    def may_nest(self) -> bool:
        if self.query or self.group_column:
            return False
        return Tag.objects.filter(key=PARENT_TAG, record__run_row__experiment=self.experiment.id).exists()

    def _children_of(self, names: list[str]):
        found = Record.objects.filter(
            connection=self.connection, kind="TrialComponent", tags__key=PARENT_TAG, tags__value__in=names
        )
        return self.access.visible(found, "TrialComponent")

    @cached_property
    def child_counts(self) -> dict[str, int]:
        if not self.nested:
            return {}
        found: dict[str, int] = {}
        for name in self._children_of([record.name for record in self.page.records]).values_list(
            "tags__value", flat=True
        ):
            found[name] = found.get(name, 0) + 1
        return found

    @cached_property
    def children(self) -> dict[str, list[Record]]:
        if not self.nested:
            return {}
        here = [record.name for record in self.page.records if record.name in self.opened]
        found: dict[str, list[Record]] = {name: [] for name in here}
        if not here:
            return found
        rows = (
            self._children_of(here).order_by("created", "id").values_list("id", "tags__value")[: CHILDREN * len(here)]
        )
        pairs = list(rows)
        records = Record.objects.in_bulk([number for number, _ in pairs])
        for number, name in pairs:
            found[name].append(records[number])
        return found

    # Groups

    @cached_property
    def group_column(self) -> Column | None:
        found = column(self.params.get("group", ""))
        return found if found and not found.is_metric else None

    @cached_property
    def groups(self) -> list[Group]:
        if not self.group_column:
            return []
        return groups_of(self, opened=self.opened, most=CHILDREN)

    @property
    def unsummed(self) -> int:
        """Metric columns that groups leave empty, because there are too many."""
        return max(sum(one.is_metric for one in self.columns) - SUMMED, 0)

    @cached_property
    def group_rows(self) -> list[dict]:
        return [
            {
                "group": group,
                "toggle": self.toggled("open", group.value),
                "rows": [self._row(record, depth=1) for record in group.records],
                "cells": [(one, mark_safe(group.cell(one))) for one in self.columns],  # noqa: S308 - numbers of ours
            }
            for group in self.groups
        ]

    # Addresses

    @property
    def path(self) -> str:
        return reverse("experiment", args=[self.experiment.name])

    @property
    def baseline_label(self) -> str:
        return label_of(self.baseline) if self.baseline else ""

    @property
    def without_baseline(self) -> str:
        return self._less("baseline").rstrip("&?") or self.path

    @property
    def baseline_prefix(self) -> str:
        """The address that pins a run, less its name."""
        return f"{self._less('baseline')}baseline="

    def _less(self, gone: str) -> str:
        params = self.params.copy()
        for key in (gone, "part", "run", "find"):
            params.pop(key, None)
        return f"?{params.urlencode()}&" if params else "?"

    @property
    def hidden(self) -> int:
        """Columns left out because they tell no difference."""
        return len(self.chosen) - len(self.columns)

    @property
    def live_query(self) -> str:
        """The address's query without what only parts of the page add."""
        params = self.params.copy()
        for key in ("part", "since", "ids", "format", "find"):
            params.pop(key, None)
        return params.urlencode()

    @property
    def going(self) -> list[int]:
        """Ids of the page's runs that may still change."""
        return [record.id for record in self.records if not has_ended(record)]

    def toggled(self, key: str, value: str) -> str:
        """The address's query with a repeated parameter added, or taken away where it is there."""
        there = self.params.getlist(key)
        values = [one for one in there if one != value] if value in there else [*there, value]
        return f"?{self._without[key]}{urlencode([(key, one) for one in values])}"

    @cached_property
    def _without(self) -> dict[str, str]:
        """The address's query without a parameter that rows toggle."""
        found = {}
        for key in ("show", "open"):
            params = self.params.copy()
            for gone in ("part", key):
                params.pop(gone, None)
            found[key] = f"{params.urlencode()}&" if params else ""
        return found

    # The query's error, for templates

    @property
    def before_error(self) -> str:
        return self.query[: self.error.at] if self.error else ""

    @property
    def at_error(self) -> str:
        return self.query[self.error.at : self.error.at + 1] if self.error else ""

    @property
    def after_error(self) -> str:
        return self.query[self.error.at + 1 :] if self.error else ""
