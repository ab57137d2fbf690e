"""How a job ends that doesn't end well: failures, stops, limits."""

import subprocess
import time

import pytest
from botocore.exceptions import ClientError

LONG = "import time, pathlib\npathlib.Path('/opt/ml/model/part').write_text('half')\nprint('begun')\ntime.sleep(60)\n"


def test_the_failure_file_becomes_the_reason(training):
    argv = ["sh", "-c", "printf '%02000d' 7 > /opt/ml/output/failure; echo x > /opt/ml/model/m; exit 3"]
    done = training.run(algorithm={"ContainerEntrypoint": argv})
    assert done["TrainingJobStatus"] == done["SecondaryStatus"] == "Failed"
    assert done["FailureReason"].startswith("AlgorithmError: 0000")
    assert done["FailureReason"].endswith(", exit code: 3")
    assert len(done["FailureReason"]) == 1024
    short = training.run(algorithm={"ContainerEntrypoint": ["sh", "-c", "printf bad > /opt/ml/output/failure; exit 3"]})
    assert short["FailureReason"] == "AlgorithmError: bad, exit code: 3"
    with pytest.raises(ClientError):
        training.model(done)


def test_no_failure_file(training):
    done = training.run(algorithm={"ContainerEntrypoint": ["sh", "-c", "exit 1"]})
    assert done["FailureReason"] == "AlgorithmError: , exit code: 1"


def test_a_script_that_raises_tells_its_error(training):
    done = training.run("raise RuntimeError('the data is bad')")
    assert done["TrainingJobStatus"] == "Failed"
    assert "RuntimeError: the data is bad" in done["FailureReason"]
    assert done["FailureReason"].endswith("exit code: 1")


def test_a_missing_command_is_named(training):
    done = training.run(algorithm={"ContainerEntrypoint": ["/no/such/program"]})
    assert done["TrainingJobStatus"] == "Failed"
    assert "/no/such/program" in done["FailureReason"]


def test_stop_keeps_what_is_trained(training):
    name = training.start(LONG)
    training.wait_for_line(name, "begun")
    training.sagemaker.stop_training_job(TrainingJobName=name)
    found = training.describe(name)
    assert found["TrainingJobStatus"] in ("Stopping", "Stopped")
    done = training.wait(name)
    assert (done["TrainingJobStatus"], done["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert "Stopping" in [step["Status"] for step in done["SecondaryStatusTransitions"]]
    assert training.model(done) == {"part": b"half"}
    with pytest.raises(ClientError) as caught:
        training.sagemaker.stop_training_job(TrainingJobName=name)
    assert "in status Stopped" in str(caught.value)


def test_stop_is_a_sigterm_first(training):
    script = (
        "import signal, sys, time\n"
        "def end(*_):\n    print('asked to stop', flush=True); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\nprint('begun', flush=True)\ntime.sleep(60)\n"
    )
    name = training.start(script)
    training.wait_for_line(name, "begun")
    training.sagemaker.stop_training_job(TrainingJobName=name)
    assert training.wait(name)["TrainingJobStatus"] == "Stopped"
    assert "asked to stop" in training.lines(name)


def test_max_runtime(training):
    done = training.run(LONG, StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert (done["TrainingJobStatus"], done["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert "FailureReason" not in done
    assert training.model(done) == {"part": b"half"}


def test_a_running_job_cannot_be_deleted(training):
    name = training.start(LONG)
    with pytest.raises(ClientError) as caught:
        training.sagemaker.delete_training_job(TrainingJobName=name)
    assert "in status InProgress" in str(caught.value)
    training.sagemaker.stop_training_job(TrainingJobName=name)
    training.wait(name)


def test_what_a_script_forks_ends_with_it(training):
    mark = f"{time.time():.6f}"
    script = f"import subprocess\nsubprocess.Popen(['sleep', '1{mark}'], start_new_session=True)\nprint('left')\n"
    assert training.run(script)["TrainingJobStatus"] == "Completed"
    assert subprocess.run(["pgrep", "-f", f"sleep 1{mark}"], capture_output=True).stdout == b""


def test_jobs_beyond_the_slots_wait_and_say_why(training):
    names = [training.start(LONG) for _ in range(3)]

    def waits():
        found = training.describe(names[2])
        return found["SecondaryStatus"] == "Pending" and found["SecondaryStatusTransitions"][-1]["StatusMessage"]

    from tests.areas.training.conftest import wait_for

    assert wait_for(waits) == "Waiting for a free slot: 2 of 2 busy, 0 ahead."
    training.sagemaker.stop_training_job(TrainingJobName=names[2])
    assert training.wait(names[2])["TrainingJobStatus"] == "Stopped"
    for name in names[:2]:
        training.sagemaker.stop_training_job(TrainingJobName=name)
    assert {training.wait(name)["TrainingJobStatus"] for name in names[:2]} == {"Stopped"}
