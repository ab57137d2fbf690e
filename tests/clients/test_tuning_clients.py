"""HyperparameterTuner of both major versions of the SDK runs unchanged against the engine; the AWS CLI lists what it made."""

import json
import subprocess
import sys

import pytest

from tests.clients.test_clients import HERE, V2, _run, environment  # noqa: F401 - a fixture

pytestmark = [pytest.mark.slow, pytest.mark.clients]


@pytest.mark.skipif(not V2.exists(), reason="SDK v2 needs an environment of its own: make .venv/sdk2.stamp")
def test_sdk_v2s_tuner(environment):  # noqa: F811
    told, _ = _run([V2, HERE / "tuning_v2.py"], environment)
    assert told["rows"] == 3
    assert told["best"].startswith(f"{told['name']}-00")
    assert told["attached"] == told["best"]
    assert told["columns"] == sorted(
        ["eta", "max_depth", "TrainingJobName", "TrainingJobStatus", "FinalObjectiveValue", "TrainingStartTime",
         "TrainingEndTime", "TrainingElapsedTimeSeconds"]
    )  # fmt: skip
    assert told["best_value"] > 0.9
    assert told["model"].endswith(f"{told['best']}/output/model.tar.gz")
    assert told["ranges"] == ["eta", "max_depth"]
    assert told["overall"].startswith((told["name"], "v2-child"))
    words = ["sagemaker", "list-training-jobs-for-hyper-parameter-tuning-job", "--hyper-parameter-tuning-job-name"]
    done = subprocess.run(
        ["aws", *words, told["name"], "--output", "json"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert len(json.loads(done.stdout)["TrainingJobSummaries"]) == 3, done.stderr


def test_sdk_v3s_tuner(environment):  # noqa: F811
    told, _ = _run([sys.executable, HERE / "tuning_v3.py"], environment)
    assert (told["status"], told["completed"]) == ("Completed", 2)
    assert told["best"].startswith("v3-tune-00")
