"""Real XGBoost jobs with rules: what they say, at which step, and that training goes on."""

import numpy as np
import pytest

from catalog.models import Event
from tests.areas.debugger.conftest import rule


def noise(rows: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, 8)), rng.integers(0, 2, rows)


def signal(rows: int, seed: int = 0):
    features, _ = noise(rows, seed)
    chance = np.random.default_rng(seed + 100).random(rows)
    return features, (chance < 1 / (1 + np.exp(-2 * features[:, 0]))).astype(int)


@pytest.fixture
def real(debugged, runner):
    return debugged


def test_overfit_is_caught_at_its_step_and_a_healthy_job_is_not(real):
    real.table("noise/train.csv", *noise(400))
    real.table("noise/test.csv", *noise(200, 1))
    real.table("signal/train.csv", *signal(2000))
    real.table("signal/test.csv", *signal(1000, 1))
    rules = [rule("Overfit"), rule("ExplodingTensor")]
    uri = f"s3://{real.aws.bucket}"
    bad = real.create(real.boost(f"{uri}/noise/train", f"{uri}/noise/test", given={"eta": "0.3", "max_depth": "6"},
                                 DebugHookConfig=real.hook(), DebugRuleConfigurations=rules))  # fmt: skip
    good = real.create(real.boost(f"{uri}/signal/train", f"{uri}/signal/test", given={"eta": "0.1", "max_depth": "2"},
                                  DebugHookConfig=real.hook(), DebugRuleConfigurations=rules))  # fmt: skip
    found = real.verdicts(bad)
    ended = real.wait(bad)
    assert ended["TrainingJobStatus"] == "Completed"
    losses = curves(real, bad)
    step = next(s for s, (train, test) in enumerate(zip(*losses, strict=True)) if (test - train) / train > 0.1)
    assert found["Overfit"]["RuleEvaluationStatus"] == "IssuesFound"
    assert found["Overfit"]["StatusDetails"] == (
        f"RuleEvaluationConditionMet: Evaluation of the rule Overfit at step {step} resulted in the condition being met"
    )
    assert found["ExplodingTensor"]["RuleEvaluationStatus"] == "NoIssuesFound"
    job = found["Overfit"]["RuleEvaluationJobArn"].rpartition("/")[2]
    described = real.sagemaker.describe_processing_job(ProcessingJobName=job)
    assert described["ProcessingJobStatus"] == "Completed"
    assert described["TrainingJobArn"] == ended["TrainingJobArn"]
    streams = real.aws.client("logs").describe_log_streams(
        logGroupName="/aws/sagemaker/ProcessingJobs", logStreamNamePrefix=f"{job}/"
    )["logStreams"]
    lines = real.aws.client("logs").get_log_events(
        logGroupName="/aws/sagemaker/ProcessingJobs", logStreamName=streams[0]["logStreamName"], startFromHead=True
    )["events"]
    assert "above, and 10% are allowed" in lines[-1]["message"]
    healthy = real.verdicts(good)
    assert {one["RuleEvaluationStatus"] for one in healthy.values()} == {"NoIssuesFound"}
    assert f"debug/{good}/debug-output/training_job_end.ts" in real.keys(f"debug/{good}/")


def curves(real, name: str) -> tuple[list[float], list[float]]:
    from catalog.metrics import read
    from catalog.models import MetricSeries

    series = {
        one.name: one for one in MetricSeries.objects.filter(record__name=name, record__connection=real.aws.connection)
    }
    picked = [series["train:logloss"], series["validation:logloss"]]
    found = read(picked, keep=0)
    return tuple(found[one.id].value.tolist() for one in picked)


LINES = """
import sys, time
for step in range({count}):
    print(f"[{{step}}] loss={{{loss}}}", flush=True)
    time.sleep({pause})
"""
LOSS = [("loss", "loss=(\\S+)")]


def script(loss: str, count: int = 14, pause: float = 0) -> str:
    return LINES.format(loss=loss, count=count, pause=pause)


def test_a_constant_loss_in_the_log_fires_at_step_10_and_training_goes_on(real):
    rules = [rule("LossNotDecreasing"), rule("UnchangedTensor", num_steps=50)]
    name = real.start(script("0.5"), metrics=LOSS, DebugRuleConfigurations=rules)
    found = real.verdicts(name)
    assert "LossNotDecreasing at step 10 " in found["LossNotDecreasing"]["StatusDetails"]
    assert found["UnchangedTensor"]["RuleEvaluationStatus"] == "NoIssuesFound"
    assert real.wait(name)["TrainingJobStatus"] == "Completed"


def test_a_rule_may_stop_its_job_and_those_of_its_prefix_alone(real):
    stop = [{"name": "stoptraining", "training_job_prefix": "stopme-"}]
    long = script("0.5", 600, 0.05)
    own = real.start(long, TrainingJobName=f"stopme-{real.aws.number}-a", metrics=LOSS,
                     DebugRuleConfigurations=[rule("LossNotDecreasing", actions=stop)])  # fmt: skip
    other = real.start(long, TrainingJobName=f"letme-{real.aws.number}", metrics=LOSS,
                       DebugRuleConfigurations=[rule("ExplodingTensor", actions=[{"name": "stoptraining"}])])  # fmt: skip
    ended = real.wait(own, 60)
    assert ended["TrainingJobStatus"] == ended["SecondaryStatus"] == "Stopped"
    assert [one["Status"] for one in ended["SecondaryStatusTransitions"]][-2:] == [
        "Stopping",
        "Stopped",
    ] or "Stopping" in str(ended["SecondaryStatusTransitions"])
    assert real.describe(other)["TrainingJobStatus"] == "InProgress"
    real.sagemaker.stop_training_job(TrainingJobName=other)
    assert real.verdicts(other)["ExplodingTensor"]["RuleEvaluationStatus"] == "NoIssuesFound"


def test_nothing_saved_is_an_error_and_nan_explodes(real):
    name = real.start(script("float('nan') if step == 3 else 1 / (step + 1)", 6), metrics=LOSS, DebugRuleConfigurations=[
        rule("ExplodingTensor", actions=[{"name": "email", "endpoint": "a@b.co"}]), rule("VanishingGradient"), rule("TreeDepth"),
    ])  # fmt: skip
    found = real.verdicts(name)
    assert "at step 3 " in found["ExplodingTensor"]["StatusDetails"]
    assert found["VanishingGradient"]["RuleEvaluationStatus"] == "Error"
    assert found["VanishingGradient"]["StatusDetails"] == "no tensors for collection gradients"
    job = found["TreeDepth"]["RuleEvaluationJobArn"].rpartition("/")[2]
    described = real.sagemaker.describe_processing_job(ProcessingJobName=job)
    assert (described["ProcessingJobStatus"], described["FailureReason"]) == (
        "Failed", "AlgorithmError: no tensors for collection trees",
    )  # fmt: skip
    assert real.wait(name)["TrainingJobStatus"] == "Completed"
    messages = Event.objects.filter(connection=real.aws.connection, detail_type="SageMaker Debugger Rule Message")
    assert [(one.detail["Action"], one.detail["Endpoint"]) for one in messages] == [("email", "a@b.co")]
    told = Event.objects.filter(
        connection=real.aws.connection, detail_type="SageMaker Debugger Rule Evaluation Status Change"
    )
    assert sorted(one.detail["RuleEvaluationStatus"] for one in told) == ["Error", "Error", "IssuesFound"]


def test_broken_tensors_and_a_killed_process_leave_the_job_alone(real):
    """What the script leaves as tensors is no array: the rules say so, and the job completes."""
    body = """
import json, os, time
folder = "/opt/ml/output/tensors"
for part in ("events/000000000000", "index/000000000"):
    os.makedirs(f"{folder}/{part}")
open(f"{folder}/events/000000000000/000000000000_worker_0.npz", "w").write("no arrays")
row = {"name": "l", "array": "t0", "shape": [], "dtype": "float64", "reductions": {}, "collections": ["losses"]}
index = {"step": 0, "mode": "train", "mode_step": 0, "time": time.time(), "tensors": [row]}
json.dump(index, open(f"{folder}/index/000000000/000000000000_worker_0.json", "w"))
open(f"{folder}/index/000000000/not_json.json", "w").write("{")
"""
    name = real.start(
        body, DebugHookConfig=real.hook(), DebugRuleConfigurations=[rule("Overfit"), rule("StalledTrainingRule")]
    )
    found = real.verdicts(name)
    assert found["Overfit"]["RuleEvaluationStatus"] == "Error"
    assert found["Overfit"]["StatusDetails"].startswith("The rule failed: ")
    assert found["StalledTrainingRule"]["RuleEvaluationStatus"] == "NoIssuesFound"
    assert real.wait(name)["TrainingJobStatus"] == "Completed"
