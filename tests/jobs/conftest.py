"""A Run of a training job that nobody works on: tests end its record by hand."""

import itertools

import pytest

from areas.index import resources
from engine import store

_names = itertools.count(1)
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


@pytest.fixture
def job(aws, no_runner):
    """The request of a training job that the engine accepts, under a fresh name."""
    aws.client("s3").put_object(Bucket=aws.bucket, Key="data/train.csv", Body=b"1,2\n0,3\n")
    return {
        "TrainingJobName": f"job-{next(_names)}",
        "RoleArn": aws.role,
        "HyperParameters": {"num_round": "1"},
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "InputDataConfig": [{"ChannelName": "train", "ContentType": "text/csv", "DataSource": {
            "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{aws.bucket}/data/"}}}],
        "OutputDataConfig": {"S3OutputPath": f"s3://{aws.bucket}/output"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }  # fmt: skip


@pytest.fixture
def run(aws, cast, job, redis):
    """A queued Run that creates the job."""
    from jobs import runs

    plan = [{"call": "CreateTrainingJob", "request": job}]
    return runs.start(aws.connection, user=cast.alice.user, kind="TrainingJob", name=job["TrainingJobName"], plan=plan)


@pytest.fixture
def end(aws):
    """``end(name, "Failed")``: give the job's record an end, as the runner would."""
    from catalog.models import Record

    def work(name: str, status: str):
        record = Record.objects.get(connection_id=aws.connection.id, kind="TrainingJob", name=name)
        store.change(record.id, lambda document: document.update(TrainingJobStatus=status), resources()["TrainingJob"])

    return work
