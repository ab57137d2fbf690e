"""What is kept of a job that fails, is stopped, or loses the processes that run it."""

import pytest

from tests.areas.training.conftest import wait_for
from tests.areas.transform.test_jobs import SUMS

# Answers at the third try of each payload, and takes its time over a row that says so.
MOODY = """
import itertools, time
calls = itertools.count(1)
def transform_fn(model, data, content_type, accept):
    number = next(calls)
    if "slow" in data:
        print("it begins", flush=True)
        time.sleep(60)
    if "moody" in data and number < 3:
        raise RuntimeError(f"not in the mood ({number})")
    if "deadly" in data:
        import os
        os._exit(7)
    return f"{number}\\n", "text/csv"
"""


def test_one_bad_object_of_two(transform):
    """Behaviour 16: the good output is there, the bad one's isn't, and the data log says why."""
    transform.put("two/bad.csv", "1,2,3,4\n1,2\n")
    uri = transform.put("two/good.csv", "0.1,0.2,0.3,0.4\n")
    done, found = transform.run(transform.xgboost(), uri.rpartition("/")[0] + "/", BatchStrategy="SingleRecord")
    assert done["TransformJobStatus"] == "Failed"
    assert done["FailureReason"].startswith("ClientError: See job logs for more information. 1 of 2 objects failed.")
    assert list(found) == ["good.csv.out"]
    said = transform.lines(done["TransformJobName"], data=True)
    assert f"[sagemaker logs]: {transform.aws.bucket}/two/bad.csv: ClientError: 400" in said
    assert any("Bad HTTP status received from algorithm: 400" in line for line in said)
    assert any("Feature size of csv inference data 2 is not consistent" in line for line in said)


def test_an_object_that_can_not_be_split(transform):
    transform.put("large/a.csv", "1" * (1 << 20) + "2\n")
    uri = transform.put("large/b.csv", "1,2\n")
    done, found = transform.run(transform.script(SUMS), uri.rpartition("/")[0] + "/", MaxPayloadInMB=1)
    assert done["TransformJobStatus"] == "Failed" and found == {"b.csv.out": b"3.0\n"}
    assert "one record is larger than MaxPayloadInMB (1)" in done["FailureReason"]


def test_a_request_is_sent_again_until_it_succeeds_or_the_retries_are_used_up(transform):
    uri = transform.put("moody.csv", "moody\n")
    done, found = transform.run(transform.script(MOODY), uri)
    assert done["TransformJobStatus"] == "Completed" and found == {"moody.csv.out": b"3\n"}
    done, found = transform.run(transform.script(MOODY), uri, ModelClientConfig={"InvocationsMaxRetries": 1})
    assert done["TransformJobStatus"] == "Failed" and not found
    assert "AlgorithmError: 500" in done["FailureReason"]


def test_a_request_that_takes_too_long(transform):
    uri = transform.put("slow.csv", "slow\n")
    limits = {"InvocationsTimeoutInSeconds": 1, "InvocationsMaxRetries": 0}
    done, found = transform.run(transform.script(MOODY), uri, ModelClientConfig=limits)
    assert done["TransformJobStatus"] == "Failed" and not found
    assert "Model server did not respond to /invocations request within 1 seconds" in done["FailureReason"]


def test_a_model_server_that_dies_or_never_comes_up(transform):
    uri = transform.put("deadly.csv", "deadly\n")
    done, _ = transform.run(transform.script(MOODY), uri)
    assert "AlgorithmError: See job logs" in done["FailureReason"]
    assert "The model server ended with exit code 7" in done["FailureReason"]
    done, _ = transform.run(transform.script("raise SystemExit(3)"), uri)
    assert "The model server ended with exit code 3 before it answered /ping" in done["FailureReason"]


def test_a_stopped_job_stores_nothing(transform):
    transform.put("stop/a.csv", "quick\n")
    uri = transform.put("stop/b.csv", "slow\n")
    name = transform.start(transform.script(MOODY), uri.rpartition("/")[0] + "/")
    wait_for(lambda: "it begins" in _lines(transform, name), 30)
    transform.sagemaker.stop_transform_job(TransformJobName=name)
    done = transform.wait(name)
    assert done["TransformJobStatus"] == "Stopped" and done["TransformEndTime"]
    assert not transform.outputs(done)


def _lines(transform, name: str) -> list[str]:
    logs = transform.aws.client("logs")
    try:
        return transform.lines(name)
    except logs.exceptions.ResourceNotFoundException:
        return []


@pytest.mark.slow
def test_the_runner_may_be_killed_while_a_job_runs(transform, runner):
    script = MOODY.replace("time.sleep(60)", "time.sleep(1.5)")
    uri = transform.put("killed.csv", "slow\n")
    name = transform.start(transform.script(script), uri)
    wait_for(lambda: "it begins" in _lines(transform, name), 30)
    runner.kill()
    runner.start()
    done = transform.wait(name)
    assert done["TransformJobStatus"] == "Completed", done.get("FailureReason")
    assert transform.outputs(done) == {"killed.csv.out": b"1\n"}


@pytest.mark.slow
def test_a_studio_that_is_shut_down_starts_the_job_again(transform, runner):
    script = MOODY.replace("time.sleep(60)", "time.sleep(2)")
    uri = transform.put("shut.csv", "slow\n")
    name = transform.start(transform.script(script), uri)
    wait_for(lambda: "it begins" in _lines(transform, name), 40)
    runner.stop()
    runner.start()
    done = transform.wait(name)
    assert done["TransformJobStatus"] == "Completed", done.get("FailureReason")
    assert transform.outputs(done) == {"shut.csv.out": b"1\n"}
    assert _lines(transform, name).count("it begins") == 2
