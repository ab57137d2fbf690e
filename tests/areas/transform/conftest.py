"""Transform jobs over the wire: ``transform.run(model, "rows.csv", …)`` puts objects into S3 and waits for the job's end."""

import io
import itertools
import tarfile

import pytest

from tests.areas.endpoints.stage import booster, image, script_archive
from tests.areas.training.conftest import wait_for

TERMINAL = ("Completed", "Failed", "Stopped")
GROUP = "/aws/sagemaker/TransformJobs"
_numbers = itertools.count(1)


class Transforming:
    """One account's transform jobs."""

    def __init__(self, aws):
        self.aws = aws
        self.sagemaker, self.s3 = aws.client("sagemaker"), aws.client("s3")

    def put(self, key: str, body: bytes | str) -> str:
        self.s3.put_object(Bucket=self.aws.bucket, Key=key, Body=body)
        return f"s3://{self.aws.bucket}/{key}"

    def model(self, data: bytes, repository: str, **env: str) -> str:
        name = f"model-{next(_numbers)}"
        url = self.put(f"{name}/model.tar.gz", data)
        container = {"Image": image(repository), "ModelDataUrl": url, "Environment": env}
        self.sagemaker.create_model(ModelName=name, ExecutionRoleArn=self.aws.role, PrimaryContainer=container)
        return name

    def xgboost(self) -> str:
        """A model of 4 features that answers with a probability."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            info = tarfile.TarInfo("xgboost-model")
            info.size = len(booster())
            tar.addfile(info, io.BytesIO(booster()))
        return self.model(packed.getvalue(), "sagemaker-xgboost")

    def script(self, script: str, **env: str) -> str:
        """A model whose answers are those of the script's ``transform_fn``."""
        whole = f"def model_fn(folder): return 0\n{script}"
        return self.model(script_archive(whole), "sagemaker-scikit-learn", SAGEMAKER_PROGRAM="inference.py", **env)

    def request(self, model: str, uri: str, **changes) -> dict:
        source = {"S3DataSource": {"S3DataType": changes.pop("kind", "S3Prefix"), "S3Uri": uri}}
        number = next(_numbers)
        return {
            "TransformJobName": f"transform-{number}",
            "ModelName": model,
            "TransformInput": {
                "DataSource": source, "ContentType": "text/csv", "SplitType": "Line", **changes.pop("input", {}),
            },
            "TransformOutput": {"S3OutputPath": f"s3://{self.aws.bucket}/out/{number}", **changes.pop("output", {})},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": changes.pop("count", 1)},
            **changes,
        }  # fmt: skip

    def start(self, model: str, uri: str, **changes) -> str:
        request = self.request(model, uri, **changes)
        self.sagemaker.create_transform_job(**request)
        return request["TransformJobName"]

    def describe(self, name: str) -> dict:
        return self.sagemaker.describe_transform_job(TransformJobName=name)

    def wait(self, name: str, seconds: float = 40) -> dict:
        def ended():
            found = self.describe(name)
            return found if found["TransformJobStatus"] in TERMINAL else None

        return wait_for(ended, seconds)

    def run(self, model: str, uri: str, **changes) -> tuple[dict, dict[str, bytes]]:
        """The description of the ended job, and what it wrote: key below its output path → bytes."""
        done = self.wait(self.start(model, uri, **changes))
        return done, self.outputs(done)

    def outputs(self, done: dict) -> dict[str, bytes]:
        bucket, _, prefix = done["TransformOutput"]["S3OutputPath"].removeprefix("s3://").partition("/")
        found = self.s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/").get("Contents", ())
        return {
            item["Key"].removeprefix(f"{prefix}/"): self.s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            for item in found
        }

    def lines(self, name: str, *, data: bool = False) -> list[str]:
        """What the container printed, or what stands in the data log."""
        logs = self.aws.client("logs")
        streams = logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=f"{name}/")["logStreams"]
        names = [one["logStreamName"] for one in streams]
        lines = []
        for stream in names:
            if stream.endswith("/data-log") == data:
                events = logs.get_log_events(logGroupName=GROUP, logStreamName=stream, startFromHead=True)["events"]
                lines += [event["message"] for event in events]
        return lines


@pytest.fixture
def transform(aws, runner) -> Transforming:
    return Transforming(aws)
