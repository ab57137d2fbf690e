"""What a run's row opens to: all of its metrics, parameters and tags, and the forms of its name and note."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from areas.experiments.chosen import label_of
from areas.experiments.table_values import INTERNAL, parameter
from areas.markdown import render as as_html
from catalog.measures import MetricSeries
from catalog.metric_names import is_higher_better, rank
from catalog.models import Record, Tag
from catalog.runs import RunRow

SHOWN = 24  # metrics, and parameters, before "all on the run's page"


@dataclass
class Summary:
    record: Record
    note: str = ""
    archived: bool = False
    metrics: list[dict] = field(default_factory=list)
    parameters: list[tuple[str, str]] = field(default_factory=list)
    tags: list[tuple[str, str]] = field(default_factory=list)

    @property
    def label(self) -> str:
        return label_of(self.record)

    @property
    def note_html(self) -> str:
        return as_html(self.note) if self.note else ""

    @property
    def some_metrics(self) -> list[dict]:
        return self.metrics[:SHOWN]

    @property
    def some_parameters(self) -> list[tuple[str, str]]:
        return self.parameters[:SHOWN]

    @property
    def left_out(self) -> int:
        return max(len(self.metrics) - SHOWN, 0) + max(len(self.parameters) - SHOWN, 0)


def summaries(records: Iterable[Record]) -> dict[str, Summary]:
    """Name → summary, in three statements for all of them."""
    by_id = {record.id: Summary(record) for record in records}
    if not by_id:
        return {}
    for row in RunRow.objects.filter(record__in=by_id):
        by_id[row.record_id].note, by_id[row.record_id].archived = row.note, row.archived is not None
    for number, key, value in (
        Tag.objects.filter(record__in=by_id).order_by("key").values_list("record", "key", "value")
    ):
        if not key.startswith(INTERNAL):
            by_id[number].tags.append((key, value))
    series = MetricSeries.objects.filter(run__in=by_id).values(
        "run", "name", "last", "low", "high", "last_step", "count"
    )
    for one in sorted(series, key=lambda found: rank(found["name"])):
        best = one["high"] if is_higher_better(one["name"]) else one["low"]
        by_id[one["run"]].metrics.append({**one, "best": best})
    for one in by_id.values():
        keys = sorted(one.record.document.get("Parameters") or {})
        values = ((key, parameter(one.record.document, key)) for key in keys)
        one.parameters = [(key, "" if value is None else value) for key, value in values]
    return {one.record.name: one for one in by_id.values()}
