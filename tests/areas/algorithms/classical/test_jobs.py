"""The classical algorithms as jobs over the wire: a manifest of shards, failures in AWS's words, metrics, endpoints."""

import io
import json
import tarfile
import time

import numpy as np
import pytest

from areas.algorithms.formats.recordio import write
from areas.algorithms.formats.table import Table
from areas.images import images

KMEANS = {"feature_dim": "30", "k": "3"}


def channel(name: str, uri: str, **changes) -> dict:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "ShardedByS3Key"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": {**source, **changes.pop("source", {})}}, **changes}


class Jobs:
    def __init__(self, aws):
        self.aws, self.sagemaker, self.s3 = aws, aws.client("sagemaker"), aws.client("s3")

    def put(self, key: str, body: bytes) -> str:
        self.s3.put_object(Bucket=self.aws.bucket, Key=key, Body=body)
        return f"s3://{self.aws.bucket}/{key}"

    def run(self, repository: str, hyperparameters: dict, channels: list, instances: int = 1) -> dict:
        name = f"{repository}-{time.time_ns()}"
        self.sagemaker.create_training_job(
            TrainingJobName=name, RoleArn=self.aws.role, HyperParameters=hyperparameters, InputDataConfig=channels,
            AlgorithmSpecification={"TrainingImage": images()[repository].uri(), "TrainingInputMode": "File"},
            OutputDataConfig={"S3OutputPath": f"s3://{self.aws.bucket}/out"},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": instances, "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": 120},
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while True:
            job = self.sagemaker.describe_training_job(TrainingJobName=name)
            if job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped"):
                return job
            assert time.monotonic() < deadline, job
            time.sleep(0.1)

    def model(self, job: dict) -> dict:
        bucket, key = job["ModelArtifacts"]["S3ModelArtifacts"][5:].split("/", 1)
        body = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body)) as archive:
            [name] = [name for name in archive.getnames() if "model" in name]
            with np.load(io.BytesIO(archive.extractfile(name).read())) as arrays:
                return {name: arrays[name] for name in arrays.files}


@pytest.fixture
def jobs(aws, runner):
    return Jobs(aws)


def test_a_manifest_of_records_trains_on_one_and_on_several_instances(jobs, cancers):
    shards = np.array_split(cancers[0], 3)
    for number, shard in enumerate(shards):
        prefix = jobs.put(f"records/matrix_{number}.pbr", write(Table(shard))).rpartition("/")[0]
    manifest = [{"prefix": f"{prefix}/"}, *(f"matrix_{number}.pbr" for number in range(3))]
    uri = jobs.put("records/.amazon.manifest", json.dumps(manifest).encode())
    train = channel("train", uri, source={"S3DataType": "ManifestFile"})
    one, several = (jobs.run("kmeans", KMEANS, [train], count) for count in (1, 2))
    for job in (one, several):
        assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
        names = {item["Name"] for item in job["AlgorithmSpecification"]["MetricDefinitions"]}
        assert {"train:msd", "test:msd", "train:progress"} <= names
    metrics = [{item["MetricName"]: item["Value"] for item in job["FinalMetricDataList"]} for job in (one, several)]
    assert metrics[0]["train:msd"] == pytest.approx(metrics[1]["train:msd"], rel=0.1)
    assert metrics[0]["train:progress"] == 100
    assert jobs.model(several)["centers"].shape == (3, 30)


@pytest.mark.parametrize(
    ("repository", "given", "changes", "instances", "reason"),
    [
        ("kmeans", KMEANS | {"nonsense": "1"}, {}, 1, "Additional properties are not allowed ('nonsense' was unexpected)"),
        ("lda", {"num_topics": "2", "feature_dim": "2", "mini_batch_size": "2"}, {}, 2, "a single instance only"),
        ("randomcutforest", {"feature_dim": "2"},
         {"source": {"S3DataDistributionType": "FullyReplicated"}, "ContentType": "text/csv;label_size=0"}, 1,
         "takes S3DataDistributionType ShardedByS3Key only, not FullyReplicated"),
    ],
)  # fmt: skip
def test_a_job_that_can_not_be_fails_with_the_clients_error(jobs, repository, given, changes, instances, reason):
    for number in range(2):
        uri = jobs.put(f"rows/{number}.csv", b"1,2\n3,4\n").rpartition("/")[0]
    job = jobs.run(repository, given, [channel("train", f"{uri}/", **changes)], instances)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert reason in job["FailureReason"]
    assert job["FailureReason"].endswith("exit code: 2")


def test_a_batch_is_transformed_from_csv_and_from_records(jobs, cancers):
    rows = cancers[0]
    train = channel("train", jobs.put("train/rows.pbr", write(Table(rows))))
    job = jobs.run("kmeans", KMEANS, [train])
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    name = job["TrainingJobName"]
    container = {
        "Image": job["AlgorithmSpecification"]["TrainingImage"],
        "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"],
    }
    jobs.sagemaker.create_model(ModelName=name, ExecutionRoleArn=jobs.aws.role, PrimaryContainer=container)
    text = "\n".join(",".join(map(repr, map(float, row))) for row in rows[:100])
    inputs = {
        "csv": ("text/csv", "Line", text.encode()),
        "pbr": ("application/x-recordio-protobuf", "RecordIO", write(Table(rows[:100]))),
    }
    found = {}
    for ending, (content, split, body) in inputs.items():
        uri = jobs.put(f"batch-{ending}/rows.{ending}", body)
        jobs.sagemaker.create_transform_job(
            TransformJobName=f"{name}-{ending}", ModelName=name,
            TransformInput={
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}, "ContentType": content,
                "SplitType": split,
            },
            TransformOutput={
                "S3OutputPath": f"s3://{jobs.aws.bucket}/out-{ending}", "Accept": "application/jsonlines",
                "AssembleWith": "Line",
            },
            TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        )  # fmt: skip
    for ending in inputs:
        deadline = time.monotonic() + 60
        while (done := jobs.sagemaker.describe_transform_job(TransformJobName=f"{name}-{ending}"))[
            "TransformJobStatus"
        ] == "InProgress":
            assert time.monotonic() < deadline, done
            time.sleep(0.1)
        assert done["TransformJobStatus"] == "Completed", done["FailureReason"]
        out = jobs.s3.get_object(Bucket=jobs.aws.bucket, Key=f"out-{ending}/rows.{ending}.out")["Body"].read()
        found[ending] = [json.loads(line) for line in out.splitlines() if line]
    assert len(found["csv"]) == 100
    assert found["csv"] == found["pbr"]
    assert set(found["csv"][0]) == {"closest_cluster", "distance_to_cluster"}
