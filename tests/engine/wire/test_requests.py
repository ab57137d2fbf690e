"""What is no request gets its sentence, and the server lives on."""

import httpx
import pytest
from botocore.exceptions import ClientError
from django.db import OperationalError

from engine import operations


def refused(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["__type"]


def test_an_unknown_target(raw):
    assert refused(raw.call("SageMaker.MakeCoffee")) == (400, "UnknownOperationException")
    assert refused(raw.call("Barista.MakeCoffee")) == (400, "UnknownOperationException")
    assert refused(raw.send(raw.signed(b"{}"))) == (400, "UnknownOperationException")


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"\xff", b'{"MaxResults": "ten"}', b'{"NameContains": {}}'])
def test_a_body_that_cannot_be_read(raw, body):
    assert refused(raw.call("SageMaker.ListModels", body)) == (400, "SerializationException")


def test_a_body_nested_beyond_reason(raw):
    deep = b'{"Resource": "Model", "SearchExpression": ' + b'{"SubExpressions": [' * 400 + b"]}" * 400 + b"}"
    assert refused(raw.call("SageMaker.Search", deep)) == (400, "SerializationException")


def test_an_operation_that_is_not_built(aws):
    with pytest.raises(ClientError) as raised:
        aws.client("sagemaker").create_hub(HubName="h", HubDescription="d")
    assert raised.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": "CreateHub is not supported by the embedded engine yet.",
    }


@pytest.mark.parametrize(
    ("service", "operation", "request_"),
    [
        (
            "sagemaker-featurestore-runtime",
            "get_record",
            {"FeatureGroupName": "g", "RecordIdentifierValueAsString": "1"},
        ),
        ("sagemaker-a2i-runtime", "describe_human_loop", {"HumanLoopName": "h"}),
        ("sagemaker-edge", "get_device_registration", {"DeviceName": "d", "DeviceFleetName": "f"}),
        ("application-autoscaling", "describe_scalable_targets", {"ServiceNamespace": "sagemaker"}),
    ],
)
def test_services_that_are_not_built(aws, service, operation, request_):
    with pytest.raises(ClientError, match="is not supported by the embedded engine yet") as raised:
        getattr(aws.client(service), operation)(**request_)
    assert raised.value.response["Error"]["Code"] == "ValidationException"


def test_a_runtimes_request_is_validated_in_its_own_words(aws):
    with pytest.raises(ClientError) as raised:
        aws.client("sagemaker-featurestore-runtime").get_record(
            FeatureGroupName="not a name", RecordIdentifierValueAsString="1"
        )
    assert raised.value.response["Error"]["Code"] == "ValidationError"
    assert "at 'featureGroupName' failed to satisfy constraint" in raised.value.response["Error"]["Message"]


def test_a_body_beyond_the_limit(raw):
    assert refused(raw.call("SageMaker.ListModels", b" " * (16 * 1024 * 1024 + 1))) == (
        413,
        "RequestEntityTooLargeException",
    )


def test_a_crash_is_an_internal_failure_with_the_request_id(raw, monkeypatch, caplog):
    def crash(context, request):
        raise ZeroDivisionError("of the test's own")

    monkeypatch.setitem(operations._HANDLERS, ("sagemaker", "ListModels"), crash)
    answer = raw.call("SageMaker.ListModels")
    assert refused(answer) == (500, "InternalFailure")
    assert answer.headers["x-amzn-requestid"] in answer.json()["message"]
    assert "ZeroDivisionError: of the test's own" in caplog.text
    monkeypatch.undo()
    assert raw.call("SageMaker.ListModels").status_code == 200


def test_health_needs_no_key(engine):
    answer = httpx.get(f"{engine.url}/_health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_the_reply_names_the_request(aws):
    answer = aws.client("sagemaker").list_models()
    assert len(answer["ResponseMetadata"]["RequestId"]) == 36
    assert answer["ResponseMetadata"]["HTTPHeaders"]["content-type"] == "application/x-amz-json-1.1"


def test_the_old_name_of_the_runtime_works(aws):
    with pytest.raises(ClientError) as raised:
        aws.client("runtime.sagemaker").invoke_endpoint(EndpointName="nobody", Body=b"1,2")
    assert raised.value.response["Error"]["Code"] == "ValidationError"
    assert raised.value.response["Error"]["Message"] == f"Endpoint nobody of account {aws.number} not found."


def test_without_its_database_the_engine_asks_to_come_back(raw, monkeypatch):
    def lose(context, request):
        raise OperationalError("the server closed the connection")

    monkeypatch.setitem(operations._HANDLERS, ("sagemaker", "ListModels"), lose)
    assert refused(raw.call("SageMaker.ListModels")) == (503, "ServiceUnavailable")
