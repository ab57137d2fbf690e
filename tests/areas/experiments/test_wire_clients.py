"""The clients that people have, unchanged: SDK v2's Run logs everything it can and a job goes on with it (by SDK v3's load_run);
SDK v3's resources and the AWS CLI."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
HURRY = HERE.parents[1] / "clients" / "hurry"
V2 = HERE.parents[2] / ".venv" / "sdk2" / "bin" / "python"

pytestmark = [pytest.mark.slow, pytest.mark.clients]


@pytest.fixture
def ask(aws, runner, tmp_path):
    """Run a script as a user of the account would, and read what it told."""

    def ask(python: str | Path, script: str) -> dict:
        config = tmp_path / "sagemaker.yaml"
        config.write_text("SchemaVersion: '1.0'\nSageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n")
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment = clean | {
            "PYTHONPATH": str(HURRY), "AWS_ENDPOINT_URL": aws.engine.url, "AWS_REGION": aws.region, "HOME": str(tmp_path),
            "AWS_DEFAULT_REGION": aws.region, "AWS_ACCESS_KEY_ID": aws.key.key_id,
            "AWS_SECRET_ACCESS_KEY": aws.key.secret, "SAGEMAKER_USER_CONFIG_OVERRIDE": str(config), "ROLE": aws.role,
            "TOLD": str(tmp_path / "told.json"), "BUCKET": aws.bucket,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }  # fmt: skip
        done = subprocess.run([python, HERE / script], env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return json.loads((tmp_path / "told.json").read_text())

    return ask


def test_sdk_v3_and_the_aws_cli(ask):
    told = ask(sys.executable, "sdk_v3.py")
    assert told["run"] == ["Better", "Completed", 6.0]
    assert told["listed"] == ["run"] and told["trials"] == ["deep"] and told["found"] == ["Better"]
    assert told["left"] == []


@pytest.mark.skipif(not V2.exists(), reason="SDK v2 needs an environment of its own: make .venv/sdk2.stamp")
def test_a_run_of_sdk_v2_and_a_job_that_goes_on_with_it(aws, ask):
    told = ask(V2, "sdk_v2.py")
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
