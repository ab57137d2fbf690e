"""CreateModel refuses what no model server could run."""

import pytest
from botocore.exceptions import ClientError

from tests.areas.endpoints.stage import Host, image, xgboost_archive


@pytest.fixture
def host(aws) -> Host:
    return Host(aws)


def refused(host, match: str, **request) -> None:
    with pytest.raises(ClientError, match=match) as caught:
        host.sagemaker.create_model(**{"ModelName": "m", "ExecutionRoleArn": host.role, **request})
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_model_is_described_as_sent(host):
    host.model("m", SOME="value")
    found = host.sagemaker.describe_model(ModelName="m")
    assert found["ModelArn"] == f"arn:aws:sagemaker:us-east-1:{host.aws.number}:model/m"
    assert found["PrimaryContainer"]["Environment"] == {"SOME": "value"}
    assert found["PrimaryContainer"]["Image"] == image()


def test_taken_name(host):
    host.model("m")
    refused(
        host, f'Cannot create already existing model "arn:aws:sagemaker:us-east-1:{host.aws.number}:model/m".',
        PrimaryContainer={"Image": image()},
    )  # fmt: skip


def test_unknown_image_names_those_that_exist(host):
    refused(
        host, "Requested image 1.dkr.ecr.us-east-1.amazonaws.com/nobodys:1 not found. .*sagemaker-xgboost",
        PrimaryContainer={"Image": "1.dkr.ecr.us-east-1.amazonaws.com/nobodys:1"},
    )  # fmt: skip


@pytest.mark.parametrize("uri", ["s3://models-{}/no/model.tar.gz", "s3://no-such-bucket-{}/model.tar.gz"])
def test_missing_data(host, uri):
    host.put("other", b"x")
    uri = uri.format(host.aws.number)
    refused(host, f"Could not find model data at {uri}.", PrimaryContainer={"Image": image(), "ModelDataUrl": uri})


def test_missing_prefix(host):
    host.put("some/file", b"x")
    uri = f"s3://models-{host.aws.number}/none/"
    source = {"S3DataSource": {"S3Uri": uri, "S3DataType": "S3Prefix", "CompressionType": "None"}}
    refused(host, "Could not find model data", PrimaryContainer={"Image": image(), "ModelDataSource": source})


def test_another_accounts_data(host, engine):
    from tests.stage import Account

    other = Host(Account(engine, "999999999999"))
    url = other.put("model.tar.gz", xgboost_archive())
    refused(host, "Could not find model data", PrimaryContainer={"Image": image(), "ModelDataUrl": url})


@pytest.mark.parametrize(
    ("request_", "match"),
    [
        ({}, "Exactly one of PrimaryContainer and Containers"),
        ({"PrimaryContainer": {"Image": image()}, "Containers": [{"Image": image()}]}, "Exactly one of"),
        ({"Containers": [{"Image": image()}, {"Image": image()}]}, "pipeline of several containers is not supported"),
        ({"PrimaryContainer": {"Image": image(), "Mode": "MultiModel"}}, "multi-model .* is not supported"),
        ({"PrimaryContainer": {"ModelPackageName": "p"}}, "ModelPackage .*:model-package/p does not exist"),
        ({"PrimaryContainer": {"Image": image()}, "EnableNetworkIsolation": True}, "EnableNetworkIsolation is not"),
        ({"PrimaryContainer": {"ContainerHostname": "h"}}, "needs an Image"),
    ],
)
def test_what_can_not_run(host, request_, match):
    refused(host, match, **request_)
