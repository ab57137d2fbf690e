"""From a model to a prediction, and what a client is told on the way."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.areas.endpoints.stage import booster

SCRIPT = """
import json
def model_fn(folder):
    return {"folder": folder}
def transform_fn(model, data, content_type, accept):
    return json.dumps({"data": data, "type": content_type, "accept": accept}), "application/json"
"""


def test_endpoint_of_a_trained_model_predicts(host):
    import numpy
    import xgboost

    host.model("m")
    host.config("c")
    host.sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
    first = host.describe("e")
    assert first["EndpointStatus"] == "Creating" and "ProductionVariants" not in first
    found = host.wait("e", "InService")
    variant = found["ProductionVariants"][0]
    assert variant["VariantName"] == "AllTraffic"
    assert variant["CurrentInstanceCount"] == variant["DesiredInstanceCount"] == 1
    assert variant["CurrentWeight"] == 1.0
    answer = host.invoke("e")
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    assert answer["ContentType"].startswith("text/csv")
    model = xgboost.Booster(model_file=bytearray(booster()))
    expected = model.inplace_predict(numpy.array([[0.9, 0.1, 0.2, 0.3]]))[0]
    assert float(answer["Body"]) == pytest.approx(float(expected), rel=1e-5)


def test_script_gets_headers_and_body(host):
    host.script("m", SCRIPT)
    host.config("c")
    host.deploy("e", "c")
    answer = host.invoke("e", '{"a": 1}', "application/json", Accept="application/json", CustomAttributes="trace=7")
    assert json.loads(answer["Body"]) == {"data": '{"a": 1}', "type": "application/json", "accept": "application/json"}


def test_invoking_what_is_not_there(host):
    with pytest.raises(ClientError) as caught:
        host.invoke("nothing")
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert caught.value.response["Error"]["Message"] == f"Endpoint nothing of account {host.aws.number} not found."
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_client_error_of_the_model(host):
    host.model("m")
    host.config("c")
    host.deploy("e", "c")
    with pytest.raises(ClientError) as caught:
        host.invoke("e", "not a number,1,2,3")
    answer = caught.value.response
    assert answer["Error"]["Code"] == "ModelError"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert 400 <= answer["OriginalStatusCode"] < 500
    assert answer["OriginalMessage"] in answer["Error"]["Message"]
    assert answer["Error"]["Message"].startswith(f"Received client error ({answer['OriginalStatusCode']}) from primary")
    assert "/aws/sagemaker/Endpoints/e" in answer["LogStreamArn"]


def test_unknown_variant(host):
    host.model("m")
    host.config("c")
    host.deploy("e", "c")
    with pytest.raises(ClientError, match="Variant nobody of endpoint e not found"):
        host.invoke("e", TargetVariant="nobody")
