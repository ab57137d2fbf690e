"""Describe answers the document; what is not there gets the noun's own error."""

import pytest
from botocore.exceptions import ClientError


def refusal(call, **request) -> dict:
    with pytest.raises(ClientError) as raised:
        call(**request)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return raised.value.response["Error"]


def test_milliseconds_survive(aws, shelf):
    shelf.put("TrainingJob", "job", 1700000000.123, "Completed")
    created = aws.client("sagemaker").describe_training_job(TrainingJobName="job")["CreationTime"]
    assert created.timestamp() == pytest.approx(1700000000.123, abs=1e-6)


def test_only_what_the_operation_answers(aws, shelf):
    shelf.put("TrainingJob", "job", status="InProgress", SecondaryStatus="Starting", Secret="of the engine's own")
    answer = aws.client("sagemaker").describe_training_job(TrainingJobName="job")
    assert answer["TrainingJobArn"] == f"arn:aws:sagemaker:us-east-1:{aws.number}:training-job/job"
    assert answer["TrainingJobStatus"] == "InProgress"
    assert answer["SecondaryStatus"] == "Starting"
    assert "Secret" not in answer


def test_an_unknown_training_job(aws):
    assert refusal(aws.client("sagemaker").describe_training_job, TrainingJobName="nobody") == {
        "Code": "ValidationException",
        "Message": "Requested resource not found.",
    }


def test_an_unknown_endpoint_is_named_by_its_arn(aws):
    assert refusal(aws.client("sagemaker").describe_endpoint, EndpointName="nobody")["Message"] == (
        f'Could not find endpoint "arn:aws:sagemaker:us-east-1:{aws.number}:endpoint/nobody".'
    )


def test_a_waiter_for_the_end_of_an_unknown_endpoint_ends_at_once(aws):
    aws.client("sagemaker").get_waiter("endpoint_deleted").wait(EndpointName="nobody")


def test_two_accounts_and_two_regions_do_not_see_each_other(aws, shelf, another_account):
    shelf.put("Model", "mine")
    for client in (another_account.client("sagemaker"), aws.client("sagemaker", "eu-west-1")):
        assert client.list_models()["Models"] == []
        assert "Could not find model" in refusal(client.describe_model, ModelName="mine")["Message"]
    arn = f"arn:aws:sagemaker:us-east-1:{aws.number}:model/mine"
    assert refusal(another_account.client("sagemaker").list_tags, ResourceArn=arn)["Code"] == "AccessDeniedException"
    assert [model["ModelName"] for model in aws.client("sagemaker").list_models()["Models"]] == ["mine"]
