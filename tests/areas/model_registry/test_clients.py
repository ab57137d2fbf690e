"""The clients that people have (SDK v2 and v3, the AWS CLI) use the registry, unchanged."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.areas.endpoints.stage import image

HURRY = Path(__file__).parents[2] / "clients" / "hurry"
HERE = Path(__file__).parent / "clients"
V2 = Path(settings.BASE_DIR) / ".venv" / "sdk2" / "bin" / "python"

pytestmark = [pytest.mark.slow, pytest.mark.clients]


@pytest.fixture
def environment(registry, runner, tmp_path):
    aws = registry.aws
    config = tmp_path / "sagemaker.yaml"  # no telemetry: it would wait for an address that isn't there
    config.write_text("SchemaVersion: '1.0'\nSageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return clean | {
        "PYTHONPATH": str(HURRY),
        "AWS_ENDPOINT_URL": aws.engine.url, "AWS_REGION": aws.region, "AWS_DEFAULT_REGION": aws.region,
        "AWS_ACCESS_KEY_ID": aws.key.key_id, "AWS_SECRET_ACCESS_KEY": aws.key.secret, "SAGEMAKER_ROLE": aws.role,
        "BUCKET": aws.bucket, "DATA": registry.url, "IMAGE": image(), "TOLD": str(tmp_path / "told.json"),
        "HOME": str(tmp_path), "SAGEMAKER_USER_CONFIG_OVERRIDE": str(config),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }  # fmt: skip


def run(command, environment) -> dict:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(Path(environment["TOLD"]).read_text())


@pytest.mark.skipif(not V2.exists(), reason="SDK v2 needs an environment of its own: make .venv/sdk2.stamp")
def test_sdk_v2_registers_twice_approves_and_deploys(registry, environment):
    told = run([V2, HERE / "sdk_v2.py"], environment)
    assert told["arns"] == [registry.arn("model-package/v2-group/1"), registry.arn("model-package/v2-group/2")]
    assert told["latest"] == told["arns"][1]
    assert (told["properties"], told["rejected"]) == ({"b": "2"}, "Rejected")
    assert told["source"] == "https://example.org/run/2"
    assert told["answer"][0] > 0.5 > told["answer"][1]


def test_sdk_v3_registers_twice_approves_and_deploys(registry, environment):
    told = run([sys.executable, HERE / "sdk_v3.py"], environment)
    assert told["arns"] == [registry.arn("model-package/v3-group/1"), registry.arn("model-package/v3-group/2")]
    assert told["listed"] == told["arns"]
    assert (told["group"], told["status"], told["version"], told["approval"]) == (
        "Completed",
        "Completed",
        1,
        "Approved",
    )
    assert told["approved_by"] == f"arn:aws:iam::{registry.aws.number}:root"
    assert told["answer"][0] > 0.5 > told["answer"][1]


def test_the_aws_cli_keeps_a_registry(registry, environment):
    told = run(["bash", HERE / "story.sh"], environment)
    assert told == {"approved": "2", "arn": registry.arn("model-package/cli-group/2")}
    assert registry.sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"] == []
