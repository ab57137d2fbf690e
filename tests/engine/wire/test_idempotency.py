"""A request that is made twice happens once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from areas.models.resource import MODEL
from engine import operations, store

IMAGE = {"ImageName": "image", "BaseImage": "python"}


@pytest.fixture
def versions(monkeypatch):
    """An operation with a client token that counts how often it is carried out."""
    made = []

    def create(context, request):
        made.append(request)
        return {
            "ImageVersionArn": f"arn:aws:sagemaker:{context.region}:{context.account}:image-version/image/{len(made)}"
        }

    monkeypatch.setitem(operations._HANDLERS, ("sagemaker", "CreateImageVersion"), create)
    return made


def test_the_same_token_gets_the_same_answer(aws, versions):
    client = aws.client("sagemaker")
    first = client.create_image_version(**IMAGE, ClientToken="t1")["ImageVersionArn"]
    assert client.create_image_version(**IMAGE, ClientToken="t1")["ImageVersionArn"] == first
    assert client.create_image_version(**IMAGE, ClientToken="t2")["ImageVersionArn"] != first
    assert len(versions) == 2


def test_the_same_token_at_the_same_moment(aws, versions):
    client = aws.client("sagemaker")
    with ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(client.create_image_version, **IMAGE, ClientToken="t1") for _ in range(8)]
    assert len({answer.result()["ImageVersionArn"] for answer in answers}) == 1
    assert len(versions) == 1


def test_a_token_serves_one_request_only(aws, versions):
    client = aws.client("sagemaker")
    client.create_image_version(**IMAGE, ClientToken="t1")
    with pytest.raises(client.exceptions.ConflictException):
        client.create_image_version(**{**IMAGE, "BaseImage": "another"}, ClientToken="t1")
    assert len(versions) == 1


def test_a_token_of_a_call_that_failed_is_free(aws, versions, monkeypatch):
    client = aws.client("sagemaker")
    works = operations._HANDLERS["sagemaker", "CreateImageVersion"]

    def crash(context, request):
        raise ZeroDivisionError("of the test's own")

    monkeypatch.setitem(operations._HANDLERS, ("sagemaker", "CreateImageVersion"), crash)
    with pytest.raises(ClientError, match="InternalFailure"):
        client.create_image_version(**IMAGE, ClientToken="t1")
    monkeypatch.setitem(operations._HANDLERS, ("sagemaker", "CreateImageVersion"), works)
    assert client.create_image_version(**IMAGE, ClientToken="t1")["ImageVersionArn"].endswith("/1")


def test_a_create_that_fails_after_it_stored_leaves_nothing_so_that_a_retry_works(aws, monkeypatch):
    tries = []

    def create(context, request):
        record = store.create(context, MODEL, request["ModelName"], {})
        tries.append(record.id)
        if len(tries) == 1:
            raise ZeroDivisionError("of the test's own")
        return {"ModelArn": record.arn}

    monkeypatch.setitem(operations._HANDLERS, ("sagemaker", "CreateModel"), create)
    client = aws.client("sagemaker")  # retries a 500 by itself
    assert client.create_model(ModelName="m")["ModelArn"].endswith(":model/m")
    assert len(tries) == 2
    assert [model["ModelName"] for model in client.list_models()["Models"]] == ["m"]
