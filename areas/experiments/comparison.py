"""The table of a comparison: a row for each thing that is known of a run, a column for each run, the baseline first."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from areas import words
from areas.experiments.chosen import jobs_of, status_of
from catalog.measures import MetricSeries
from catalog.metric_names import is_higher_better, is_system, rank
from catalog.models import Record, Tag
from catalog.run_values import statistic_of
from catalog.runs import RunParameter

STATISTICS = ("last", "best", "min", "max", "mean")
LONG, TITLE = 60, 1000  # characters that a cell shows, and that its title has
MOST_ROWS = 400  # of a section; the CSV has them all
CODE_TAGS = {
    "mlflow.source.git.commit": "Commit", "mlflow.source.git.repoURL": "Repository", "mlflow.source.git.branch": "Branch",
    "mlflow.source.name": "Source", "git.commit": "Commit",
}  # fmt: skip


@dataclass(frozen=True)
class Value:
    text: str
    number: float | None = None

    def is_same(self, other: "Value | None") -> bool:
        if other is None:
            return False
        if self.number is not None and other.number is not None:
            return self.number == other.number
        return self.text == other.text


@dataclass
class Row:
    """``values`` has one of each run, None where it has nothing. ``lower``: whether less is better; None: neither."""

    label: str
    values: list[Value | None]
    lower: bool | None = None
    note: str = ""

    @property
    def differs(self) -> bool:
        first = self.values[0]
        return any((one is None) != (first is None) or (one and not one.is_same(first)) for one in self.values[1:])

    @property
    def best(self) -> float | None:
        numbers = [one.number for one in self.values if one and one.number is not None]
        if self.lower is None or len(numbers) < 2 or min(numbers) == max(numbers):
            return None
        return min(numbers) if self.lower else max(numbers)

    @property
    def cells(self) -> list[SafeString]:
        best, baseline = self.best, self.values[0]
        return [self._cell(one, baseline if at else None, best, bool(at)) for at, one in enumerate(self.values)]

    def _cell(self, value: Value | None, baseline: Value | None, best: float | None, is_other: bool) -> SafeString:
        if value is None:
            return SafeString('<td class="num"><span class="faint">–</span></td>')
        same = is_other and value.is_same(baseline)
        classes = " ".join(
            word for word, on in (
                ("num", value.number is not None or len(value.text) < 24), ("is-same", same),
                ("is-best", best is not None and value.number == best),
            ) if on
        )  # fmt: skip
        if len(value.text) > LONG:
            shown = format_html('<span class="clip" title="{}">{}</span>', value.text[:TITLE], value.text[: LONG * 3])
        elif words.decimal(value.text) != value.text:
            shown = format_html('<span title="{}">{}</span>', value.text, words.decimal(value.text))
        else:
            shown = conditional_escape(value.text)
        delta = SafeString("")
        if self.lower is not None and baseline and not same and None not in (value.number, baseline.number):
            by = value.number - baseline.number
            word = "good" if (by < 0) == self.lower else "bad"
            delta = format_html(
                ' <span class="delta {}"><span aria-hidden="true">{}</span><span class="visually-hidden">{} by</span> {}</span>',
                word, "▼" if by < 0 else "▲", "less" if by < 0 else "more", f"{abs(by):.3g}",
            )  # fmt: skip
        return format_html('<td class="{}">{}{}</td>', classes, shown, delta)


@dataclass
class Section:
    title: str
    rows: list[Row] = field(default_factory=list)
    note: str = ""

    @property
    def different(self) -> list[Row]:
        return [row for row in self.rows if row.differs]


def compare(runs: Sequence[Record], statistic: str = "last") -> list[Section]:
    """Sections with at least one row; a fixed number of statements for any number of runs."""
    if not runs:
        return []
    tags = _by_run(runs, Tag.objects.filter(record__in=runs).values_list("record", "key", "value"))
    jobs = jobs_of(runs)
    found = [
        Section("Parameters", _parameters(runs)),
        Section("Metrics", _metrics(runs, statistic), f"{statistic} value, change against the baseline"),
        Section("Tags", _rows(runs, {n: {k: v for k, v in own.items() if not _is_ours(k)} for n, own in tags.items()})),
        Section("Data", _rows(runs, {run.id: _data(run, jobs.get(run.id), tags[run.id]) for run in runs})),
        Section("Code", _rows(runs, {run.id: _code(run, jobs.get(run.id), tags[run.id]) for run in runs})),
        Section("Run", _rows(runs, {run.id: _about(run, jobs.get(run.id)) for run in runs})),
    ]
    return [section for section in found if section.rows]


def metric_values(runs: Sequence[Record], statistic: str) -> dict[int, dict[str, float]]:
    """Record id → metric → its statistic; one statement."""
    rows = MetricSeries.objects.filter(run__in=runs).values_list(
        "run", "name", "last", "low", "high", "mean", "finite", "count", named=True
    )
    return _by_run(runs, ((one.run, one.name, statistic_of(one, statistic)) for one in rows))


def shown_number(number: float) -> str:
    if number is None or math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    if float(number).is_integer() and abs(number) < 1e15:
        return str(int(number))
    return f"{number:.5g}"


def _by_run(runs: Sequence[Record], triples) -> dict[int, dict]:
    found: dict[int, dict] = {run.id: {} for run in runs}
    for number, key, value in triples:
        found[number][key] = value
    return found


def _parameters(runs: Sequence[Record]) -> list[Row]:
    triples = RunParameter.objects.filter(run__in=runs).values_list("run", "key", "text", "number")
    found = _by_run(runs, ((run, key, Value(text, number)) for run, key, text, number in triples))
    keys = sorted({key for own in found.values() for key in own})
    return [Row(key, [found[run.id].get(key) for run in runs]) for key in keys]


def _metrics(runs: Sequence[Record], statistic: str) -> list[Row]:
    found = metric_values(runs, statistic)
    rows = []
    for name in sorted({name for own in found.values() for name in own}, key=rank):
        values = []
        for run in runs:
            own = found[run.id]
            number = own.get(name)
            if name not in own:
                values.append(None)
            else:
                values.append(Value(shown_number(math.nan if number is None else number), number))
        rows.append(Row(name, values, lower=None if is_system(name) else not is_higher_better(name)))
    return rows


def _rows(runs: Sequence[Record], found: dict[int, dict[str, str]]) -> list[Row]:
    keys = list(dict.fromkeys(key for run in runs for key in found[run.id]))
    return [
        Row(key, [Value(found[run.id][key]) if found[run.id].get(key) else None for run in runs])
        for key in keys if any(found[run.id].get(key) for run in runs)
    ]  # fmt: skip


def _is_ours(key: str) -> bool:
    return key.startswith(("mlflow.", "atelier:", "sagemaker:")) or key in CODE_TAGS


def _data(run: Record, job: Record | None, tags: dict[str, str]) -> dict[str, str]:
    found = {"dataset": tags["atelier:dataset"]} if "atelier:dataset" in tags else {}
    inputs = run.document.get("InputArtifacts") or {}
    found |= {
        name: str(one.get("Value", "")) for name, one in sorted(inputs.items()) if not name.startswith("SageMaker.")
    }
    for channel in (job.document.get("InputDataConfig") or ()) if job else ():
        source = (channel.get("DataSource") or {}).get("S3DataSource") or {}
        found.setdefault(channel.get("ChannelName", ""), source.get("S3Uri", ""))
    return found


def _code(run: Record, job: Record | None, tags: dict[str, str]) -> dict[str, str]:
    told = run.document.get("MetadataProperties") or {}
    found = {"Commit": told.get("CommitId", ""), "Repository": told.get("Repository", "")}
    for key, label in CODE_TAGS.items():
        found[label] = found.get(label) or tags.get(key, "")
    if job:
        parameters = job.document.get("HyperParameters") or {}
        found["Script"] = parameters.get("sagemaker_program", "").strip('"')
        found["Image"] = (job.document.get("AlgorithmSpecification") or {}).get("TrainingImage", "")
        resources = job.document.get("ResourceConfig") or {}
        if resources.get("InstanceType"):
            found["Instances"] = f"{resources.get('InstanceCount', 1)} × {resources['InstanceType']}"
        found |= {f"Environment {key}": value for key, value in sorted((job.document.get("Environment") or {}).items())}
    return found


def _about(run: Record, job: Record | None) -> dict[str, str]:
    start, end = run.document.get("StartTime"), run.document.get("EndTime")
    return {
        "Status": status_of(run), "Owner": run.owner, "Created": f"{run.created:%Y-%m-%d %H:%M:%S}",
        "Duration, s": shown_number(round(end - start, 3)) if start and end and end >= start else "",
        "Job": job.name if job else "",
    }  # fmt: skip
