"""Managed spot training: interruptions, what goes on from a checkpoint, what is billed, how long a job waits."""

import random
import time

import pytest

from areas.training.engine import spot
from tests.areas.training.conftest import wait_for
from tests.areas.training.test_create import refusal

LIMITS = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 90}
# Saves a step every 0.1 s and, told to end, says so and saves once more.
STEPS = """
import signal, sys, time
from pathlib import Path
saved = Path("/opt/ml/checkpoints/step")
step = int(saved.read_text()) if saved.exists() else 0
print("from step", step, flush=True)
def end(*_):
    print("told to end at", step, flush=True)
    saved.write_text(str(step))
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
while step < {steps}:
    step += 1
    print(f"loss={{1 / step}}", flush=True)
    time.sleep(0.1)
Path("/opt/ml/model/weights").write_text(str(step))
"""


def start(training, script, schedule, **more):
    uri = f"s3://{training.aws.bucket}/checkpoints/{time.time()}"
    given = {"StoppingCondition": LIMITS, "CheckpointConfig": {"S3Uri": uri}, **more}
    return training.start(script, EnableManagedSpotTraining=True,
                          Environment={spot.VARIABLE: schedule}, **given)  # fmt: skip


def statuses(description) -> list[str]:
    return [step["Status"] for step in description["SecondaryStatusTransitions"]]


def test_an_interrupted_script_resumes_from_its_checkpoint(training):
    name = start(training, STEPS.format(steps=15), "at=0.7 wait=1.5", metrics=[("loss", "loss=([0-9.]+)")])
    done = training.wait(name)
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    assert statuses(done) == [
        "Starting", "Downloading", "Training", "Interrupted", "Starting", "Downloading", "Training", "Uploading", "Completed",
    ]  # fmt: skip
    lines = training.lines(name)
    (told,) = [int(line.rpartition(" ")[2]) for line in lines if line.startswith("told to end")]
    assert [line for line in lines if line.startswith("from step")] == ["from step 0", f"from step {told}"]
    assert 0 < told < 15
    assert training.model(done) == {"weights": b"15"}
    assert done["FinalMetricDataList"][0]["Value"] == pytest.approx(1 / 15)
    # The wait for capacity is time, but isn't billed.
    assert done["TrainingTimeInSeconds"] - done["BillableTimeInSeconds"] >= 1
    assert all(step["StatusMessage"] for step in done["SecondaryStatusTransitions"])


def test_it_is_interrupted_by_hand_once_for_each_new_word(training):
    name = start(training, STEPS.format(steps=20), "every=1000000 wait=0.1")
    training.wait_for_line(name, "from step 0")
    arn = training.describe(name)["TrainingJobArn"]
    training.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": spot.TAG, "Value": "now"}])
    wait_for(lambda: "Interrupted" in statuses(training.describe(name)))
    done = training.wait(name)
    assert done["TrainingJobStatus"] == "Completed"
    assert statuses(done).count("Interrupted") == 1


def test_a_job_that_waits_longer_than_it_may_is_stopped(training):
    limits = {"MaxRuntimeInSeconds": 2, "MaxWaitTimeInSeconds": 2}
    name = start(training, STEPS.format(steps=100), "at=0.3 wait=1000", StoppingCondition=limits)
    done = training.wait(name)
    assert (done["TrainingJobStatus"], done["SecondaryStatus"]) == ("Stopped", "MaxWaitTimeExceeded")
    assert done["BillableTimeInSeconds"] <= done["TrainingTimeInSeconds"]


def test_a_waiting_job_can_be_stopped(training):
    name = start(training, STEPS.format(steps=100), "at=0.3 wait=1000")
    wait_for(
        lambda: "Insufficient capacity" in training.describe(name)["SecondaryStatusTransitions"][-1]["StatusMessage"]
    )
    training.sagemaker.stop_training_job(TrainingJobName=name)
    assert training.wait(name)["SecondaryStatus"] == "Stopped"


def test_xgboost_resumes_from_its_checkpoint(training):
    numbers = random.Random(5)
    rows = ([numbers.random() for _ in range(30)] for _ in range(10_000))
    table = "\n".join(",".join(f"{value:.4f}" for value in (numbers.randrange(2), *row)) for row in rows)
    train = training.put("spot/train.csv", table)
    from areas import images

    channel = {"ChannelName": "train", "ContentType": "text/csv",
               "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": train}}}  # fmt: skip
    rounds = 200
    name = start(
        training, "", "every=1000000 wait=0.1", InputDataConfig=[channel],
        algorithm={"TrainingImage": images.images()["sagemaker-xgboost"].uri()},
        hyperparameters={"num_round": str(rounds), "objective": "binary:logistic", "max_depth": "8", "nthread": "1"},
    )  # fmt: skip
    training.wait_for_line(name, "[5]#011")
    arn = training.describe(name)["TrainingJobArn"]
    training.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": spot.TAG, "Value": "now"}])
    done = training.wait(name, 60)
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    assert "Interrupted" in statuses(done)
    lines = training.lines(name)
    (resumed,) = [int(line.rpartition(" ")[2]) for line in lines if line.startswith("Checkpoint loaded, resuming")]
    assert resumed > 5
    trained = [int(line[1 : line.index("]")]) for line in lines if line.startswith("[") and "]#011" in line]
    assert trained == list(range(rounds)), (
        "each round is trained once: the second attempt goes on where the first ended"
    )


@pytest.mark.parametrize("words", ["off", "every=5", "every=5 wait=1", "at=1,2.5", "at=1 wait=0"])
def test_schedules_are_read(words):
    schedule = spot.read(words)
    assert schedule.after("arn", 3) is None or schedule.every == 5
    assert schedule.away("arn", 1) >= 0


@pytest.mark.parametrize(
    "words", ["", "on", "at=", "at=1 every=2", "every=0", "every=x", "at=1;2", "wait=3", "at=1.2.3"]
)
def test_other_words_are_refused(words):
    with pytest.raises(ValueError, match=spot.VARIABLE):
        spot.read(words)


def test_a_drawn_schedule_is_the_same_for_the_same_job():
    drawn = spot.read("every=100 wait=10")
    assert drawn.after("arn:a", 1) == drawn.after("arn:a", 1) != drawn.after("arn:b", 1)
    mean = sum(drawn.after(f"arn:{n}", 1) for n in range(2000)) / 2000
    assert 90 < mean < 110


def test_limits_must_go_together(training):
    spotted = {"EnableManagedSpotTraining": True}
    assert "MaxWaitTimeInSeconds must be present" in refusal(training, **spotted)
    short = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 59}
    assert "greater than or equal to MaxRuntimeInSeconds" in refusal(training, **spotted, StoppingCondition=short)
    assert "only when EnableManagedSpotTraining" in refusal(training, StoppingCondition=LIMITS)
    assert spot.VARIABLE in refusal(training, **spotted, StoppingCondition=LIMITS, Environment={spot.VARIABLE: "often"})
    pool = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1, "KeepAlivePeriodInSeconds": 60}
    assert "Warm pools" in refusal(training, **spotted, StoppingCondition=LIMITS, ResourceConfig=pool)


def test_a_job_that_is_pending_too_long_gives_up():
    from areas.training.engine.driver import TrainingDriver

    document = {"TrainingJobStatus": "InProgress", "CreationTime": 0.0, "EnableManagedSpotTraining": False,
                "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxPendingTimeInSeconds": 7200},
                "SecondaryStatusTransitions": [{"Status": "Pending", "StartTime": 100.0, "StatusMessage": "m"}]}  # fmt: skip
    driver = TrainingDriver()
    assert not driver.gives_up(document, 7300)
    assert driver.gives_up(document, 7301)
    driver.give_up(document, 7301)
    assert document["TrainingJobStatus"] == "Stopped"
    assert "MaxPendingTimeInSeconds" in document["SecondaryStatusTransitions"][-1]["StatusMessage"]
    training = {**document, "TrainingJobStatus": "InProgress",
                "SecondaryStatusTransitions": [{"Status": "Training", "StartTime": 0.0}]}  # fmt: skip
    assert not driver.gives_up(training, 99_999)
