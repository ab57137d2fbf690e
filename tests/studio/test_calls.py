"""What pages ask of the service, for real: the live engine answers, and its own words are shown."""

import re
import secrets

import pytest
from django.contrib.auth import get_user_model
from django.contrib.messages import get_messages
from django.test import Client, RequestFactory

from catalog.models import Record
from jobs.models import Run
from studio.models import Preference
from studio.pages import creating


@pytest.fixture
def person(aws):
    """Django's client, signed in, on the connection of a fresh account."""
    user = get_user_model().objects.create_superuser(f"dana-{secrets.token_hex(4)}")
    Preference.objects.create(user=user, tour_done=True)
    client = Client()
    client.force_login(user)
    client.get(f"/?connection={aws.connection.name}")
    client.user = user
    return client


@pytest.fixture
def model(aws) -> Record:
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
    aws.client("s3").put_object(Bucket=aws.bucket, Key="model.tar.gz", Body=b"x")
    aws.client("sagemaker").create_model(
        ModelName="walrus", ExecutionRoleArn=aws.role,
        PrimaryContainer={"Image": image, "ModelDataUrl": f"s3://{aws.bucket}/model.tar.gz"},
    )  # fmt: skip
    return Record.objects.get(connection=aws.connection, kind="Model", name="walrus")


def told(answer) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def test_tags_go_through_the_service(person, aws, model):
    person.post("/models/walrus/tags/", {"key": "team", "value": "risk"})
    tags = aws.client("sagemaker").list_tags(ResourceArn=model.arn)["Tags"]
    assert tags == [{"Key": "team", "Value": "risk"}]
    person.post("/models/walrus/tags/", {"remove": "team"})
    assert aws.client("sagemaker").list_tags(ResourceArn=model.arn)["Tags"] == []
    refused = person.post("/models/walrus/tags/", {"key": "aws:mine", "value": "x"})
    assert "ValidationException" in told(refused)


def test_an_action_is_one_call_and_a_refusal_is_shown(person, aws, model):
    config = {"VariantName": "all", "ModelName": "walrus", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    aws.client("sagemaker").create_endpoint_config(EndpointConfigName="walrus-config", ProductionVariants=[config])
    page = person.get("/models/walrus/dependents/").content.decode()
    assert "walrus-config" in page
    answer = person.post("/models/walrus/actions/DeleteModel/")
    assert answer["Location"] == "/models/"
    assert not Record.objects.filter(id=model.id).exists()
    aws.client("sagemaker").delete_endpoint_config(EndpointConfigName="walrus-config")
    assert person.post("/models/walrus/actions/DeleteModel/").status_code == 404


def test_a_connection_is_tested_by_calling_it(person, aws):
    page = person.post(f"/settings/connections/{aws.connection.name}/test/").content.decode()
    assert f"::{aws.number}:" in page
    assert "ListTrainingJobs" in page


def test_a_connection_that_nobody_answers_says_so(person, aws):
    name = f"away-{secrets.token_hex(4)}"
    form = {
        "name": name,
        "account": "111122223333",
        "region": "eu-west-1",
        "endpoint_url": "http://127.0.0.1:9",
        "colour": "amber",
    }
    assert person.post("/settings/connections/new/", form)["Location"] == "/settings/connections/"
    page = person.post(f"/settings/connections/{name}/test/").content.decode()
    assert "NoCredentialsError" in page or "Could not connect" in page
    assert "ListTrainingJobs" not in page
    person.post(f"/settings/connections/{name}/delete/")
    assert person.get(f"/settings/connections/{name}/").status_code == 404


def test_an_embedded_connection_is_not_forgotten(person, aws, model):
    assert "engine_reset" in told(person.post(f"/settings/connections/{aws.connection.name}/delete/"))
    assert Record.objects.filter(id=model.id).exists()


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"account": "12"}, "An account is 12 digits"),
        ({"region": "Paris"}, "A region looks like eu-west-1"),
        ({"role_arn": "admin"}, "A role looks like"),
        ({"name": "new"}, "choose another name"),
    ],
)
def test_a_connection_that_cannot_be_is_refused_beside_its_field(person, form, words):
    good = {"name": "good", "account": "111122223333", "region": "eu-west-1"}
    page = person.post("/settings/connections/new/", {**good, **form}).content.decode()
    assert words in page
    assert 'aria-invalid="true"' in page


def create(person, aws, request: str, htmx: bool = False):
    asked = RequestFactory().post("/", {"request": request})
    asked.connection, asked.connections, asked.user, asked.session, asked.htmx = (
        aws.connection,
        {},
        person.user,
        {},
        htmx,
    )
    return creating.create(asked, "EndpointConfig")


GOOD = (
    '{"EndpointConfigName": "seal", "ProductionVariants": [{"VariantName": "all", "ModelName": "walrus", '
    '"InitialInstanceCount": 1}]}'
)


def test_a_created_thing_becomes_a_run(person, aws):
    answer = create(person, aws, GOOD)
    assert answer["Location"] == "/endpoint-configs/seal/"
    run = Run.objects.get(connection=aws.connection, kind="EndpointConfig", name="seal")
    assert run.plan[0]["call"] == "CreateEndpointConfig"
    assert run.plan[0]["request"]["ProductionVariants"][0]["InitialInstanceCount"] == 1


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ('{"a": ', "This is not JSON: line 1"),
        ("[]", "A request is a JSON object"),
        ("", "is required"),
        ("{}", "EndpointConfigName is missing"),
        (GOOD.replace("ProductionVariants", "Variants"), "ProductionVariants"),
        (GOOD.replace("1}", '"one"}'), "InitialInstanceCount"),
    ],
)
def test_a_request_that_cannot_be_sent_is_refused_and_kept(person, aws, request_, words):
    from django.utils.html import escape

    answer = create(person, aws, request_)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert escape(request_) in page
    assert not Run.objects.filter(connection=aws.connection).exists()


def test_typing_shows_the_request_and_makes_nothing(person, aws):
    page = create(person, aws, GOOD, htmx=True).content.decode()
    page = re.sub(r"</?i[^>]*>", "", page)
    assert "create_endpoint_config" in page
    assert "aws sagemaker create-endpoint-config" in page
    assert not Run.objects.filter(connection=aws.connection).exists()
