"""A training job as its pages tell it: read from the catalog, never waiting for SageMaker."""

import time
from functools import cached_property

from areas.allowed import visible_here
from areas.images import find
from areas.target import Target
from areas.training.capacity import INTERRUPT, Capacity
from areas.training.requests import DATASET_TAG, LABEL_TAG, SCHEMA_TAG
from areas.training.resource import TRAINING_JOB
from catalog.access import access_here
from catalog.metric_names import USAGE, is_higher_better
from catalog.models import Record
from catalog.points import last_values

# Members of the Describe document that are also members of the Create request.
ASKED = (
    "TrainingJobName", "AlgorithmSpecification", "RoleArn", "HyperParameters", "InputDataConfig", "OutputDataConfig",
    "ResourceConfig", "StoppingCondition", "VpcConfig", "EnableNetworkIsolation", "EnableManagedSpotTraining",
    "CheckpointConfig", "DebugHookConfig", "DebugRuleConfigurations", "ProfilerConfig", "ProfilerRuleConfigurations",
    "TensorBoardOutputConfig", "ExperimentConfig", "Environment", "RetryStrategy",
)  # fmt: skip
STEPS = ("Starting", "Downloading", "Training", "Uploading", "Completed")


class Job(Capacity, Target):
    """One job of a connection: its Record if SageMaker knows it, and the Run that asked for it if the Studio did."""

    resource = TRAINING_JOB

    @property
    def word(self) -> str:
        """The status that a person reads: the secondary one while the job is under way."""
        if self.ended or self.record.status != "InProgress":
            return self.record.status
        return self.document.get("SecondaryStatus") or self.record.status

    @cached_property
    def request(self) -> dict:
        """The CreateTrainingJob request that would make this job again."""
        asked = {name: self.document[name] for name in ASKED if self.document.get(name) not in (None, {}, [], False)}
        algorithm = dict(asked.get("AlgorithmSpecification") or {})
        if self.image and self.image.builtin and "sagemaker_program" not in self.hyperparameters:
            # The image defines its own metrics: Describe shows them, Create doesn't take them.
            algorithm.pop("MetricDefinitions", None)
        algorithm.pop("EnableSageMakerMetricsTimeSeries", None)
        asked["AlgorithmSpecification"] = algorithm
        tags = [
            {"Key": key, "Value": value} for key, value in self.tags.items() if key not in ("atelier:run", INTERRUPT)
        ]
        return _without_defaults(asked) | ({"Tags": tags} if tags else {})

    @cached_property
    def image(self):
        return find(self.document.get("AlgorithmSpecification", {}).get("TrainingImage", ""))

    @property
    def image_word(self) -> str:
        """``sagemaker-xgboost:3.0-5``, or the name of the algorithm."""
        algorithm = self.document.get("AlgorithmSpecification", {})
        return algorithm.get("TrainingImage", "").rpartition("/")[2] or algorithm.get("AlgorithmName", "")

    @property
    def hyperparameters(self) -> dict[str, str]:
        return self.document.get("HyperParameters") or {}

    @property
    def dataset(self) -> dict | None:
        """Name and version number of the dataset that the job learns from, as its tag says."""
        name, _, version = self.tags.get(DATASET_TAG, "").partition("/v")
        return {"name": name, "version": version} if name and version else None

    @property
    def tuning_job(self) -> str:
        """The tuning job that it is a trial of, or ""."""
        return (self.document.get("TuningJobArn") or "").rpartition("/")[2]

    @property
    def can_be_evaluated(self) -> bool:
        """Whether the processing template "Evaluate a model" reads its model."""
        return self.record.status == "Completed" and bool(self.image) and "xgboost" in self.image.repository

    @property
    def model(self) -> str:
        """The newest model that was made from it, or ""."""
        return next((record.name for record in reversed(self.made) if record.kind == "Model"), "")

    @property
    def label(self) -> str:
        return self.tags.get(LABEL_TAG, "")

    @property
    def schema_uri(self) -> str:
        return self.tags.get(SCHEMA_TAG, "")

    @cached_property
    def values(self) -> dict[str, dict]:
        """Last, lowest and highest value of every metric."""
        return last_values(self.record.id) if self.record else {}

    @property
    def metric_count(self) -> int:
        return len(self.values)

    @cached_property
    def tiles(self) -> list[dict]:
        """The main metrics, validation before train: ``{"name", "last", "best", "step"}``, two at most."""
        own = [name for name in self.values if name.partition("@")[0] not in USAGE]
        ranked = sorted(own, key=lambda name: (not name.startswith("validation"), name))
        found = []
        for name in ranked[:2]:
            value, higher = self.values[name], is_higher_better(name)
            found.append({"name": name, **value, "best": value["max" if higher else "min"]})
        return found

    @cached_property
    def usage(self) -> dict[str, float | None]:
        return {name: self.values[name]["last"] for name in USAGE if name in self.values}

    @cached_property
    def progress(self) -> dict:
        """``{"done", "total", "left"}`` in rounds where the number of rounds is known; ``left`` in seconds or None."""
        rounds = self.hyperparameters.get("num_round", "")
        counts = [value["points"] for name, value in self.values.items() if name.partition("@")[0] not in USAGE]
        if not rounds.isdigit() or not counts:
            return {}
        done, total = min(max(counts), int(rounds)), int(rounds)
        started = self.document.get("TrainingStartTime")
        under_way = not self.ended and started and self.document.get("SecondaryStatus") == "Training"
        elapsed = time.time() - started if under_way else 0
        return {"done": done, "total": total, "left": elapsed / done * (total - done) if elapsed and done else None}

    @property
    def seconds(self) -> float | None:
        """How long it has been training, or trained."""
        started = self.document.get("TrainingStartTime") or self.document.get("CreationTime")
        ended = self.document.get("TrainingEndTime")
        if not started:
            return None
        return (ended or time.time()) - started if ended or not self.ended else None

    @cached_property
    def timeline(self) -> list[dict]:
        """Every transition with its time, then the steps that are still to come."""
        passed = self.document.get("SecondaryStatusTransitions") or []
        rows = [
            {
                "status": one["Status"], "start": one.get("StartTime"), "end": one.get("EndTime"),
                "message": one.get("StatusMessage", ""), "now": not self.ended and i == len(passed) - 1,
                "seconds": one["EndTime"] - one["StartTime"] if one.get("EndTime") and one.get("StartTime") else None,
            }
            for i, one in enumerate(passed)
        ]  # fmt: skip
        if not self.ended and rows and rows[-1]["status"] in STEPS:
            rows += [{"status": step, "ahead": True} for step in STEPS[STEPS.index(rows[-1]["status"]) + 1 :]]
        return rows

    @cached_property
    def previous(self) -> Record | None:
        """The job before this one that learnt from the same dataset with the same image."""
        tag = self.tags.get(DATASET_TAG)
        if not tag:
            return None
        dataset = tag.partition("/v")[0]
        before = Record.objects.filter(
            connection=self.connection, kind="TrainingJob", created__lt=self.record.created,
            tags__key=DATASET_TAG, tags__value__startswith=f"{dataset}/v",
        ).order_by("-created")  # fmt: skip
        for record in visible_here(self.connection, before, "TrainingJob")[:20]:
            image = find(record.document.get("AlgorithmSpecification", {}).get("TrainingImage", ""))
            if image == self.image:
                return record
        return None

    @cached_property
    def differences(self) -> list[dict]:
        """Hyperparameters with what they were in the previous job: ``{"name", "value", "was"}``; ``was`` None if equal."""
        before = (self.previous.document.get("HyperParameters") or {}) if self.previous else {}
        declared = self.image.algorithm.parameters if self.image and self.image.algorithm else ()
        order = {name: i for i, name in enumerate(("objective", "num_class", *(one.name for one in declared)))}
        mine = {name: value for name, value in self.hyperparameters.items() if not name.startswith("sagemaker_")}
        gone = [name for name in before if name not in mine and not name.startswith("sagemaker_")]
        rows = []
        for name in sorted([*mine, *gone], key=lambda name: (order.get(name, 99), name)):
            value, old = mine.get(name), before.get(name)
            rows.append({"name": name, "value": value, "was": old if self.previous and old != value else None,
                         "new": bool(self.previous) and name not in before})  # fmt: skip
        return rows

    @cached_property
    def entry(self) -> Record | None:
        """Its entry in the experiments: the run that stands for it."""
        rows = Record.objects.filter(connection=self.connection, kind="TrialComponent", run_row__source=self.record.id)
        return visible_here(self.connection, rows.select_related("run_row"), "TrialComponent").first()

    @cached_property
    def experiment(self) -> str:
        """The experiment that its entry belongs to, if it may be seen; the name of its Record, or "" for none."""
        if self.entry is None:
            return ""
        rows = Record.objects.filter(connection=self.connection, kind="Experiment", id=self.entry.run_row.experiment)
        return visible_here(self.connection, rows, "Experiment").values_list("name", flat=True).first() or ""

    @cached_property
    def made(self) -> list[Record]:
        """Models and endpoints that say they came from this job, or serve its artifact."""
        tagged = Record.objects.filter(
            connection=self.connection, kind__in=("Model", "EndpointConfig", "Endpoint"),
            tags__key="atelier:job", tags__value=self.name,
        )  # fmt: skip
        artifact = self.document.get("ModelArtifacts", {}).get("S3ModelArtifacts")
        serving = Record.objects.filter(
            connection=self.connection, kind="Model", document__PrimaryContainer__ModelDataUrl=artifact or "-"
        )
        access = access_here(self.connection.id)
        seen = [record for rows in (tagged, serving) for record in access.visible_kinds(rows)[:50]]
        return sorted({record.id: record for record in seen}.values(), key=lambda record: record.created)


def _without_defaults(value):
    """A document without what Describe fills in for what nobody said."""
    if isinstance(value, dict):
        cleaned = {key: _without_defaults(one) for key, one in value.items()}
        silent = {"CompressionType": ("None", "GZIP"), "RecordWrapperType": ("None",)}
        return {key: one for key, one in cleaned.items() if one != "" and one not in silent.get(key, ())}
    return [_without_defaults(one) for one in value] if isinstance(value, list) else value
