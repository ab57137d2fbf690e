"""A limited token stays limited: in the Runs that it asks for, in the jobs that these start, and in what those jobs start."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError
from django.test import Client

from areas.training.engine.driver import TrainingDriver
from catalog.models import AccessKey, Record
from engine.models import Work
from jobs import submission
from jobs.models import Run
from studio.rest import tokens
from tests.access.test_attacks_s3 import training


@pytest.fixture
def limited(aws, cast):
    """REST with a token of alice's that is for training jobs and S3 only."""
    aws.client("s3").put_object(Bucket=aws.bucket, Key="mine/a.csv", Body=b"1,2\n")
    text, _ = tokens.create(user=cast.alice.user, name="ci", nouns=["TrainingJob", "S3Object"])
    return Client(headers={"Authorization": f"Bearer {text}", "Atelier-Connection": aws.connection.name})


def environment_of(record: Record) -> dict:
    """What the job's container gets."""
    return TrainingDriver().plan(record, Work.objects.get(record=record))[0]["env"]


def client_with(aws, env: dict, service: str = "sagemaker"):
    return boto3.client(
        service, region_name="us-east-1", endpoint_url=aws.engine.url, aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"], aws_session_token=env["AWS_SESSION_TOKEN"],
    )  # fmt: skip


def test_a_job_that_a_limited_token_starts_can_do_no_more_than_the_token(aws, cast, limited):
    answer = limited.post("/api/v1/training-jobs/", json.dumps(training(aws)), content_type="application/json")
    assert answer.status_code == 202, answer.content
    submission.submit(answer.json()["id"])
    assert Run.objects.get(id=answer.json()["id"]).error == ""
    record = Record.objects.get(connection_id=aws.connection.id, kind="TrainingJob", name="t")
    assert record.owner == cast.alice.name
    job = client_with(aws, environment_of(record))
    assert job.list_training_jobs()["TrainingJobSummaries"]
    with pytest.raises(ClientError, match="view_model"):
        job.list_models()
    job.create_training_job(**training(aws, name="child"))
    child = Record.objects.get(connection_id=aws.connection.id, kind="TrainingJob", name="child")
    with pytest.raises(ClientError, match="view_model"):
        client_with(aws, environment_of(child)).list_models()
    with pytest.raises(ClientError, match="view_log_stream"):
        client_with(aws, environment_of(child), "logs").describe_log_groups()


def test_a_job_of_a_person_can_do_what_the_person_may(aws, cast):
    aws.client("s3").put_object(Bucket=aws.bucket, Key="mine/a.csv", Body=b"1,2\n")
    cast.alice.client("sagemaker").create_training_job(**training(aws))
    record = Record.objects.get(connection_id=aws.connection.id, kind="TrainingJob", name="t")
    client_with(aws, environment_of(record)).list_models()


def test_a_limited_key_of_the_account_is_limited_too(aws):
    AccessKey.objects.create(
        key_id="ASIAROOTLIMITED", secret="s" * 20, account=aws.number, principal="arn", nouns=["Model"],
        session_token="token",
    )  # fmt: skip
    env = {"AWS_ACCESS_KEY_ID": "ASIAROOTLIMITED", "AWS_SECRET_ACCESS_KEY": "s" * 20, "AWS_SESSION_TOKEN": "token"}
    client = client_with(aws, env)
    client.list_models()
    with pytest.raises(ClientError, match="AccessDenied"):
        client.list_endpoints()


def test_a_job_that_is_started_again_stays_limited(aws, cast, limited):
    from engine.runtime import jobs

    answer = limited.post("/api/v1/training-jobs/", json.dumps(training(aws)), content_type="application/json")
    submission.submit(answer.json()["id"])
    record = Record.objects.get(connection_id=aws.connection.id, kind="TrainingJob", name="t")
    environment_of(record)
    work = Work.objects.get(record=record)
    jobs._restart(work, TrainingDriver(), "The instance was lost.")
    again = Record.objects.get(id=record.id)
    with pytest.raises(ClientError, match="view_model"):
        client_with(aws, environment_of(again)).list_models()
