"""A run as its pages tell it: read from the catalog in a fixed number of statements, however many metrics it has."""

import time
from dataclasses import dataclass
from functools import cached_property

from areas.allowed import visible_here
from areas.experiments import changing
from areas.experiments.chosen import RUN, has_ended, label_of, status_of
from areas.experiments.colours import colour_of
from areas.experiments.mlflow.tables import LoggedModel, LongTag, RunDataset
from areas.markdown import render
from catalog import metrics
from catalog.measures import MetricSeries
from catalog.metric_names import group_of, is_higher_better, is_system, rank
from catalog.models import Connection, Record, Tag
from catalog.runs import RunRow, TrialMember, as_number

DELETED = f"Deleted{RUN}"
PARENT_TAG, DATASET_TAG = "mlflow.parentRunId", "atelier:dataset"
MAIN, SPARK, RIVALS, CHILDREN = 4, 40, 20, 200
QUIET = 3600  # seconds after which a run that never said how it stands is no longer asked for news
ROUNDS = ("num_round", "epochs", "num_epochs", "num_train_epochs", "max_epochs", "num_boost_round")
STEPS = ("max_steps", "total_steps", "num_train_steps", "num_iterations", "iterations")
COMMIT_TAGS, REPOSITORY_TAGS = ("mlflow.source.git.commit",), ("mlflow.source.git.repoURL",)
CODE_TAGS = {
    "mlflow.source.name": "Source", "mlflow.source.type": "Source type", "mlflow.source.git.branch": "Branch",
    "mlflow.project.entryPoint": "Entry point",
}  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """One metric of a run. ``best`` is its highest or lowest value, by what its name says; None is NaN or nothing measured."""

    name: str
    last: float | None
    step: int | None
    low: float | None
    low_step: int | None
    high: float | None
    high_step: int | None
    mean: float | None
    count: int
    is_higher_better: bool

    @property
    def best(self) -> float | None:
        return self.high if self.is_higher_better else self.low

    @property
    def best_step(self) -> int | None:
        return self.high_step if self.is_higher_better else self.low_step

    @property
    def group(self) -> str:
        return group_of(self.name)

    @property
    def is_system(self) -> bool:
        return is_system(self.name)


@dataclass(frozen=True)
class Delta:
    """How a value differs from another run's: ``by`` is mine less theirs, ``better`` None where they are equal."""

    other: Record
    theirs: float
    by: float
    better: bool | None


class Run:
    """One run of a connection by its name; what is in the bin is a run too (``deleted``)."""

    def __init__(self, connection: Connection, name: str):
        self.connection, self.name = connection, name
        known = Record.objects.filter(connection=connection)
        self.record = known.filter(kind=RUN, name=name).first()
        self.deleted = None if self.record else known.filter(kind=DELETED, name=name).order_by("-modified").first()

    @property
    def exists(self) -> bool:
        return self.record is not None

    @property
    def document(self) -> dict:
        return self.record.document

    @property
    def label(self) -> str:
        return label_of(self.record)

    @property
    def colour(self) -> int:
        return colour_of(self.name)

    @property
    def status(self) -> str:
        return status_of(self.record)

    @property
    def message(self) -> str:
        return (self.document.get("Status") or {}).get("Message", "")

    @property
    def ended(self) -> bool:
        return has_ended(self.record)

    @property
    def is_live(self) -> bool:
        """Whether the page asks for news: while it runs, or while somebody still writes to it."""
        if self.status:
            return not self.ended
        heard = max([self.record.modified.timestamp(), *(one.last_time for one in self.series.values())])
        return time.time() - heard < QUIET

    @property
    def started(self) -> float:
        """Epoch seconds."""
        return float(self.document.get("StartTime") or self.record.created.timestamp())

    @property
    def seconds(self) -> float | None:
        """How long it ran, or has been running; None where nobody said that it ended."""
        end = self.document.get("EndTime")
        if end:
            return max(float(end) - self.started, 0)
        return time.time() - self.started if self.status == "InProgress" else None

    @cached_property
    def row(self) -> RunRow:
        return RunRow.objects.filter(record=self.record).first() or RunRow(
            record=self.record, created=self.record.created
        )

    @cached_property
    def note(self):
        """What people wrote about it, as safe HTML."""
        return render(self.row.note) if self.row.note else ""

    @cached_property
    def tags(self) -> dict[str, str]:
        found = dict(self.record.tags.values_list("key", "value"))
        # AWS's tags are short: what MLflow's clients say in many words is kept beside them.
        found |= dict(LongTag.objects.filter(record=self.record).values_list("key", "value"))
        return dict(sorted(found.items()))

    @cached_property
    def memberships(self) -> list[Record]:
        """The trials that it is in, the first one first; a trial's ``parent`` is its experiment's name."""
        members = TrialMember.objects.filter(component=self.record, trial__kind="Trial").order_by("id")
        return [one.trial for one in members.select_related("trial")]

    @cached_property
    def experiments(self) -> list[dict]:
        """Each experiment with its trials: ``{"record", "label", "trials"}``; only those that may be viewed."""
        names = list(dict.fromkeys(trial.parent for trial in self.memberships))
        if not names:
            return []
        rows = Record.objects.filter(connection=self.connection, kind="Experiment", name__in=names)
        known = {one.name: one for one in visible_here(self.connection, rows, "Experiment")}
        return [
            {"record": known[name], "label": label_of(known[name]),
             "trials": [trial for trial in self.memberships if trial.parent == name]}
            for name in names if name in known
        ]  # fmt: skip

    @property
    def experiment(self) -> Record | None:
        return self.experiments[0]["record"] if self.experiments else None

    @cached_property
    def job(self) -> Record | None:
        """The job that it stands for, if it may be viewed."""
        noun, name = changing.job_of(self.record)
        if not noun:
            return None
        rows = Record.objects.filter(connection=self.connection, kind=noun, name=name)
        return visible_here(self.connection, rows, noun).first()

    @cached_property
    def series(self) -> dict[str, MetricSeries]:
        """Its metrics, and those of its job, by name."""
        return {name: one for (_, name), one in metrics.series_of([self.record.id]).items()}

    @cached_property
    def measures(self) -> list[Measure]:
        """Every metric, in the order in which people want to see them."""
        return [
            Measure(name, one.last, one.last_step, one.low, one.low_step, one.high, one.high_step,
                    one.mean if one.finite else None, one.count, is_higher_better(name))
            for name, one in sorted(self.series.items(), key=lambda item: rank(item[0]))
        ]  # fmt: skip

    @property
    def main(self) -> list[Measure]:
        return [one for one in self.measures if not one.is_system][:MAIN]

    @cached_property
    def sparks(self) -> dict[str, list[float]]:
        """Forty points of each main metric."""
        chosen = [self.series[one.name] for one in self.main]
        curves = metrics.read(chosen, keep=SPARK)
        return {one.name: [v for v in curves[one.id].value.tolist() if v - v == 0] for one in chosen}

    def against(self, baseline: "Run | None") -> dict[str, Delta]:
        """Each main metric's best value against the baseline's; without one, against the best other run of the experiment."""
        if baseline:
            theirs = {name: (one.high if is_higher_better(name) else one.low) for name, one in baseline.series.items()}
            found = {name: (baseline.record, value) for name, value in theirs.items() if value is not None}
        else:
            found = self._best_others()
        return {
            one.name: _delta(found[one.name][0], one.best, found[one.name][1], one.is_higher_better)
            for one in self.main if one.name in found and _is_finite(one.best) and _is_finite(found[one.name][1])
        }  # fmt: skip

    def _best_others(self) -> dict[str, tuple[Record, float]]:
        """By metric the best other run of the experiment and its value: the index of lists, walked from its good end."""
        if not self.row.experiment:
            return {}
        leaders: dict[str, list[tuple[int, float]]] = {}
        for one in self.main:
            column = "high" if one.is_higher_better else "low"
            rows = MetricSeries.objects.filter(experiment=self.row.experiment, name=one.name, run__isnull=False)
            rows = rows.exclude(**{f"{column}__isnull": True}).exclude(run=self.record)
            leaders[one.name] = list(
                rows.order_by(f"-{column}" if one.is_higher_better else column).values_list("run", column)[:RIVALS]
            )
        numbers = {number for rows in leaders.values() for number, _ in rows}
        shown = Record.objects.filter(id__in=numbers, connection=self.connection, kind=RUN)
        known = visible_here(self.connection, shown, RUN).in_bulk() if numbers else {}
        return {
            name: next((known[number], value) for number, value in rows if number in known)
            for name, rows in leaders.items() if any(number in known for number, _ in rows)
        }  # fmt: skip

    @cached_property
    def parameters(self) -> list[tuple[str, str]]:
        """(name, value) as people wrote them, SageMaker's own last."""
        found = [(key, _text(value)) for key, value in (self.document.get("Parameters") or {}).items()]
        return sorted(found, key=lambda one: (one[0].startswith("SageMaker."), one[0]))

    @property
    def progress(self) -> dict:
        """``{"done", "total"}`` in rounds or steps, while it runs and where a parameter says how many there will be."""
        if self.ended:
            return {}
        told = {key.rpartition(".")[2]: as_number(value) for key, value in self.parameters}
        own = [one for one in self.measures if not one.is_system]
        for names, measured in ((ROUNDS, [one.count for one in own]), (STEPS, [one.step or 0 for one in own])):
            total = next((told[name] for name in names if told.get(name)), None)
            if total and total >= 1 and measured:
                return {"done": min(max(measured), int(total)), "total": int(total)}
        return {}

    @cached_property
    def code_version(self) -> list[tuple[str, str]]:
        """(label, value) of what is known about the code: commit, repository, branch, source file."""
        told = self.document.get("MetadataProperties") or {}
        commit = told.get("CommitId") or next((self.tags[key] for key in COMMIT_TAGS if key in self.tags), "")
        repository = told.get("Repository") or next((self.tags[key] for key in REPOSITORY_TAGS if key in self.tags), "")
        found = [("Commit", commit), ("Repository", repository)]
        found += [(label, self.tags.get(key, "")) for key, label in CODE_TAGS.items()]
        if self.job:
            script = (self.job.document.get("HyperParameters") or {}).get("sagemaker_program", "")
            found += [("Script", script.strip('"')), ("Image", _image(self.job.document))]
        found.append(("Generated by", told.get("GeneratedBy", "")))
        return [(label, value) for label, value in found if value]

    @cached_property
    def datasets(self) -> list[dict]:
        """What it learnt from, as MLflow clients and the Studio's own jobs say it: ``{"name", "digest", "source", "version"}``."""
        rows = RunDataset.objects.filter(run=self.record).order_by("name")
        found = [{"name": one.name, "digest": one.digest, "source": one.source} for one in rows]
        if self.job:
            told = self.job.tags.filter(key=DATASET_TAG).values_list("value", flat=True).first() or ""
            name, _, version = told.partition("/v")
            if name and version:
                found.append({"name": name, "version": version})
        return found

    @cached_property
    def models(self) -> list[LoggedModel]:
        """Models that MLflow clients logged from it."""
        rows = LoggedModel.objects.filter(connection=self.connection, source_run=self.name, deleted__isnull=True)
        return list(rows.order_by("created"))

    @cached_property
    def inputs(self) -> list[dict]:
        known = {
            f"{one['name']} {one.get('digest')}" for one in self.datasets
        }  # MLflow's stand among the artifacts too
        return [one for one in _artifacts(self.document, "Input") if one["name"] not in known]

    @cached_property
    def outputs(self) -> list[dict]:
        return _artifacts(self.document, "Output")

    @cached_property
    def parent(self) -> Record | None:
        """The run that it is nested in, as MLflow clients say by a tag."""
        name = self.tags.get(PARENT_TAG)
        if not name:
            return None
        rows = Record.objects.filter(connection=self.connection, kind=RUN, name=name)
        return visible_here(self.connection, rows, RUN).first()

    @cached_property
    def children(self) -> list[Record]:
        """Runs that name it as their parent, the oldest first."""
        # The tags alone first: joined, a database walks all runs by their time instead.
        named = Tag.objects.filter(key=PARENT_TAG, value=self.name)
        ids = list(named.values_list("record", flat=True)[:CHILDREN])
        rows = Record.objects.filter(connection=self.connection, kind=RUN, id__in=ids)
        return list(visible_here(self.connection, rows, RUN).order_by("created")) if ids else []

    @cached_property
    def environment(self) -> dict[str, str]:
        """Environment variables of the job behind it."""
        return (self.job.document.get("Environment") or {}) if self.job else {}

    @property
    def state(self) -> str:
        """What the page's head depends on: another value means that it must be drawn again."""
        return f"{self.status}/{self.record.modified.timestamp():.3f}"


def _delta(other: Record, mine: float, theirs: float, is_higher_better: bool) -> Delta:
    by = mine - theirs
    return Delta(other, theirs, by, None if by == 0 else (by > 0) == is_higher_better)


def _is_finite(value) -> bool:
    return value is not None and value - value == 0


def _text(value: dict) -> str:
    if "NumberValue" in value:
        number = float(value["NumberValue"])
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    return str(value.get("StringValue", ""))


def _image(document: dict) -> str:
    return document.get("AlgorithmSpecification", {}).get("TrainingImage", "").rpartition("/")[2]


def _artifacts(document: dict, side: str) -> list[dict]:
    """``{"name", "uri", "type"}``, sorted by name."""
    found = document.get(f"{side}Artifacts") or {}
    return [
        {"name": name, "uri": str(one.get("Value", "")), "type": one.get("MediaType", "")}
        for name, one in sorted(found.items())
    ]
