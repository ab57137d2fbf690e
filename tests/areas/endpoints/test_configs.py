"""CreateEndpointConfig refuses what no fleet could be made from."""

import pytest
from botocore.exceptions import ClientError

from tests.areas.endpoints.stage import Host


@pytest.fixture
def host(aws) -> Host:
    host = Host(aws)
    host.model("m")
    return host


def refused(host, match: str, *variants: dict, **more) -> None:
    with pytest.raises(ClientError, match=match) as caught:
        host.config("c", *variants, **more)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_config_is_described_with_its_defaults(host):
    host.config("c", {"InitialInstanceCount": 2})
    found = host.sagemaker.describe_endpoint_config(EndpointConfigName="c")
    assert found["ProductionVariants"][0]["InitialVariantWeight"] == 1.0
    assert found["ProductionVariants"][0]["InitialInstanceCount"] == 2


def test_unknown_model(host):
    refused(host, f'Could not find model "arn:aws:sagemaker:us-east-1:{host.aws.number}:model/x".', {"ModelName": "x"})


def test_taken_name(host):
    host.config("c")
    refused(host, f'Cannot create already existing endpoint configuration "arn:.*:{host.aws.number}:endpoint-config/c"')


def test_variant_names_differ(host):
    refused(host, "AllTraffic is there more than once", {}, {})


@pytest.mark.parametrize(
    ("variant", "more", "match"),
    [
        ({"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}}, {}, "Serverless inference .* not supported"),
        ({"AcceleratorType": "ml.eia1.medium"}, {}, "Elastic Inference .* not supported"),
        ({}, {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/o"}}}, "Asynchronous inference .* not"),
        (
            {},
            {"DataCaptureConfig": {"EnableCapture": True, "InitialSamplingPercentage": 100, "DestinationS3Uri": "s3://b/c",
                                   "CaptureOptions": [{"CaptureMode": "Input"}]}},
            "Data capture .* not supported",
        ),
    ],
)  # fmt: skip
def test_what_is_not_built(host, variant, more, match):
    refused(host, match, variant, **more)


def test_missing_instance_type(host):
    with pytest.raises(ClientError, match="InstanceType is required for production variant v"):
        host.sagemaker.create_endpoint_config(
            EndpointConfigName="c",
            ProductionVariants=[{"VariantName": "v", "ModelName": "m", "InitialInstanceCount": 1}],
        )
