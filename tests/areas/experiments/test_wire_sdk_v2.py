"""SDK v2's ``sagemaker.experiments``, unchanged: a run logs everything it can, a job goes on with it, all is found and deleted."""

import json
import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
HURRY = HERE.parents[1] / "clients" / "hurry"
V2 = HERE.parents[2] / ".venv" / "sdk2" / "bin" / "python"

pytestmark = [
    pytest.mark.slow, pytest.mark.clients,
    pytest.mark.skipif(not V2.exists(), reason="SDK v2 needs an environment of its own: make .venv/sdk2.stamp"),
]  # fmt: skip


def test_a_run_of_the_sdk_and_a_job_that_goes_on_with_it(aws, runner, tmp_path):
    config = tmp_path / "sagemaker.yaml"
    config.write_text("SchemaVersion: '1.0'\nSageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n")
    answer = tmp_path / "told.json"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = clean | {
        "PYTHONPATH": str(HURRY), "AWS_ENDPOINT_URL": aws.engine.url, "AWS_REGION": aws.region, "HOME": str(tmp_path),
        "AWS_DEFAULT_REGION": aws.region, "AWS_ACCESS_KEY_ID": aws.key.key_id, "AWS_SECRET_ACCESS_KEY": aws.key.secret,
        "SAGEMAKER_USER_CONFIG_OVERRIDE": str(config), "TOLD": str(answer), "BUCKET": aws.bucket, "ROLE": aws.role,
    }  # fmt: skip
    done = subprocess.run([V2, HERE / "sdk_v2.py"], env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    told = json.loads(answer.read_text())
    run = told["run"]
    assert run["Parameters"] == {
        "lr": {"NumberValue": 0.1}, "opt": {"StringValue": "adam"}, "depth": {"NumberValue": 6.0},
        "from_job": {"StringValue": "yes"},
    }  # fmt: skip
    assert run["Status"]["PrimaryStatus"] == "Completed" and run["DisplayName"] == "First-run"
    sums = {one["MetricName"]: (one["Count"], one["Min"], one["Max"], one["Last"]) for one in run["Metrics"]}
    assert sums == {"loss": (12, 0.0, 11.0, 11.0), "in_job": (1, 0.5, 0.5, 0.5)}
    assert run["InputArtifacts"]["data"] == {"MediaType": "text/csv", "Value": "s3://somewhere/data.csv"}
    assert run["OutputArtifacts"]["note"]["Value"].startswith(
        f"s3://{aws.bucket}/trial-component-artifacts/churn-first/"
    )
    assert told["charts"] == ["ConfusionMatrix", "PrecisionRecallCurve", "ROCCurve"]
    assert [source["SourceArn"] for source in run["Sources"]] == [told["job"]]
    assert told["trial"] == "Default-Run-Group-churn" and told["trials"] == [told["trial"]]  # behaviour 19
    assert told["runs"] == ["first", "second"] and told["loaded"] == "churn-first"
    assert told["job_entry"].endswith("-aws-training-job") and told["left"] == 0
    assert told["failed"] == "Failed"
