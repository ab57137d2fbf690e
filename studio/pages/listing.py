"""What a list page is asked for by its address, and what it answers: query, sort, columns, page."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import NoReverseMatch, reverse

from areas import words
from areas.exports import Heading
from areas.spec import Column, Resource
from catalog import metrics
from catalog.access import Access
from catalog.models import MetricSeries, Record, Tag
from catalog.queries import PAGE_SIZES, Page, metric_values, page_of, search_records, sort_records
from catalog.query_language import QueryError
from studio.ui import cells

SPARK_POINTS, SPARK_ROWS = 40, 20_000
SUGGESTIONS = 60


@dataclass
class Listing:
    """One list page of a Resource, as ``params`` (the address's query) says."""

    resource: Resource
    connection: object
    user: object
    params: QueryDict
    access: Access
    error: QueryError | None = field(default=None)

    @property
    def query(self) -> str:
        return self.params.get("q", "").strip()

    @cached_property
    def sort(self) -> str:
        return self.params.get("sort") or "-created"

    @cached_property
    def size(self) -> int:
        asked = words.whole(self.params.get("size"))
        return asked if asked in PAGE_SIZES else PAGE_SIZES[0]

    @cached_property
    def number(self) -> int:
        return words.whole(self.params.get("page"), 1, 10**9)

    @cached_property
    def declared(self) -> tuple[Column, ...]:
        return self.resource.columns or (Column("name", "Name", "name"), Column("created", "Created", "time"))

    @cached_property
    def columns(self) -> list[Column]:
        """The declared columns, or those that ``columns`` names: declared ones by path, metrics, tags and document paths."""
        asked = [path for path in self.params.get("columns", "").split(",") if path][:30]
        if not asked:
            return list(self.declared)
        known = {column.path: column for column in self.declared}
        found = [known.get(path) or made_up(path) for path in asked]
        return found if "name" in asked else [self.declared[0], *found]

    @cached_property
    def all(self) -> QuerySet:
        """Every one that the person may view."""
        found = Record.objects.filter(connection=self.connection, kind=self.resource.noun)
        return self.access.visible(found, self.resource.noun)

    @cached_property
    def filtered(self) -> QuerySet:
        """The records that the query means; all of them, with ``error`` set, when it can't be read."""
        try:
            return search_records(self.all, self.query, self.resource.query_words, noun=self.resource.noun)
        except QueryError as error:
            self.error = error
            return self.all

    @cached_property
    def page(self) -> Page:
        page = page_of(sort_records(self.filtered, self.sort, noun=self.resource.noun), self.number, self.size)
        if any(column.path.startswith("tags.") for column in self.columns):
            tags: dict[int, list] = {record.id: [] for record in page.records}
            for tag in Tag.objects.filter(record__in=page.records):
                tags[tag.record_id].append(tag)
            for record in page.records:
                record._prefetched_objects_cache = {"tags": tags[record.id]}
        return page

    @cached_property
    def _metric_names(self) -> list[str]:
        paths = [column.path.removeprefix("metrics.") for column in self.columns if column.kind == "metric"]
        return sorted({path[:-4] if path[-4:] in (".min", ".max") else path for path in paths})

    @cached_property
    def rows(self) -> list[dict]:
        """Each record of the page with its drawn cells."""
        values = metric_values(self.page.records, self._metric_names)
        sparks = self._sparks() if self._metric_names else {}
        return [
            {
                "record": record,
                "ended": cells.has_ended(self.resource, record),
                "cells": [
                    (column, cells.draw(self.resource, column, record, values, sparks)) for column in self.columns
                ],
            }
            for record in self.page.records
        ]

    def _sparks(self) -> dict[tuple[int, str], list[float]]:
        found = metrics.series_of([record.id for record in self.page.records], self._metric_names)
        if sum(one.count for one in found.values()) > SPARK_ROWS:
            return {}
        curves = metrics.read(found.values(), keep=SPARK_POINTS)
        return {
            key: [value for value in curves[one.id].value.tolist() if math.isfinite(value)]
            for key, one in found.items()
        }

    @cached_property
    def headings(self) -> list[dict]:
        found = []
        for column in self.columns:
            current = self.sort.lstrip("-") == column.path
            descending = current and self.sort.startswith("-")
            flipped = (
                column.path
                if descending or (not current and column.kind not in ("time", "metric"))
                else f"-{column.path}"
            )
            found.append({
                "column": column, "sort": flipped, "numeric": column.kind in cells.NUMERIC,
                "order": ("descending" if descending else "ascending") if current else "",
            })  # fmt: skip
        return found

    @cached_property
    def choices(self) -> list[dict]:
        """Every column that the picker offers, shown ones first and in their order."""
        shown = [column.path for column in self.columns]
        others = [column for column in self.declared if column.path not in shown]
        return [{"path": c.path, "label": c.label, "shown": c.path in shown} for c in [*self.columns, *others]]

    @cached_property
    def suggestions(self) -> list[str]:
        """Columns that could be added: metrics, hyperparameters and tags of the rows on this page."""
        found = set()
        if self.resource.metrics:
            names = MetricSeries.objects.filter(record__in=self.page.records).order_by().values_list("name", flat=True)
            found |= {f"metrics.{name}" for name in names.distinct()[:SUGGESTIONS]}
        for record in self.page.records:
            found |= {f"HyperParameters.{key}" for key in record.document.get("HyperParameters") or {}}
        keys = Tag.objects.filter(record__in=self.page.records).order_by().values_list("key", flat=True)
        found |= {f"tags.{key}" for key in keys.distinct()[:SUGGESTIONS]}
        return sorted(found - {column.path for column in self.columns})[:SUGGESTIONS]

    @cached_property
    def views(self) -> list[dict]:
        """Queries that people come back to, as tabs."""
        found = [{"label": "All", "query": ""}]
        if self.resource.terminal:
            ended = " OR ".join(f"status = {status}" for status in self.resource.terminal)
            found.append({"label": "Running", "query": f"NOT ({ended})"})
        if self.resource.status_field:
            failed = " OR ".join(f"status = {status}" for status in self.resource.failed)
            failed = f"({failed})" if len(self.resource.failed) > 1 else failed
            found.append({"label": "Failed this week", "query": f"{failed} AND modified > 7d"})
        found.append({"label": "Mine", "query": f'owner = "{self.user.get_username()}"'})
        return [{**view, "current": view["query"] == self.query} for view in found]

    @property
    def before_error(self) -> str:
        return f":{self.error.at}" if self.error else ":"

    @property
    def at_error(self) -> str:
        return self.query[self.error.at : self.error.at + 1] if self.error else ""

    @property
    def after_error(self) -> str:
        return self.query[self.error.at + 1 :] if self.error else ""

    @property
    def going(self) -> list[int]:
        """Ids of the rows on this page that may still change."""
        return [row["record"].id for row in self.rows if not row["ended"]]

    @property
    def live_query(self) -> str:
        """The address's query without what only polling adds."""
        params = self.params.copy()
        for key in ("part", "since", "ids", "page"):
            params.pop(key, None)
        return params.urlencode()

    @property
    def create_url(self) -> str:
        if not self.access.may("create", self.resource.noun):
            return ""
        try:
            return reverse(f"{self.resource.codename}-create")
        except NoReverseMatch:
            return ""

    @property
    def file_headings(self) -> list[Heading]:
        kinds = {"time": "time", **dict.fromkeys(cells.NUMERIC, "number")}
        return [Heading(column.label, kinds.get(column.kind, "text")) for column in self.columns]

    def file_rows(self) -> Iterator[list]:
        """The whole filtered list, in the columns that are shown."""
        records = sort_records(self.filtered, self.sort, noun=self.resource.noun)
        ids = list(records.values_list("id", flat=True))
        for start in range(0, len(ids), 500):
            chunk = Record.objects.prefetch_related("tags").in_bulk(ids[start : start + 500])
            found = [chunk[id_] for id_ in ids[start : start + 500] if id_ in chunk]
            values = metric_values(found, self._metric_names)
            for record in found:
                yield [export(column, record, values) for column in self.columns]


def made_up(path: str) -> Column:
    """A column that a person added by its path."""
    if path.startswith("metrics."):
        return Column(path, path.removeprefix("metrics."), "metric", 2)
    if path in ("created", "modified"):
        return Column(path, path.capitalize(), "time", 2)
    label = path.removeprefix("tags.") if path.startswith("tags.") else path.rpartition(".")[2]
    return Column(path, label, "text", 3)


def export(column: Column, record: Record, metrics: dict):
    """A cell's value as a file has it: a float of a metric, a datetime of a time, whatever the document has; None for nothing."""
    if column.kind == "metric":
        name, which = column.path.removeprefix("metrics."), "last"
        if name[-4:] in (".min", ".max"):
            name, which = name[:-4], name[-3:]
        return (metrics.get((record.id, name)) or {}).get(which)
    value = cells.value_at(record, column.path)
    if column.kind == "time":
        return words.as_datetime(value)
    return None if value == "" else value
