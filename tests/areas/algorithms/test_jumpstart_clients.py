"""SageMaker's SDKs train and deploy JumpStart's algorithms for tables unchanged, and without AWS."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.datasets import load_breast_cancer

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
V2 = ROOT / ".venv" / "sdk2" / "bin" / "python"

pytestmark = [pytest.mark.slow, pytest.mark.clients]


@pytest.fixture
def run(aws, runner, tmp_path):
    """Run a client's script in an environment that points at the test's account; what it told."""
    table = load_breast_cancer()
    data = tmp_path / "data.csv"
    rows = zip(table.target, table.data, strict=True)
    data.write_text("".join(f"{label},{','.join(map(repr, map(float, row)))}\n" for label, row in rows))
    configuration = tmp_path / "sagemaker.yaml"  # no telemetry: it would wait for an address that isn't there
    configuration.write_text(
        "SchemaVersion: '1.0'\nSageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = clean | {
        "PYTHONPATH": str(ROOT / "tests" / "clients" / "hurry"), "DISABLE_JUMPSTART_TELEMETRY": "1",
        "AWS_ENDPOINT_URL": aws.engine.url, "AWS_REGION": aws.region, "AWS_DEFAULT_REGION": aws.region,
        "AWS_ACCESS_KEY_ID": aws.key.key_id, "AWS_SECRET_ACCESS_KEY": aws.key.secret, "BUCKET": aws.bucket,
        "SAGEMAKER_ROLE": aws.role, "DATA": str(data), "TOLD": str(tmp_path / "told.json"), "HOME": str(tmp_path),
        "SAGEMAKER_USER_CONFIG_OVERRIDE": str(configuration),
    }  # fmt: skip

    def run(python, script: str, **more) -> dict:
        done = subprocess.run(
            [python, HERE / script], env=environment | more, capture_output=True, text=True, timeout=240
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return json.loads((tmp_path / "told.json").read_text())

    return run


@pytest.mark.skipif(not V2.exists(), reason="SDK v2 needs an environment of its own: make .venv/sdk2.stamp")
def test_sdk_v2_by_id_and_by_hand(run):
    told = run(V2, "jumpstart_v2.py", MODELS="lightgbm-classification-model")
    found = told["lightgbm-classification-model"]
    assert found["default"]["num_leaves"] == "64"
    assert found["status"] == "Completed"
    assert 0 < found["metrics"]["binary_logloss"] < 0.3
    # The first five rows of breast cancer are malignant, which is 0 there.
    assert all(zero > 0.8 for zero, one in found["answer"]["probabilities"]), found
    assert (found["verbose"]["predicted_label"], found["verbose"]["labels"]) == ([0] * 5, [0, 1])
    plain = told["plain"]
    assert plain["status"] == "Completed"
    assert plain["model_uri"].startswith("s3://jumpstart-cache-prod-us-east-1/")
    assert "/sagemaker-scikit-learn:" in plain["serving"][0]
    assert plain["serving"][1].endswith("/inference/classification/v2.0.0/sourcedir.tar.gz")


def test_sdk_v3_by_id(run):
    told = run(sys.executable, "jumpstart_v3.py", MODEL="lightgbm-classification-model")
    assert told["version"] == "2.0.0"
    assert "catboost-classification-model" in told["found"]
    assert "catboost-regression-model" not in told["found"]
    assert told["job"]["status"] == "Completed"
    assert "/sagemaker-scikit-learn:" in told["job"]["image"]
    assert (told["job"]["hyperparameters"]["num_boost_round"], told["job"]["hyperparameters"]["num_leaves"]) == (
        "20",
        "64",
    )
    # The first five rows of breast cancer are malignant, which is 0 there.
    assert all(zero > 0.5 for zero, one in told["answer"]["probabilities"]), told
    assert [status for status, value in told["tuned"]] == ["Completed"] * 2
    assert all(0 < value < 0.5 for status, value in told["tuned"])
