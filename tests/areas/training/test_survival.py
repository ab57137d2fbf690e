"""Jobs whose runner or shim is killed while they run."""

import os
import time
from pathlib import Path

import pytest

from tests.areas.training.conftest import wait_for

STEPS = """
import time
from pathlib import Path
begun = time.time()
print("begun", flush=True)
while not Path("/opt/ml/checkpoints/go").exists() and time.time() - begun < {seconds}:
    time.sleep(0.05)
print("loss=0.25", flush=True)
Path("/opt/ml/model/weights").write_text("w")
"""
LOSS = [("loss", r"loss=([0-9.]+)")]


@pytest.fixture
def shims(django_db_blocker):
    """The pids of the shims of an account's jobs."""
    from engine.models import Work
    from engine.runtime import launch

    def find(training):
        with django_db_blocker.unblock():
            folders = Work.objects.filter(record__connection__account=training.aws.number).values_list(
                "workspace", flat=True
            )
            return [process for folder in folders if folder and (process := launch.find(Path(folder)))]

    return find


def test_a_killed_runners_job_goes_on_and_the_next_runner_ends_it(training, runner):
    name = training.start(STEPS.format(seconds=2), metrics=LOSS)
    training.wait_for_line(name, "begun")
    runner.kill()
    try:
        training.wait_for_line(name, "loss=0.25")
        time.sleep(0.3)
        assert training.describe(name)["TrainingJobStatus"] == "InProgress"
    finally:
        runner.start()
    done = training.wait(name)
    assert done["TrainingJobStatus"] == "Completed"
    assert done["FinalMetricDataList"][0]["Value"] == 0.25
    assert training.lines(name).count("begun") == 1
    assert training.model(done) == {"weights": b"w"}


def test_a_job_created_while_no_runner_runs_waits_for_the_next(training, runner):
    runner.kill()
    try:
        name = training.start("print('late')")
    finally:
        runner.start()
    assert training.wait(name)["TrainingJobStatus"] == "Completed"


def test_a_job_whose_shim_is_killed_fails_and_says_so(training, shims):
    name = training.start(STEPS.format(seconds=60))
    training.wait_for_line(name, "begun")
    (shim,) = shims(training)
    os.kill(shim.pid, 9)
    done = training.wait(name)
    assert done["TrainingJobStatus"] == "Failed"
    assert done["FailureReason"].startswith("InternalServerError: ")


def test_a_retry_strategy_starts_it_again(training, shims):
    name = training.start(STEPS.format(seconds=3), metrics=LOSS, RetryStrategy={"MaximumRetryAttempts": 1})
    training.wait_for_line(name, "begun")
    (shim,) = shims(training)
    os.kill(shim.pid, 9)
    done = training.wait(name)
    assert done["TrainingJobStatus"] == "Completed"
    assert "Restarting" in [step["Status"] for step in done["SecondaryStatusTransitions"]]
    assert training.lines(name).count("begun") == 2


def test_a_shut_down_studio_leaves_no_process_and_takes_the_job_up_again(training, runner, shims):
    name = training.start(STEPS.format(seconds=2))
    training.wait_for_line(name, "begun")
    (shim,) = shims(training)
    begun = time.monotonic()
    runner.stop()
    try:
        assert time.monotonic() - begun < 8
        assert not shim.alive()
    finally:
        runner.start()
    done = training.wait(name)
    assert done["TrainingJobStatus"] == "Completed"
    messages = [step["StatusMessage"] for step in done["SecondaryStatusTransitions"]]
    assert "The Studio was shut down; the job starts again from the beginning." in messages


def test_a_restarted_job_finds_its_checkpoints(training, runner):
    script = """
import time
from pathlib import Path
saved = Path("/opt/ml/checkpoints/step")
if saved.exists():
    print("resumed at", saved.read_text())
else:
    saved.write_text("7")
    print("saved", flush=True)
    time.sleep(60)
"""
    uri = f"s3://{training.aws.bucket}/checkpoints/{time.time()}"
    name = training.start(script, CheckpointConfig={"S3Uri": uri})
    training.wait_for_line(name, "saved")
    key = uri.removeprefix(f"s3://{training.aws.bucket}/") + "/step"
    wait_for(lambda: training.s3.list_objects_v2(Bucket=training.aws.bucket, Prefix=key).get("Contents"))
    runner.stop()
    runner.start()
    assert training.wait(name)["TrainingJobStatus"] == "Completed"
    assert "resumed at 7" in training.lines(name)


def test_a_stray_workspace_is_cleared_away(training, runner):
    from django.conf import settings

    stray = settings.STUDIO_HOME / "work" / "job-999999-1"
    stray.mkdir(parents=True)
    runner.kill()
    runner.start()
    wait_for(lambda: not stray.exists())
