"""How jobs end: exit codes, limits, Stop, data that can't be had, a killed runner."""

import pytest

from tests.areas.processing.conftest import s3_input, s3_output, wait_for


def test_exit_codes_decide(processing):
    script = "import sys; print('bad day', file=sys.stderr); open('/opt/ml/processing/output/why', 'w').write('x'); sys.exit(2)"
    done = processing.run(script)
    assert done["ProcessingJobStatus"] == "Failed"
    assert done["FailureReason"] == "AlgorithmError: See job logs for more information, exit code: 2"
    assert done["ProcessingEndTime"] >= done["ProcessingStartTime"]
    name = done["ProcessingJobName"]
    assert "bad day" in processing.lines(name)
    assert processing.keys(f"{name}/out/") == [f"{name}/out/why"], "what a failed job wrote is kept"


def test_a_command_that_is_not_there(processing):
    done = processing.run(app={"ContainerEntrypoint": ["/no/such/thing"]})
    assert done["ProcessingJobStatus"] == "Failed"
    assert done["FailureReason"].endswith("exit code: 127")
    assert done["ExitMessage"] == "/no/such/thing could not be started: No such file or directory."


def test_a_time_limit_stops_the_job(processing):
    script = "import time; print('begun', flush=True); time.sleep(60)"
    done = processing.run(script, StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert done["ProcessingJobStatus"] == "Stopped"
    assert "FailureReason" not in done
    assert (done["ProcessingEndTime"] - done["ProcessingStartTime"]).total_seconds() < 20


def test_stop_lets_the_script_save_its_work(processing):
    script = """
import signal, sys, time
def leave(*_):
    open("/opt/ml/processing/output/saved", "w").write("half")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print("ready", flush=True)
time.sleep(60)
"""
    name = processing.start(script)
    processing.wait_for_line(name, "ready")
    processing.sagemaker.stop_processing_job(ProcessingJobName=name)
    assert processing.describe(name)["ProcessingJobStatus"] in ("Stopping", "Stopped")
    assert processing.wait(name)["ProcessingJobStatus"] == "Stopped"
    assert processing.read(f"s3://{processing.aws.bucket}/{name}/out/saved") == b"half"


def test_data_that_cannot_be_had_fails_the_job_in_a_sentence(processing):
    uri = f"s3://{processing.aws.bucket}/nothing/here"
    done = processing.run(inputs=[s3_input("data", uri, "/opt/ml/processing/data")])
    assert done["ProcessingJobStatus"] == "Failed"
    assert done["FailureReason"].startswith("ClientError: Data download failed")
    assert "nothing/here" in done["FailureReason"]


def test_a_bucket_that_is_gone_at_the_end_fails_the_job(processing):
    s3 = processing.s3
    for mode in ("EndOfJob", "Continuous"):
        bucket = f"gone-{mode.lower()}-{processing.aws.number}"
        s3.create_bucket(Bucket=bucket)
        script = "import time; print('ready', flush=True); time.sleep(0.7); open('/opt/ml/processing/output/x', 'w').write('x')"
        name = processing.start(script, outputs=[s3_output("out", f"s3://{bucket}/x", mode=mode)])
        processing.wait_for_line(name, "ready")
        s3.delete_bucket(Bucket=bucket)
        done = processing.wait(name)
        assert done["ProcessingJobStatus"] == "Failed"
        assert done["FailureReason"].startswith("ClientError: The outputs can't be written to"), done


def test_a_killed_runner_changes_nothing(processing, runner):
    script = (
        "import time; print('ready', flush=True); time.sleep(1.5); open('/opt/ml/processing/output/x', 'w').write('x')"
    )
    name = processing.start(script)
    processing.wait_for_line(name, "ready")
    runner.kill()
    runner.start()
    done = processing.wait(name)
    assert done["ProcessingJobStatus"] == "Completed"
    assert sum("ready" in line for line in processing.lines(name)) == 1


@pytest.mark.slow
def test_a_studio_that_is_shut_down_starts_the_job_again(processing, runner):
    name = processing.start("import time; print('ready', flush=True); time.sleep(1)")
    processing.wait_for_line(name, "ready")
    runner.stop()
    assert processing.describe(name)["ProcessingJobStatus"] == "InProgress"
    runner.start()
    assert processing.wait(name)["ProcessingJobStatus"] == "Completed"
    assert sum("ready" in line for line in processing.lines(name)) == 2
    wait_for(lambda: len(processing.streams(name)) == 1)
