"""Batch transform by the clients that people have: SDK v2's Transformer, SDK v3's TransformJob, the AWS CLI."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.areas.transform.conftest import Transforming
from tests.clients.test_clients import HERE, V2, _run, environment  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.slow, pytest.mark.clients]


@pytest.fixture
def stage(aws, environment) -> dict:  # noqa: F811
    stage = Transforming(aws)
    model = stage.xgboost()
    return environment | {"MODEL": model, "ARTIFACT": f"s3://{aws.bucket}/{model}/model.tar.gz"}


def check(rows: list[str]) -> None:
    assert [row.split(",")[0] for row in rows] == ["a", "b"]
    assert float(rows[0].split(",")[1]) > 0.5 > float(rows[1].split(",")[1])


@pytest.mark.skipif(not V2.exists(), reason="SDK v2 needs an environment of its own: make .venv/sdk2.stamp")
def test_sdk_v2(stage):
    told, printed = _run([V2, HERE / "transform_v2.py"], stage)
    check(told["rows"])
    assert told["output"].endswith("/v2-transformed")
    assert "MaxConcurrentTransforms=" in printed, "the data log was not printed"


def test_sdk_v3(stage):
    told, _ = _run([sys.executable, HERE / "transform_v3.py"], stage)
    check(told["rows"])
    assert (told["status"], told["listed"]) == ("Completed", ["v3-transformed"])


def test_the_aws_cli(stage, aws, tmp_path):
    s3 = aws.client("s3")
    s3.put_object(Bucket=aws.bucket, Key="cli-in/rows.csv", Body=b"a,0.9,0,0,0\nb,0.1,0,0,0\n")
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{aws.bucket}/cli-in/rows.csv"}}
    asked = {
        "TransformJobName": "by-cli", "ModelName": stage["MODEL"],
        "TransformInput": {"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
        "TransformOutput": {"S3OutputPath": f"s3://{aws.bucket}/cli-out", "Accept": "text/csv", "AssembleWith": "Line"},
        "DataProcessing": {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }  # fmt: skip
    aws_cli = Path(sys.executable).with_name("aws")
    for words in (
        ["create-transform-job", "--cli-input-json", json.dumps(asked)],
        ["wait", "transform-job-completed-or-stopped", "--transform-job-name", "by-cli"],
    ):
        done = subprocess.run(
            [aws_cli, "sagemaker", *words], env=stage, capture_output=True, text=True, timeout=120
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    check(s3.get_object(Bucket=aws.bucket, Key="cli-out/rows.csv.out")["Body"].read().decode().splitlines())
