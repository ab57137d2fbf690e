"""Requests by the hundred, made up from the API's description, against the live Studio: nothing breaks, and every answer is one
that the description has."""

import itertools
import json

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from areas.datasets.models import Dataset, DatasetVersion
from catalog.models import Record
from studio.rest.examples import CREATE

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
AWAY = 503  # what the tests have not started: documented, and no break of the Studio's own
AMONG = "schemathesis"


@pytest.fixture(scope="module")
def studio(engine, django_db_blocker):
    """The application with the engine behind it, somebody who may do everything, and one thing of each kind to hit."""
    from django.contrib.auth import get_user_model

    from studio.rest import tokens
    from tests.stage import Account

    with django_db_blocker.unblock():
        aws = Account(engine, "424242424242")
        user = get_user_model().objects.create_superuser(AMONG, password=None)
        text, _ = tokens.create(user=user, name=AMONG)
        _furnish(aws)
        yield {"Authorization": f"Bearer {text}", "Atelier-Connection": aws.connection.name}
        user.delete()


KNOWN = {"model-packages": "known/1"}  # by the word in the address; everything else that is there is called "known"


def _furnish(aws) -> None:
    """One thing of each noun, so that half of the requests are about what is there."""
    sagemaker, source = aws.client("sagemaker"), {"SourceUri": "https://example.org/"}
    image = CREATE["Model"]["PrimaryContainer"]["Image"]
    sagemaker.create_model(ModelName="known", ExecutionRoleArn=aws.role, PrimaryContainer={"Image": image})
    variant = {"VariantName": "a", "ModelName": "known", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName="known", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="known", EndpointConfigName="known")
    sagemaker.create_model_package_group(ModelPackageGroupName="known")
    serving = {
        "Containers": [{"Image": image}],
        "SupportedContentTypes": ["a/b"],
        "SupportedResponseMIMETypes": ["a/b"],
    }
    sagemaker.create_model_package(
        ModelPackageGroupName="known", InferenceSpecification=serving, ModelApprovalStatus="PendingManualApproval"
    )
    sagemaker.create_model_card(**{**CREATE["ModelCard"], "ModelCardName": "known"})
    sagemaker.create_action(ActionName="known", ActionType="a", Source=source)
    sagemaker.create_context(ContextName="known", ContextType="a", Source=source)
    sagemaker.create_trial_component(TrialComponentName="known")
    Record.objects.create(
        connection_id=aws.connection.id, kind="TrainingJob", name="known", arn=f"arn:aws:sagemaker:us-east-1:{aws.number}:"
        "training-job/known", status="Completed", created=timezone.now(), modified=timezone.now(),
        document={"TrainingJobName": "known", "TrainingJobStatus": "Completed"},
    )  # fmt: skip
    dataset = Dataset.objects.create(connection_id=aws.connection.id, name="known")
    DatasetVersion.objects.create(dataset=dataset, number=1, state="Ready", rows=1, bytes=1, location="s3://none/x/")


def _aim(case, number: int) -> None:
    """Let every other request be about something that is there, if it doesn't delete it."""
    if number % 2 or case.operation.method.upper() == "DELETE":
        return
    word = case.operation.path.split("/")[3]
    for name in case.path_parameters or {}:
        if name == "name":
            case.path_parameters[name] = KNOWN.get(word, "known")
        elif name == "number" and word not in ("tokens", "users"):
            case.path_parameters[name] = 1


schemathesis.serializer.alias("application/gzip", "application/octet-stream")


def described() -> dict:
    return json.loads(Client().get("/api/v1/openapi.json").content)


def walk(headers: dict, *, examples: int) -> None:
    """Every operation, with ``examples`` made-up requests each; what is wrong is told for all of them."""
    api = schemathesis.openapi.from_dict(described())
    api.app = get_wsgi_application()
    faults = []
    for found in api.get_all_operations():
        operation = found.ok()
        try:
            _try(operation, headers, examples)
        except (Exception, FailureGroup) as error:
            faults.append(f"{operation.label}: {_words(error)}")
    assert not faults, f"{len(faults)} operations\n" + "\n".join(faults)


def _try(operation, headers: dict, examples: int) -> None:
    asked = itertools.count()

    @settings(
        max_examples=examples, derandomize=True, database=None, deadline=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def call(case):
        _aim(case, next(asked))
        case.headers = {**(case.headers or {}), **headers}
        for name in ("If-Match", "If-None-Match", "Idempotency-Key"):
            case.headers.pop(name, None)
        answer = case.call()
        checks = [check for check in CHECKS if (answer.status_code, check) != (AWAY, not_a_server_error)]
        case.validate_response(answer, checks=checks)

    call()


def _words(error: Exception) -> str:
    words = str(error)
    for one in getattr(error, "exceptions", ()):
        words += f"\n  {one}"
    return words[:1500]


def test_a_few_requests_to_every_operation(studio):
    walk(studio, examples=2)


@pytest.mark.slow
def test_many_requests_to_every_operation(studio):
    walk(studio, examples=6)
