"""SageMakerPublicHub: what SDK v3 asks of JumpStart's ids, read-only, and the only hub that there is."""

import json

import pytest
from botocore.exceptions import ClientError
from sagemaker.core.jumpstart.hub.interfaces import DescribeHubContentResponse
from sagemaker.core.jumpstart.hub.parsers import make_model_specs_from_describe_hub_content_response
from sagemaker.core.jumpstart.models import HubContentDocument

from areas.algorithms.jumpstart import hub
from areas.algorithms.jumpstart.models import MODELS

HUB = "SageMakerPublicHub"
ARN = f"arn:aws:sagemaker:us-east-1:aws:hub/{HUB}"
MODEL = {"HubName": HUB, "HubContentType": "Model", "HubContentName": "catboost-regression-model"}


@pytest.fixture
def sagemaker(aws):
    return aws.client("sagemaker")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_both_readers_of_the_sdk_read_every_document(model):
    told = hub.content(model, "2.0.0", "eu-central-1")
    document = HubContentDocument(**json.loads(told["HubContentDocument"]))
    assert document.TrainingScriptUri.startswith("s3://jumpstart-cache-prod-eu-central-1/source-directory-tarballs/")
    image = document.TrainingInstanceTypeVariants.Variants["m5"].Properties.ImageUri
    assert image == document.TrainingEcrUri
    assert ".eu-central-1." in image
    assert {one.Name for one in document.Hyperparameters} >= {one.name for one in model.parameters}
    specs = make_model_specs_from_describe_hub_content_response(DescribeHubContentResponse(told))
    assert specs.training_script_key == model.key("training", "2.0.0")


def test_describes_contents_by_name_and_arn(sagemaker):
    newest = sagemaker.describe_hub_content(**MODEL)
    assert newest["HubContentVersion"] == "2.0.0"
    assert newest["HubContentArn"] == (
        f"arn:aws:sagemaker:us-east-1:aws:hub-content/{HUB}/Model/catboost-regression-model/2.0.0"
    )
    first = sagemaker.describe_hub_content(**{**MODEL, "HubName": ARN}, HubContentVersion="1.0.0")
    assert "/v1.0.0/" in json.loads(first["HubContentDocument"])["TrainingScriptUri"]
    described = sagemaker.describe_hub(HubName=HUB)
    assert (described["HubStatus"], described["HubArn"]) == ("InService", ARN)


def test_lists_pages_and_versions(sagemaker):
    names = {model.id for model in MODELS}
    found, token = [], {}
    while token is not None:
        page = sagemaker.list_hub_contents(HubName=HUB, HubContentType="Model", MaxResults=3, **token)
        found += [one["HubContentName"] for one in page["HubContentSummaries"]]
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else None
    assert sorted(found) == sorted(names)
    some = sagemaker.list_hub_contents(
        HubName=HUB, HubContentType="Model", NameContains="LightGBM", SortBy="HubContentName", SortOrder="Descending"
    )["HubContentSummaries"]
    assert [one["HubContentName"] for one in some] == ["lightgbm-regression-model", "lightgbm-classification-model"]
    assert not sagemaker.list_hub_contents(HubName=HUB, HubContentType="Notebook")["HubContentSummaries"]
    versions = sagemaker.list_hub_content_versions(**MODEL, MinVersion="1.5.0")["HubContentSummaries"]
    assert [one["HubContentVersion"] for one in versions] == ["2.0.0"]


@pytest.mark.parametrize(
    ("operation", "request_", "code", "words"),
    [
        ("describe_hub", {"HubName": "mine"}, "ResourceNotFound", "Hub mine does not exist"),
        ("list_hub_contents", {"HubName": ARN.replace(":aws:hub", ":111122223333:hub"), "HubContentType": "Model"},
         "ResourceNotFound", "does not exist"),
        ("describe_hub_content", {**MODEL, "HubContentName": "meta-llama"}, "ResourceNotFound", "has no Model meta-llama"),
        ("describe_hub_content", {**MODEL, "HubContentVersion": "9.0.0"}, "ResourceNotFound", "1.0.0, 2.0.0"),
        ("describe_hub_content", {**MODEL, "HubContentType": "ModelReference"}, "ResourceNotFound", "no ModelReference"),
        ("create_hub", {"HubName": "mine", "HubDescription": "mine"}, "ValidationException", "CreateHub is not supported"),
        ("delete_hub_content", {**MODEL, "HubContentVersion": "2.0.0"}, "ValidationException", "is not supported"),
        ("list_hubs", {}, "ValidationException", "ListHubs is not supported"),
    ],
)  # fmt: skip
def test_refuses_everything_else(sagemaker, operation, request_, code, words):
    with pytest.raises(ClientError) as refused:
        getattr(sagemaker, operation)(**request_)
    assert refused.value.response["Error"]["Code"] == code
    assert words in refused.value.response["Error"]["Message"]
