"""Tuning jobs over the wire: ``tuning`` runs training jobs, a short script of the test's own; ``stage`` has none run, and ends
them by hand with whatever they shall tell, while the real conductor looks on."""

import time

import pytest

from tests.areas.training.conftest import Training, training, wait_for  # noqa: F401  a fixture and a helper

SCRIPT = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float, default=0)
given, _ = parser.parse_known_args()
print(f"score={given.rate * 2}")
"""
METRICS = [{"Name": "score", "Regex": r"score=(-?[0-9.e+-]+)"}]
TERMINAL = ("Completed", "Failed", "Stopped")


def continuous(name: str = "rate", low: str = "0", high: str = "1", scaling: str = "Auto") -> dict:
    return {"ContinuousParameterRanges": [{"Name": name, "MinValue": low, "MaxValue": high, "ScalingType": scaling}]}


def integer(name: str = "rate", low: str = "1", high: str = "10", scaling: str = "Auto") -> dict:
    return {"IntegerParameterRanges": [{"Name": name, "MinValue": low, "MaxValue": high, "ScalingType": scaling}]}


def categorical(**values: list[str]) -> dict:
    return {"CategoricalParameterRanges": [{"Name": name, "Values": one} for name, one in values.items()]}


class Tuning:
    """One account's tuning jobs."""

    def __init__(self, single: Training):
        self.training, self.aws, self.sagemaker = single, single.aws, single.sagemaker
        self._archives: dict[str, str] = {}
        self._count = 0

    def definition(self, script: str = SCRIPT, static: dict | None = None, **changes) -> dict:
        if script not in self._archives:
            self._archives[script] = self.training.archive(script)
        made = self.training.request()
        code = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": f'"{self._archives[script]}"'}
        return {
            "AlgorithmSpecification": {**made["AlgorithmSpecification"], "MetricDefinitions": METRICS},
            "StaticHyperParameters": {**code, **(static or {})},
            **{
                member: made[member]
                for member in ("RoleArn", "OutputDataConfig", "ResourceConfig", "StoppingCondition")
            },
            **changes,
        }

    def request(self, *, strategy: str = "Random", ranges: dict | None = None, most: int | None = 2, parallel: int = 2,
                aim: str = "Maximize", definition: dict | None = None, config: dict | None = None, **changes) -> dict:  # fmt: skip
        self._count += 1
        limits = {"MaxParallelTrainingJobs": parallel, **({"MaxNumberOfTrainingJobs": most} if most else {})}
        return {
            "HyperParameterTuningJobName": f"tune-{self._count}",
            "HyperParameterTuningJobConfig": {
                "Strategy": strategy,
                "HyperParameterTuningJobObjective": {"Type": aim, "MetricName": "score"},
                "ResourceLimits": limits,
                "ParameterRanges": ranges or continuous(),
                **(config or {}),
            },
            "TrainingJobDefinition": definition or self.definition(),
            **changes,
        }

    def start(self, **given) -> str:
        request = self.request(**given)
        self.sagemaker.create_hyper_parameter_tuning_job(**request)
        return request["HyperParameterTuningJobName"]

    def describe(self, name: str) -> dict:
        return self.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)

    def wait(self, name: str, seconds: float = 40) -> dict:
        """The description once the tuning job has ended."""

        def ended():
            found = self.describe(name)
            return found if found["HyperParameterTuningJobStatus"] in TERMINAL else None

        return wait_for(ended, seconds)

    def run(self, **given) -> dict:
        return self.wait(self.start(**given))

    def jobs(self, name: str, **asked) -> list[dict]:
        """Summaries of its training jobs."""
        return self.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=name, **{"MaxResults": 100, **asked}
        )["TrainingJobSummaries"]

    def stop(self, name: str) -> None:
        self.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)


@pytest.fixture
def tuning(training) -> Tuning:  # noqa: F811
    return Tuning(training)


class Stage(Tuning):
    """The conductor in this process, and training jobs that nobody runs."""

    def tick(self) -> None:
        from engine.runtime import conducting

        conducting.tick()

    def child(self, name: str):
        from catalog.models import Record

        return Record.objects.get(connection=self.aws.connection, kind="TrainingJob", name=name)

    def running(self, name: str) -> list:
        """The Trials that run, the first first."""
        from areas.tuning.models import Trial

        found = Trial.objects.filter(tuning__name=name, tuning__connection=self.aws.connection)
        return list(found.exclude(status__in=TERMINAL).order_by("number"))

    def measure(self, job: str, *scores: float) -> None:
        """Have a job tell values of the objective, as the runner would."""
        from catalog import metrics
        from engine import store
        from engine.runtime.drivers import driver_for

        driver, record = driver_for("TrainingJob"), self.child(job)
        seen = metrics.series_of([record.id], ["score"]).get((record.id, "score"))
        first = seen.count if seen else 0
        points = [
            {"name": "score", "value": score, "time": time.time() + place, "step": first + place}
            for place, score in enumerate(scores)
        ]
        store.change(record.id, lambda document: driver.measure(document, points), driver.resource)
        metrics.append(record, [metrics.Point(**point) for point in points])

    def end(self, job: str, status: str = "Completed", score: float | None = None, reason: str = "") -> None:
        """Have a job end, as the runner would."""
        from engine import store
        from engine.models import Work
        from engine.runtime.drivers import driver_for

        driver, record = driver_for("TrainingJob"), self.child(job)
        if score is not None:
            self.measure(job, score)

        def edit(document: dict) -> None:
            now = time.time()
            document["TrainingStartTime"] = document["CreationTime"]
            if status == "Failed":
                driver.fail(document, now, reason)
            elif status == "Stopped":
                driver.stop(document, now)
            else:
                driver.finish(document, {"reason": "exited", "code": 0, "failure": "", "message": ""})

        store.change(record.id, edit, driver.resource)
        Work.objects.filter(record=record).delete()

    def play(self, name: str, outcome, most: int = 100) -> dict:
        """Have each training job end as ``outcome(trial)`` says (a score, or keywords of ``end``), the first first, to the end of
        the tuning job. What was asked to stop is stopped."""
        for _ in range(most):
            self.tick()
            running = self.running(name)
            if not running:
                break
            trial = running[0]
            if trial.status == "Stopping":
                self.end(trial.name, "Stopped")
                continue
            told = outcome(trial)
            self.end(trial.name, **(told if isinstance(told, dict) else {"score": told}))
        self.tick()
        return self.describe(name)


@pytest.fixture
def stage(aws, no_runner, django_db_blocker) -> Stage:
    from engine.models import Work

    with django_db_blocker.unblock():
        yield Stage(Training(aws))
        Work.objects.filter(record__connection=aws.connection).delete()
