"""A tuning job while the runner, the engine and the workers are killed: all trials are accounted for, none is there twice."""

import io
import itertools
import tarfile
import threading
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from areas.images import images
from tests.system.stage import Studio

pytestmark = pytest.mark.slow

TRIALS, PARALLEL = 8, 3
VICTIMS = ("engine_runner", "engine.asgi", "manage.py workers", "engine_runner", "engine.asgi", "engine_runner")
SCRIPT = b"""
import argparse, time
parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float)
rate = parser.parse_known_args()[0].rate
time.sleep(0.5)
print(f"score={rate * 2};")
"""


def request(s3, role: str) -> dict:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo("train.py")
        member.size = len(SCRIPT)
        tar.addfile(member, io.BytesIO(SCRIPT))
    s3.put_object(Bucket="chaos", Key="code.tar.gz", Body=packed.getvalue())
    image = images()["sagemaker-scikit-learn"].uri()
    ranges = [{"Name": "rate", "MinValue": "0", "MaxValue": "1"}]
    return {
        "HyperParameterTuningJobName": "chaos",
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random", "RandomSeed": 7,
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "score"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": TRIALS, "MaxParallelTrainingJobs": PARALLEL},
            "ParameterRanges": {"ContinuousParameterRanges": ranges},
        },
        "TrainingJobDefinition": {
            "AlgorithmSpecification": {
                "TrainingImage": image, "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "score", "Regex": "score=([0-9.e-]+);"}],
            },
            "StaticHyperParameters": {
                "sagemaker_program": '"train.py"', "sagemaker_submit_directory": '"s3://chaos/code.tar.gz"',
            },
            "RoleArn": role,
            "OutputDataConfig": {"S3OutputPath": "s3://chaos/output"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        },
    }  # fmt: skip


def test_killed_parts_lose_no_trial_and_start_none_twice(tmp_path):
    with Studio(tmp_path / "home") as studio:
        s3, sagemaker = studio.client("s3"), studio.client("sagemaker")
        s3.create_bucket(Bucket="chaos")
        sagemaker.create_hyper_parameter_tuning_job(**request(s3, studio.keys["role_arn"]))
        done = threading.Event()
        kills = []

        def torment() -> None:
            for victim, pause in zip(VICTIMS, itertools.cycle((0.7, 1.1, 1.6)), strict=False):
                if done.wait(pause):
                    return
                studio.kill(victim)
                kills.append(victim)

        tormentor = threading.Thread(target=torment)
        tormentor.start()
        try:
            seen = wait(sagemaker)
        finally:
            done.set()
            tormentor.join()
        assert "engine_runner" in kills and "engine.asgi" in kills
        check(sagemaker, seen)


def wait(sagemaker) -> dict:
    """The tuning job's description once it has ended; the engine is away now and then."""
    deadline = time.monotonic() + 120
    while True:
        try:
            seen = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="chaos")
            if seen["HyperParameterTuningJobStatus"] in ("Completed", "Failed", "Stopped"):
                return seen
        except (BotoCoreError, ClientError):
            seen = None
        assert time.monotonic() < deadline, seen
        time.sleep(0.3)


def check(sagemaker, seen: dict) -> None:
    assert seen["HyperParameterTuningJobStatus"] == "Completed", seen.get("FailureReason")
    trials = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="chaos", MaxResults=100
    )["TrainingJobSummaries"]
    jobs = sagemaker.list_training_jobs(NameContains="chaos", MaxResults=100)["TrainingJobSummaries"]
    names = sorted(trial["TrainingJobName"] for trial in trials)
    assert names == sorted(job["TrainingJobName"] for job in jobs)  # none without a trial
    assert [name[len("chaos-") : len("chaos-") + 3] for name in names] == [f"{n:03}" for n in range(1, TRIALS + 1)]
    assert {job["TrainingJobStatus"] for job in jobs} == {"Completed"}
    assert len({trial["TunedHyperParameters"]["rate"] for trial in trials}) == TRIALS  # each proposal once
    assert seen["TrainingJobStatusCounters"] == {
        "Completed": TRIALS, "InProgress": 0, "RetryableError": 0, "NonRetryableError": 0, "Stopped": 0,
    }  # fmt: skip
    assert seen["ObjectiveStatusCounters"] == {"Succeeded": TRIALS, "Pending": 0, "Failed": 0}
    rates = {trial["TrainingJobName"]: float(trial["TunedHyperParameters"]["rate"]) for trial in trials}
    for trial in trials:
        value = trial["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
        assert value == pytest.approx(2 * rates[trial["TrainingJobName"]])
    assert seen["BestTrainingJob"]["TrainingJobName"] == max(rates, key=rates.get)
