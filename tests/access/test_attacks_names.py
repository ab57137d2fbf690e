"""Ways around rules with names: what an operation is allowed for is what it then acts on."""

import time

import pytest
from botocore.exceptions import ClientError

from catalog.models import Grant, Role

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
JOBS = "/aws/sagemaker/TrainingJobs"


def limit(aws, person, *rules) -> None:
    person.grant.delete()
    role = Role.objects.create(name=f"limited-{aws.number}", rules=list(rules))
    Grant.objects.create(role=role, user=person.user, connection_id=aws.connection.id)


def refused(function, **request) -> str:
    with pytest.raises(ClientError) as error:
        function(**request)
    assert error.value.response["Error"]["Code"] == "AccessDeniedException", error.value
    return error.value.response["Error"]["Message"]


@pytest.fixture
def logs(aws, cast):
    """Alice may see the logs of churn-… only; there are those of fraud-1, too."""
    root = aws.client("logs")
    root.create_log_group(logGroupName=JOBS)
    for name in ("churn-1/algo-1", "fraud-1/algo-1"):
        root.create_log_stream(logGroupName=JOBS, logStreamName=name)
        event = {"timestamp": int(time.time() * 1000), "message": f"the secret of {name}"}
        root.put_log_events(logGroupName=JOBS, logStreamName=name, logEvents=[event])
    limit(aws, cast.alice, {"verbs": ["view", "update"], "nouns": ["LogStream"], "names": [f"{JOBS}/churn-*"]})
    return cast.alice.client("logs")


def test_logs_of_other_jobs_are_not_shown(logs):
    assert logs.get_log_events(logGroupName=JOBS, logStreamName="churn-1/algo-1")["events"]
    refused(logs.get_log_events, logGroupName=JOBS, logStreamName="fraud-1/algo-1")
    refused(logs.get_log_events, logGroupIdentifier=JOBS, logStreamName="fraud-1/algo-1")


def test_logs_are_searched_only_where_all_may_be_seen(logs):
    assert logs.filter_log_events(logGroupName=JOBS, logStreamNamePrefix="churn-")["events"]
    assert logs.filter_log_events(logGroupName=JOBS, logStreamNames=["churn-1/algo-1"])["events"]
    refused(logs.filter_log_events, logGroupName=JOBS)
    refused(logs.filter_log_events, logGroupName=JOBS, logStreamNamePrefix="fraud-")
    refused(logs.filter_log_events, logGroupName=JOBS, logStreamNames=["churn-1/algo-1", "fraud-1/algo-1"])
    refused(logs.describe_log_streams, logGroupName=JOBS)
    assert len(logs.describe_log_streams(logGroupName=JOBS, logStreamNamePrefix="churn-")["logStreams"]) == 1


def test_nothing_is_written_into_other_jobs_logs(logs):
    event = {"timestamp": int(time.time() * 1000), "message": "forged"}
    logs.put_log_events(logGroupName=JOBS, logStreamName="churn-1/algo-1", logEvents=[event])
    refused(logs.put_log_events, logGroupName=JOBS, logStreamName="fraud-1/algo-1", logEvents=[event])


def test_an_artifact_isnt_changed_by_giving_it_an_allowed_name(aws, cast):
    source = {"SourceUri": "s3://bucket/secret"}
    arn = aws.client("sagemaker").create_artifact(ArtifactName="a", Source=source, ArtifactType="DataSet")[
        "ArtifactArn"
    ]
    limit(aws, cast.alice, {"verbs": ["*"], "nouns": ["Artifact"], "names": ["churn-*"]})
    refused(cast.alice.client("sagemaker").update_artifact, ArtifactArn=arn, ArtifactName="churn-1")


def test_a_model_that_one_may_not_see_is_not_served(aws, cast):
    key = {"Bucket": aws.bucket, "Key": "model.tar.gz"}
    aws.client("s3").put_object(**key, Body=b"x")
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{aws.bucket}/model.tar.gz"}
    for name in ("secret", "churn-1"):
        aws.client("sagemaker").create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=aws.role)
    limit(aws, cast.alice, {"verbs": ["*"], "nouns": ["Model", "EndpointConfig", "Endpoint"], "names": ["churn-*"]})
    alice, variant = (
        cast.alice.client("sagemaker"),
        {"VariantName": "v", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"},
    )
    said = refused(
        alice.create_endpoint_config,
        EndpointConfigName="churn-1",
        ProductionVariants=[{**variant, "ModelName": "secret"}],
    )
    assert "view_model" in said
    alice.create_endpoint_config(EndpointConfigName="churn-1", ProductionVariants=[{**variant, "ModelName": "churn-1"}])
    aws.client("sagemaker").create_endpoint_config(
        EndpointConfigName="secret", ProductionVariants=[{**variant, "ModelName": "secret"}]
    )
    assert "view_endpoint_config" in refused(alice.create_endpoint, EndpointName="churn-1", EndpointConfigName="secret")
