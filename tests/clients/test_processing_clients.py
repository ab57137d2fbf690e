"""The processors of both major versions of the SDK run unchanged against the engine, with wait and logs; and the AWS CLI."""

import json
import subprocess
import sys

import pytest

from tests.clients.test_clients import HERE, V2, _run, environment  # noqa: F401 - a fixture

pytestmark = [pytest.mark.slow, pytest.mark.clients]
ROWS = 569  # of breast cancer


@pytest.mark.skipif(not V2.exists(), reason="SDK v2 needs an environment of its own: make .venv/sdk2.stamp")
def test_sdk_v2s_processors(environment):  # noqa: F811
    told, printed = _run([V2, HERE / "processing_v2.py"], environment)
    for name in ("sklearn", "script", "framework"):
        assert told[name] == {"counts": {"train.csv": 2 * ROWS}, "status": "Completed"}
    assert printed.count("with pandas") == 3, "the jobs' logs were not printed"


def test_sdk_v3s_processors(environment):  # noqa: F811
    told, printed = _run([sys.executable, HERE / "processing_v3.py"], environment)
    for name in ("script", "framework"):
        assert told[name] == {"counts": {"train.csv": 3 * ROWS}, "status": "Completed"}
    assert printed.count("with pandas") == 2, "the jobs' logs were not printed"


def test_the_aws_cli_waits_for_a_processing_job(environment, aws):  # noqa: F811
    def aws_cli(*words: str) -> dict:
        done = subprocess.run(
            ["aws", *words, "--output", "json"], env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else {}

    output = {"S3Uri": f"s3://{aws.bucket}/cli", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    arn = aws_cli(
        "sagemaker", "create-processing-job", "--processing-job-name", "cli", "--role-arn", aws.role,
        "--app-specification", "ImageUri=python:3.11,ContainerEntrypoint=sh,-c,echo hi > /opt/ml/processing/output/said",
        "--processing-resources", "ClusterConfig={InstanceCount=1,InstanceType=ml.m5.large,VolumeSizeInGB=1}",
        "--processing-output-config", json.dumps({"Outputs": [{"OutputName": "o", "S3Output": output}]}),
    )["ProcessingJobArn"]  # fmt: skip
    aws_cli("sagemaker", "wait", "processing-job-completed-or-stopped", "--processing-job-name", "cli")
    told = aws_cli("sagemaker", "describe-processing-job", "--processing-job-name", "cli")
    assert (told["ProcessingJobArn"], told["ProcessingJobStatus"]) == (arn, "Completed")
    assert aws.client("s3").get_object(Bucket=aws.bucket, Key="cli/said")["Body"].read() == b"hi\n"
