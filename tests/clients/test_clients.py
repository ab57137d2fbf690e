"""The clients that people have (SDK v2 and v3, the AWS CLI) walk the whole path, unchanged, against the engine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.datasets import load_breast_cancer

HERE = Path(__file__).parent
V2 = HERE.parent.parent / ".venv" / "sdk2" / "bin" / "python"

pytestmark = [pytest.mark.slow, pytest.mark.clients]


@pytest.fixture
def environment(aws, runner, tmp_path):
    """What ``make -s env`` prints, for the test's own account; DATA is breast cancer, label first, no header."""
    table = load_breast_cancer()
    data = tmp_path / "train.csv"
    data.write_text(
        "".join(
            f"{label},{','.join(map(repr, map(float, row)))}\n"
            for row, label in zip(table.data, table.target, strict=True)
        )
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return clean | {
        "AWS_ENDPOINT_URL": aws.engine.url, "AWS_REGION": aws.region, "AWS_DEFAULT_REGION": aws.region,
        "AWS_ACCESS_KEY_ID": aws.key.key_id, "AWS_SECRET_ACCESS_KEY": aws.key.secret, "SAGEMAKER_ROLE": aws.role,
        "BUCKET": aws.bucket, "DATA": str(data), "TOLD": str(tmp_path / "told.json"), "HOME": str(tmp_path),
        "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(HERE / "hurry"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "SAGEMAKER_USER_CONFIG_OVERRIDE": str(_config(tmp_path)),
    }  # fmt: skip


def _config(folder: Path) -> Path:
    """No telemetry: it would wait for an address that isn't there."""
    path = folder / "sagemaker.yaml"
    path.write_text("SchemaVersion: '1.0'\nSageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n")
    return path


def _run(command, environment) -> tuple[dict, str]:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(Path(environment["TOLD"]).read_text()), done.stdout + done.stderr


def _check(told: dict, printed: str):
    # The first five rows of breast cancer are malignant, which is 0 there.
    assert all(value < 0.5 for value in told["xgboost"]), told
    assert told["sklearn"] == [0.0] * 5, told
    assert "train-auc:" in printed, "the job's log was not printed"
    assert "accuracy=0.9" in printed


@pytest.mark.skipif(not V2.exists(), reason="SDK v2 needs an environment of its own: make .venv/sdk2.stamp")
def test_sdk_v2_trains_deploys_and_predicts(environment):
    told, printed = _run([V2, HERE / "sdk_v2.py"], environment)
    _check(told, printed)
    assert told["metrics"]["accuracy"] > 0.9


@pytest.mark.skipif(not V2.exists(), reason="SDK v2 needs an environment of its own: make .venv/sdk2.stamp")
def test_sdk_v2s_own_estimators_train_deploy_and_predict(environment):
    told, _ = _run([V2, HERE / "sdk_v2_builtin.py"], environment)
    answers, metrics = told["answers"], told["metrics"]
    # The first five rows of breast cancer are malignant, which is 0 there.
    for name in ("linear-learner", "knn", "factorization-machines"):
        assert [row["predicted_label"] for row in answers[name]] == [[0.0]] * 5, (name, answers[name])
    assert metrics["linear-learner"]["train:binary_classification_accuracy"] > 0.95
    assert {row["closest_cluster"][0] for row in answers["kmeans"]} == {answers["kmeans"][0]["closest_cluster"][0]}
    assert metrics["kmeans"]["test:msd"] > 0
    assert len(told["transformed"]) == 100
    assert [row["closest_cluster"] for row in told["transformed"][:5]] == [
        row["closest_cluster"][0] for row in answers["kmeans"]
    ]
    assert [len(row["projection"]) for row in answers["pca"]] == [3] * 5
    assert all(row["score"][0] > 0 for row in answers["randomcutforest"])
    assert all(abs(sum(row["topic_mixture"]) - 1) < 1e-3 for row in answers["lda"])
    assert metrics["lda"]["test:pwll"] < 0
    own, other = (row["dot_product"] for row in answers["ipinsights"]["predictions"])
    assert own > other


def test_sdk_v3_trains_deploys_and_predicts(environment):
    told, printed = _run([sys.executable, HERE / "sdk_v3.py"], environment)
    _check(told, printed)
    assert len(told["kmeans"]) == 5
    assert all(cluster in (0, 1) for cluster in told["kmeans"])


def test_the_aws_cli_walks_the_whole_path(environment):
    told, _ = _run(["bash", HERE / "story.sh"], environment)
    assert told["status"] == "Completed"
    assert told["prediction"] < 0.5
    assert told["log_lines"] >= 20
