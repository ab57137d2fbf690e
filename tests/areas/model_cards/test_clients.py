"""The SDKs' model cards work unchanged against the engine, from a card to its PDF."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HURRY = Path(__file__).parents[2] / "clients" / "hurry"
HERE = Path(__file__).parent
V2 = HERE.parents[2] / ".venv" / "sdk2" / "bin" / "python"

pytestmark = [pytest.mark.slow, pytest.mark.clients]


@pytest.fixture
def run(aws, runner, tmp_path):
    """Run a client's script in an environment that points at the test's account; what it told."""
    configuration = tmp_path / "sagemaker.yaml"  # no telemetry: it would wait for an address that isn't there
    configuration.write_text(
        "SchemaVersion: '1.0'\nSageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = clean | {
        "PYTHONPATH": str(HURRY),
        "AWS_ENDPOINT_URL": aws.engine.url, "AWS_REGION": aws.region, "AWS_DEFAULT_REGION": aws.region,
        "AWS_ACCESS_KEY_ID": aws.key.key_id, "AWS_SECRET_ACCESS_KEY": aws.key.secret, "BUCKET": aws.bucket,
        "TOLD": str(tmp_path / "told.json"), "HOME": str(tmp_path), "SAGEMAKER_USER_CONFIG_OVERRIDE": str(configuration),
    }  # fmt: skip

    def run(python, script: str) -> dict:
        done = subprocess.run([python, HERE / script], env=environment, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return json.loads((tmp_path / "told.json").read_text())

    return run


@pytest.mark.skipif(not V2.exists(), reason="SDK v2 needs an environment of its own: make .venv/sdk2.stamp")
def test_sdk_v2(aws, run):
    told = run(V2, "sdk_v2.py")
    assert told["arn"].endswith(":model-card/by-sdk-v2")
    assert (told["loaded"], told["versions"], told["status"]) == (0.9, [2, 1], "Approved")
    assert told["first"] == "people leave"
    # The object keeps the version that it was loaded with.
    assert told["pdf"] == f"s3://{aws.bucket}/cards/by-sdk-v2/1/by-v2/by-sdk-v2.pdf"
    assert told["exports"] == ["Completed"]


def test_sdk_v3(aws, run):
    told = run(sys.executable, "sdk_v3.py")
    assert (told["version"], told["newer"], told["all"], told["job"]) == (1, 2, ["by-sdk-v3"], "Completed")
    assert told["pdf"].endswith("/by-v3/by-sdk-v3.pdf")
