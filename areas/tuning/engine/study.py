"""What is known of a tuning job at one moment, read from the database, and what Describe says of it."""

import time
from functools import cached_property

from areas.tuning import completion, warm
from areas.tuning.definitions import Definition, definitions, most_jobs, place
from areas.tuning.models import Trial
from areas.tuning.resource import TUNING_JOB
from areas.tuning.strategies import Tried
from catalog.models import Record

TRIES = 3  # of the same parameters, where SageMaker itself failed
EARLY = 5  # training jobs after which one that goes nowhere is given up


class Study:
    """A tuning job, its definitions and its trials in the order of their numbers."""

    def __init__(self, record: Record):
        self.record, self.document = record, record.document
        self.config = self.document["HyperParameterTuningJobConfig"]
        self.definitions = definitions(self.document)
        self.trials = list(Trial.objects.filter(tuning=record).defer("curve").order_by("number"))

    @property
    def maximize(self) -> bool:
        return self.definitions[0].maximize

    @property
    def running(self) -> list[Trial]:
        return [one for one in self.trials if not one.has_ended]

    @cached_property
    def results(self) -> list[float]:
        """The objectives of the trials that have one and have ended, in the order in which they ended."""
        done = [one for one in self.trials if one.judged == Trial.SUCCEEDED]
        return [one.objective for one in sorted(done, key=lambda one: (one.ended or 0, one.number))]

    @property
    def best(self) -> Trial | None:
        """The trial with the best objective; the earliest of equals."""
        done = [one for one in self.trials if one.judged == Trial.SUCCEEDED]
        sign = -1 if self.maximize else 1
        return min(done, key=lambda one: (sign * one.objective, one.number), default=None)

    def next_slot(self) -> tuple[int, Trial | None] | None:
        """The next proposal to try: (its slot, a trial of it that SageMaker itself failed); None if all have been tried."""
        tries: dict[int, list[Trial]] = {}
        for one in self.trials:
            tries.setdefault(one.slot, []).append(one)
        for slot, made in tries.items():
            if all(one.is_retryable for one in made) and len(made) < TRIES:
                return slot, made[-1]
        slot = max(tries, default=-1) + 1
        return (slot, None) if slot < most_jobs(self.document) else None

    def placed(self, slot: int) -> tuple[Definition, int]:
        return place(self.definitions, slot, grid=self.config["Strategy"] == "Grid")

    def history(self, definition: Definition) -> list[Tried]:
        """What has been tried of a definition, by this tuning job and by those that it goes on from."""
        own = [one for one in self.trials if one.definition == definition.name]
        return [_tried(one) for one in (*warm.trials(self.record), *own)]

    def verdict(self, begun: float) -> dict | None:
        """How and why nothing more is to be tried: ``{"status", "reason"}``; None while there is something to do."""
        limits = self.config["ResourceLimits"]
        ended = [one for one in self.trials if one.has_ended and not one.is_retryable]
        if len(ended) >= EARLY and not self.results:
            return self.end()
        if completion.reached(self.config.get("TuningJobCompletionCriteria", {}), self.results, self.maximize):
            return self.end()
        if time.time() - begun >= limits.get("MaxRuntimeInSeconds", float("inf")):
            return self.end()
        return None if self.running or self.next_slot() else self.end()

    def end(self) -> dict:
        """Completed, if any training job gave a value of the objective."""
        if self.results:
            return {"status": "Completed", "reason": ""}
        count = sum(one.has_ended for one in self.trials)
        if any(one.status in ("Completed", "Stopped") for one in self.trials):
            metric = self.definitions[0].metric
            reason = (
                f"No objective metrics found after running {count} training jobs. Please ensure that the custom algorithm is "
                f"emitting the objective metric {metric} as defined by the regular expression provided."
            )
        else:
            reason = (
                f"No training job succeeded after {count} attempts. Please take a look at the training job failures to get "
                "more details."
            )
        return {"status": "Failed", "reason": reason}

    def members(self) -> dict:
        """The members of the document that follow from the trials."""
        found = {
            "TrainingJobStatusCounters": self._status_counters(),
            "ObjectiveStatusCounters": {
                state: sum(one.judged == state for one in self.trials)
                for state in (Trial.SUCCEEDED, Trial.PENDING, Trial.FAILED)
            },
            "TuningJobCompletionDetails": self._details(),
        }
        if best := self.best:
            found["BestTrainingJob"] = self.summary(best, is_best=True)
        if overall := self._overall():
            found["OverallBestTrainingJob"] = overall
        return found

    def _status_counters(self) -> dict:
        by = [
            "InProgress" if not one.has_ended
            else one.status if one.status != "Failed"
            else "RetryableError" if one.is_retryable
            else "NonRetryableError"
            for one in self.trials
        ]  # fmt: skip
        names = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
        return {name: by.count(name) for name in names}

    def _details(self) -> dict:
        details = dict(self.document["TuningJobCompletionDetails"])
        details["NumberOfTrainingJobsObjectiveNotImproving"] = completion.not_improving(self.results, self.maximize)
        if "ConvergenceDetectedTime" not in details and completion.has_converged(self.results, self.maximize):
            details["ConvergenceDetectedTime"] = time.time()
        return details

    def _overall(self) -> dict | None:
        """The best of this tuning job and its parents, where they tried the same thing."""
        if not warm.is_identical(self.document):
            return None
        found = [(self.best, self)] if self.best else []
        found += [(study.best, study) for study in map(Study, warm.parents(self.record)) if study.best]
        sign = -1 if self.maximize else 1
        if not found:
            return None
        trial, study = min(found, key=lambda pair: (sign * pair[0].objective, pair[0].created))
        return study.summary(trial, is_best=True)

    def summary(self, trial: Trial, *, is_best: bool = False) -> dict:
        return summary(self.record, self.definition_of(trial), trial, is_best=is_best)

    def definition_of(self, trial: Trial) -> Definition:
        return next(one for one in self.definitions if one.name == trial.definition)


def summary(record: Record, definition: Definition, trial: Trial, *, is_best: bool = False) -> dict:
    """HyperParameterTrainingJobSummary of a trial."""
    arn = record.arn.replace(f":{TUNING_JOB.arn_path}/{record.name}", f":training-job/{trial.name}")
    told = {
        "TrainingJobName": trial.name,
        "TrainingJobArn": arn,
        "CreationTime": trial.created,
        "TrainingJobStatus": trial.status,
        "TunedHyperParameters": trial.parameters,
        "ObjectiveStatus": trial.judged,
    }
    optional = {
        "TrainingJobDefinitionName": trial.definition, "TrainingStartTime": trial.started,
        "TrainingEndTime": trial.ended, "FailureReason": trial.reason,
    }  # fmt: skip
    told |= {name: value for name, value in optional.items() if value}
    if is_best:
        told["TuningJobName"] = record.name
    if trial.objective is not None and trial.judged != Trial.PENDING:
        kind = {"Type": "Maximize" if definition.maximize else "Minimize"} if is_best else {}
        told["FinalHyperParameterTuningJobObjectiveMetric"] = {
            **kind, "MetricName": definition.metric, "Value": trial.objective,
        }  # fmt: skip
    return told


def _tried(trial: Trial) -> Tried:
    objective = trial.objective if trial.judged == Trial.SUCCEEDED else None
    return Tried(trial.parameters, objective, not trial.has_ended)
