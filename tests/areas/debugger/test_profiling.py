"""System metrics of real jobs: how often, where, and that UpdateTrainingJob changes it while the job runs."""

import json
from itertools import pairwise
from time import sleep

import pytest

from tests.areas.debugger.conftest import rule
from tests.areas.training.conftest import wait_for

SLEEP = """
import time
for step in range({seconds} * 10):
    print(f"[{{step}}] loss={{1 / (step + 1)}}", flush=True)
    time.sleep(0.1)
"""


pytestmark = pytest.mark.slow  # it mostly waits


@pytest.fixture
def real(debugged, runner):
    return debugged


def lines(real, name: str) -> dict[str, list[dict]]:
    """The samples of each file."""
    found = {}
    for key in real.keys(f"prof/{name}/profiler-output/system/incremental/"):
        body = real.s3.get_object(Bucket=real.aws.bucket, Key=key)["Body"].read()
        found[key] = [json.loads(line) for line in body.splitlines()]
    return found


def test_samples_come_at_the_interval_and_a_report_is_written(real):
    config = {"S3OutputPath": f"s3://{real.aws.bucket}/prof", "ProfilingIntervalInMilliseconds": 500}
    name = real.start(
        SLEEP.format(seconds=4), ProfilerConfig=config, metrics=[("loss", "loss=(\\S+)")],
        ProfilerRuleConfigurations=[rule("ProfilerReport"), rule("CPUBottleneck"), rule("MaxInitializationTime")],
    )  # fmt: skip
    assert real.describe(name)["ProfilingStatus"] == "Enabled"
    ended = real.wait(name, 60)
    seconds = (ended["TrainingEndTime"] - ended["TrainingStartTime"]).total_seconds()
    files = lines(real, name)
    first = [
        line for found in files.values() for line in found if line["Name"] == "cpu0" and "Util" in line["Dimension"]
    ]
    assert len(first) >= 1.5 * 4 - 1 and len(first) <= 2 * seconds + 2
    for key, found in files.items():
        hour, _, file = key.rpartition("/")[0][-10:], *key.rpartition("/")[1:]
        minute, host, kind = file.split(".")
        assert (len(hour), int(minute) % 60, host, kind) == (10, 0, "algo-1", "json")
        assert all(int(minute) <= line["Timestamp"] < int(minute) + 61 for line in found)
    one = first[0]
    assert set(one) == {"Type", "Name", "Dimension", "Value", "NodeId", "Timestamp"}
    assert (one["Type"], one["NodeId"]) == ("cpu", "algo-1") and 0 <= one["Value"] <= 100
    verdicts = real.verdicts(name, member="ProfilerRuleEvaluationStatuses")
    assert {each["RuleEvaluationStatus"] for each in verdicts.values()} == {"NoIssuesFound"}
    reports = real.keys(f"prof/{name}/rule-output/")
    assert f"prof/{name}/rule-output/ProfilerReport/profiler-output/profiler-report.html" in reports
    assert f"prof/{name}/rule-output/ProfilerReport/profiler-output/profiler-reports/StepOutlier.json" in reports


def test_a_disabled_profiler_leaves_nothing(real):
    name = real.start(SLEEP.format(seconds=2), ProfilerConfig={"DisableProfiler": True})
    ended = real.wait(name, 60)
    assert ended["ProfilingStatus"] == "Disabled"
    assert not [key for key in real.keys("") if "profiler-output" in key]


def test_update_changes_the_interval_of_a_job_that_runs(real):
    config = {"S3OutputPath": f"s3://{real.aws.bucket}/prof", "ProfilingIntervalInMilliseconds": 60000}
    name = real.start(SLEEP.format(seconds=30), ProfilerConfig=config)
    wait_for(lambda: real.describe(name)["SecondaryStatus"] == "Training", 30)
    real.sagemaker.update_training_job(TrainingJobName=name, ProfilerConfig={"ProfilingIntervalInMilliseconds": 100})
    sleep(4)
    real.sagemaker.stop_training_job(TrainingJobName=name)
    real.wait(name, 60)
    moments = sorted({line["Timestamp"] for found in lines(real, name).values() for line in found})
    assert len(moments) >= 10
    gaps = sorted(later - before for before, later in pairwise(moments))
    assert 0.05 < gaps[len(gaps) // 2] < 0.35
