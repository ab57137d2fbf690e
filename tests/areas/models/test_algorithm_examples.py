"""An endpoint's playground and the transform form begin with what the model's algorithm reads and answers."""

import pytest

from areas.endpoints.playground import playground_context
from areas.endpoints.view import EndpointView
from areas.images import images
from areas.transform.forms import TransformJobForm
from tests.areas.endpoints.stage import Host


@pytest.fixture
def endpoint(aws, no_runner):
    """``endpoint(repository, **environment)`` is one of a model of that image, and the model's name; nothing runs in it."""
    host = Host(aws)
    data = host.put("model.tar.gz", b"nothing")

    def make(repository: str, **environment) -> EndpointView:
        container = {"Image": images()[repository].uri(), "ModelDataUrl": data, "Environment": environment}
        host.sagemaker.create_model(ModelName=repository, ExecutionRoleArn=host.role, PrimaryContainer=container)
        variant = {
            "VariantName": "all",
            "ModelName": repository,
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
        }
        host.sagemaker.create_endpoint_config(EndpointConfigName=repository, ProductionVariants=[variant])
        host.sagemaker.create_endpoint(EndpointName=repository, EndpointConfigName=repository)
        return EndpointView(aws.connection, repository)

    return make


def test_a_built_ins_playground_holds_its_own_example(endpoint):
    play = playground_context(endpoint("lda"))
    assert (play["mode"], play["content_type"], play["accept"]) == ("raw", "application/json", "application/json")
    assert play["example"] == '{"instances": [{"features": [0, 3, 1, 0]}]}'
    assert "LDA" in play["told"]


def test_jumpstarts_models_are_known_by_their_script(endpoint):
    source = "s3://jumpstart-cache-prod-us-east-1/source-directory-tarballs/lightgbm/inference/regression/v2.0.0/sourcedir.tar.gz"
    given = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": source}
    view = endpoint("sagemaker-scikit-learn", **given)
    assert view.algorithm.title == "LightGBM Regression"
    assert playground_context(view)["content_type"] == "text/csv"


def test_nobody_knows_what_a_script_of_ones_own_reads(endpoint):
    view = endpoint("sagemaker-xgboost", SAGEMAKER_PROGRAM="inference.py")
    assert view.algorithm is None
    assert "example" not in playground_context(view)


@pytest.mark.parametrize(
    ("repository", "content_type", "accept", "split"),
    [("sagemaker-xgboost", "text/csv", "text/csv", "Line"), ("lda", "application/json", "application/json", "None")],
)
def test_the_transform_form_begins_with_what_the_algorithm_reads(
    aws, endpoint, repository, content_type, accept, split
):
    endpoint(repository)
    form = TransformJobForm(connection=aws.connection, initial={"model": repository})
    assert (form.value("content_type"), form.value("accept")) == (content_type, accept)
    assert (form.value("split"), form.value("assemble")) == (split, split)
    assert content_type in form.types
    cloned = TransformJobForm(
        connection=aws.connection, initial={"model": repository, "content_type": "text/csv", "split": "Line"}
    )
    assert (cloned.value("content_type"), cloned.value("split")) == ("text/csv", "Line")
