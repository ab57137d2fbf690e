"""The helpers of SDK v2's ``sagemaker.lineage``, unchanged, against what the engine recorded by itself."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.areas.lineage.conftest import IMAGE

HURRY = Path(__file__).parents[2] / "clients" / "hurry"
HERE = Path(__file__).parent
V2 = HERE.parent.parent.parent / ".venv" / "sdk2" / "bin" / "python"

pytestmark = [
    pytest.mark.slow, pytest.mark.clients,
    pytest.mark.skipif(not V2.exists(), reason="SDK v2 needs an environment of its own: make .venv/sdk2.stamp"),
]  # fmt: skip


@pytest.fixture
def told(aws, story, tmp_path) -> dict:
    config = tmp_path / "sagemaker.yaml"
    config.write_text("SchemaVersion: '1.0'\nSageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n")
    answer = tmp_path / "told.json"
    arns = story.arns | {"model_data": "s3://b/out/churn-fit/output/model.tar.gz", "image": IMAGE}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = clean | {
        "PYTHONPATH": str(HURRY),
        "AWS_ENDPOINT_URL": aws.engine.url, "AWS_REGION": aws.region, "AWS_DEFAULT_REGION": aws.region,
        "AWS_ACCESS_KEY_ID": aws.key.key_id, "AWS_SECRET_ACCESS_KEY": aws.key.secret, "HOME": str(tmp_path),
        "SAGEMAKER_USER_CONFIG_OVERRIDE": str(config), "TOLD": str(answer), "ARNS": json.dumps(arns),
    }  # fmt: skip
    done = subprocess.run([V2, HERE / "sdk_v2.py"], env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return json.loads(answer.read_text())


def test_the_helpers_find_what_was_recorded(aws, story, told):
    data = ["s3://b/data/train/", "s3://b/data/validation/"]
    assert told["endpoint_data"] == told["model_data"] == data
    assert told["endpoint_jobs"] == told["model_jobs"] == [story.arns["fit"]]
    assert told["endpoint_components"] == ["churn-fit-aws-training-job"]
    assert told["endpoint_pipeline"] is None and told["endpoint_processing"] == 0
    assert told["endpoint_actions"] == ["ModelDeployment"]
    context = f"arn:aws:sagemaker:us-east-1:{aws.number}:context/"
    assert f"{context}live-aws-endpoint" in told["model_endpoints"]
    assert told["model_contexts"] == ["live-aws-endpoint"] == told["data_endpoints"]
    assert told["data_upstream"] == 0 and told["image_data"] == 0
    assert told["query"] == [True, True]
    assert {"DatasetArtifact", "LineageTrialComponent", "ModelArtifact", "Action"} <= set(told["objects"])
    rows = {(row[0], row[1], row[2], row[3]) for row in told["table"]}
    assert ("s3://b/data/train/", "Input", "DataSet", "ContributedTo") in rows
    assert {row[1] for row in told["table"]} == {"Input", "Output"}
    assert {row[4] for row in told["table"]} == {"artifact"}
    assert [row[1:4] for row in told["endpoint_table"]] == [["Input", "ModelDeployment", "AssociatedWith"]]
    assert told["package_table"] == ["Input", "Input", "Output", "Output"]
    assert told["group"] == "ModelGroup"
    assert told["mine"] == {"b": "2"} and told["mine_out"] == ["my-step"] and told["mine_left"] == []
    assert told["models"] == [True]
    assert "s3://b/out/churn-fit/output/model.tar.gz" in told["models_v2"]
