"""A run with everything a run can have: in an experiment, measured, with parameters, files and figures in S3."""

import json
import math
import time

import pytest

from catalog import metrics
from catalog.metrics import Point
from catalog.models import Record

CURVE = {"type": "ROCCurve", "version": 0, "title": "roc", "falsePositiveRate": [0, 0.2, 1], "truePositiveRate": [0, 0.9, 1],
         "areaUnderCurve": 0.85}  # fmt: skip
MATRIX = {"type": "ConfusionMatrix", "version": 0, "title": "validation", "confusionMatrix": [[8, 1], [2, 9]]}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cfc0f01f0005000101a7d0b9a10000000049454e44ae426082"
)


class Desk:
    """What tests of runs' pages do: ``desk.get("metrics/")`` is the page of the run's tab, as text."""

    def __init__(self, aws, person):
        self.aws, self.person = aws, person
        self.sagemaker, self.s3 = aws.client("sagemaker"), aws.client("s3")
        self.bucket = aws.connection.default_bucket
        self.s3.create_bucket(Bucket=self.bucket)

    def make(self, name="churn-first", experiment="churn", **more) -> Record:
        """A run in an experiment."""
        trial = f"Default-Run-Group-{experiment}"
        if not Record.objects.filter(connection=self.aws.connection, kind="Trial", name=trial).exists():
            self.sagemaker.create_experiment(ExperimentName=experiment)
            self.sagemaker.create_trial(TrialName=trial, ExperimentName=experiment)
        self.sagemaker.create_trial_component(TrialComponentName=name, **more)
        self.sagemaker.associate_trial_component(TrialComponentName=name, TrialName=trial)
        return self.record(name)

    def record(self, name="churn-first") -> Record:
        return Record.objects.get(connection=self.aws.connection, kind="TrialComponent", name=name)

    def measure(self, name="churn-first", **series: list[float]) -> None:
        """Points of metrics, a step each; ``__`` in a name is a slash."""
        now = time.time()
        metrics.append(self.record(name), [
            Point(metric.replace("__", "/"), value, now + step, step)
            for metric, values in series.items() for step, value in enumerate(values)
        ])  # fmt: skip

    def put(self, name: str, body: bytes | str, run="churn-first") -> str:
        """A file below the run's own folder; its address."""
        key = f"trial-component-artifacts/{run}/{name}"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"s3://{self.bucket}/{key}"

    def put_json(self, name: str, document, run="churn-first") -> str:
        return self.put(name, json.dumps(document), run)

    def answer(self, tab="", run="churn-first", person=None, **query):
        return (person or self.person).browser.get(f"/trial-components/{run}/{tab}", query)

    def get(self, tab="", run="churn-first", status=200, **query) -> str:
        answer = self.answer(tab, run, **query)
        assert answer.status_code == status, answer.content.decode()[:2000]
        return answer.content.decode()

    def post(self, act: str, data=None, run="churn-first", person=None):
        return (person or self.person).browser.post(f"/trial-components/{run}/{act}/", data or {})


@pytest.fixture
def desk(aws, cast):
    return Desk(aws, cast.alice)


@pytest.fixture
def run(desk) -> Record:
    """A run that has been measured, with two parameters."""
    record = desk.make(
        DisplayName="first", Status={"PrimaryStatus": "InProgress"},
        Parameters={"max_depth": {"NumberValue": 6}, "objective": {"StringValue": "binary:logistic"}},
    )  # fmt: skip
    desk.measure(validation__auc=[0.7, 0.9, 0.8], train__loss=[1.0, 0.5, math.nan], system__cpu=[10, 20, 30])
    return record
