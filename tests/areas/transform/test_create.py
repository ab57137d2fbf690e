"""What CreateTransformJob refuses, in one sentence; the order of ListTransformJobs; Describe and Stop of no such job."""

import pytest
from botocore.exceptions import ClientError

from tests.areas.transform.conftest import Transforming


@pytest.fixture
def create(aws):
    """Sends a request that is right but for the changes; returns the service's refusal. Nothing runs."""
    stage = Transforming(aws)
    model, uri = stage.xgboost(), stage.put("in/data.csv", "1,2,3,4\n")

    def send(**changes) -> str:
        changes = {"model": model, "uri": uri} | changes
        request = stage.request(changes.pop("model"), changes.pop("uri"), **changes)
        with pytest.raises(ClientError) as refused:
            stage.sagemaker.create_transform_job(**request)
        assert refused.value.response["Error"]["Code"] == "ValidationException"
        return refused.value.response["Error"]["Message"]

    return send


def test_an_unknown_model(create, aws):
    """Behaviour 21."""
    assert create(model="nobody") == f'Could not find model "arn:aws:sagemaker:us-east-1:{aws.number}:model/nobody".'


def test_more_payload_at_once_than_100_mb(create):
    """Behaviour 17."""
    assert "is 120: the product can't be above 100 MB" in create(MaxConcurrentTransforms=20, MaxPayloadInMB=6)
    assert "MaxPayloadInMB 101 is above 100" in create(MaxPayloadInMB=101)
    assert "needs SplitType None and no DataProcessing" in create(MaxPayloadInMB=0)


def test_data_that_is_not_there(create, aws):
    assert "No S3 objects found" in create(uri=f"s3://{aws.bucket}/nothing/")
    assert "No S3 objects found" in create(uri="s3://no-such-bucket-at-all/x")
    output = {"S3OutputPath": "s3://no-such-bucket-at-all/x"}
    assert "of TransformOutput.S3OutputPath can't be written" in create(output=output)
    assert "give S3Prefix or ManifestFile" in create(kind="AugmentedManifestFile")


def test_filters_that_can_not_be_followed(create):
    def processing(content="text/csv", accept="text/csv", split="Line", assemble="Line", **rules) -> str:
        return create(
            input={"ContentType": content, "SplitType": split}, output={"Accept": accept, "AssembleWith": assemble},
            DataProcessing=rules,
        )  # fmt: skip

    assert "can't pick from text/csv" in processing(InputFilter="$.id")
    assert "can't be read from '..id' on" in processing("application/json", InputFilter="$..id")
    assert "InputFilter $[1:] needs TransformInput.ContentType to be one of" in processing(
        "image/png", InputFilter="$[1:]"
    )
    assert "OutputFilter $[0] needs TransformOutput.Accept to be one of" in processing(
        accept="*/*", OutputFilter="$[0]"
    )
    assert "to be the ContentType text/csv, not application/json" in processing(
        accept="application/json", JoinSource="Input"
    )
    assert "SplitType and TransformOutput.AssembleWith to be Line" in processing(split="None", JoinSource="Input")
    assert "SplitType and TransformOutput.AssembleWith to be Line" in processing(assemble="None", JoinSource="Input")


def test_what_is_not_built(create):
    assert "TransformOutput.KmsKeyId is not supported" in create(output={"KmsKeyId": "key"})
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeKmsKeyId": "key"}
    assert "VolumeKmsKeyId is not supported" in create(TransformResources=resources)


def test_a_job_that_is_not_there_and_a_name_that_is_taken(aws, no_runner):
    stage = Transforming(aws)
    for operation in (stage.sagemaker.describe_transform_job, stage.sagemaker.stop_transform_job):
        with pytest.raises(ClientError, match="Could not find requested job with name: nobody"):
            operation(TransformJobName="nobody")
    model, uri = stage.xgboost(), stage.put("in/data.csv", "1,2,3,4\n")
    first = stage.start(model, uri)
    with pytest.raises(stage.sagemaker.exceptions.ResourceInUse, match="already exists"):
        stage.start(model, uri, TransformJobName=first)
    second = stage.start(model, uri)
    listed = stage.sagemaker.list_transform_jobs()["TransformJobSummaries"]
    assert [one["TransformJobName"] for one in listed] == [second, first]  # behaviour 20
    assert listed[0].keys() >= {"TransformJobArn", "CreationTime", "LastModifiedTime", "TransformJobStatus"}
    for name in (first, second):
        stage.sagemaker.stop_transform_job(TransformJobName=name)
        assert stage.describe(name)["TransformJobStatus"] == "Stopping"
