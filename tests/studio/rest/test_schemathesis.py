"""Requests by the hundred, made up from the API's description, against the live Studio: nothing breaks, and every answer is one
that the description has."""

import json

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

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
        yield {"Authorization": f"Bearer {text}", "Atelier-Connection": aws.connection.name}
        user.delete()


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
        except Exception as error:
            faults.append(f"{operation.label}: {_words(error)}")
    assert not faults, f"{len(faults)} operations\n" + "\n".join(faults)


def _try(operation, headers: dict, examples: int) -> None:
    @settings(
        max_examples=examples, derandomize=True, database=None, deadline=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def call(case):
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
    walk(studio, examples=3)


@pytest.mark.slow
def test_many_requests_to_every_operation(studio):
    walk(studio, examples=60)
