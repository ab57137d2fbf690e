"""Tags by ARN: added, changed, listed in order, taken away."""

import pytest
from botocore.exceptions import ClientError


def tags(**values: str) -> list[dict]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


@pytest.fixture
def model(shelf) -> str:
    return shelf.put("Model", "m", tags=tags(team="vision")).arn


def test_tags_come_and_go(aws, model):
    client = aws.client("sagemaker")
    assert client.list_tags(ResourceArn=model)["Tags"] == tags(team="vision")
    assert client.add_tags(ResourceArn=model, Tags=tags(owner="bob", team="audio"))["Tags"] == tags(
        owner="bob", team="audio"
    )
    client.delete_tags(ResourceArn=model, TagKeys=["team", "nothing"])
    assert client.list_tags(ResourceArn=model)["Tags"] == tags(owner="bob")


def test_fifty_and_no_more(aws, model):
    client = aws.client("sagemaker")
    client.add_tags(ResourceArn=model, Tags=tags(**{f"t{at:02}": "v" for at in range(49)}))
    with pytest.raises(ClientError, match="at most 50 tags"):
        client.add_tags(ResourceArn=model, Tags=tags(more="v"))
    listed = client.list_tags(ResourceArn=model)
    assert [tag["Key"] for tag in listed["Tags"]] == sorted([f"t{at:02}" for at in range(49)] + ["team"])
    assert "NextToken" not in listed


def test_keys_of_aws_and_doubled_keys_are_refused(aws, model):
    client = aws.client("sagemaker")
    with pytest.raises(ClientError, match="begin with aws: are reserved"):
        client.add_tags(ResourceArn=model, Tags=[{"Key": "aws:x", "Value": ""}])
    with pytest.raises(ClientError, match="Duplicate tag keys"):
        client.add_tags(ResourceArn=model, Tags=tags(a="1") + tags(a="2"))
    assert client.list_tags(ResourceArn=model)["Tags"] == tags(team="vision")


def test_an_unknown_thing_gets_its_nouns_own_error(aws):
    client = aws.client("sagemaker")
    with pytest.raises(ClientError, match="Requested resource not found"):
        client.list_tags(ResourceArn=f"arn:aws:sagemaker:us-east-1:{aws.number}:training-job/nobody")
    with pytest.raises(ClientError, match="Could not find a resource with the ARN"):
        client.list_tags(ResourceArn=f"arn:aws:sagemaker:us-east-1:{aws.number}:spaceship/nobody")
