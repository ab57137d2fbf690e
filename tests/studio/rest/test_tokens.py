"""Tokens: hashed, expiring, revocable, read-only if wanted; and nobody gets in without one."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver
from django.utils import timezone

from studio.rest import tokens
from studio.rest.api import urls
from tests.studio.rest.conftest import Caller


def routes() -> list[str]:
    """Every address of the API but the two that anybody may read, with something in place of names and numbers."""
    patterns, _, _ = urls()
    found = []
    for pattern in patterns:
        assert isinstance(pattern, URLPattern | URLResolver)
        route = re.sub(r"<int:\w+>|<\w*(?:_id|number)>", "1", str(pattern.pattern))
        found.append(re.sub(r"<(?:\w+:)?\w+>", "x", route))
    return [route for route in found if route not in ("openapi.json", "docs", "")]


def test_every_route_has_an_address_to_try():
    assert not [route for route in routes() if "<" in route]
    assert {"datasets/upload/", "training-jobs/x/logs/", "endpoints/x/invocations"} <= set(routes())


@pytest.mark.parametrize("route", routes())
def test_no_route_answers_a_stranger(aws, route):
    for headers in ({}, {"Authorization": "Bearer atl_made-up"}, {"Authorization": "Basic YTpi"}):
        for method in ("get", "post", "put", "delete"):
            response = getattr(Client(), method)(f"/api/v1/{route}", headers=headers)
            assert response.status_code in (401, 405), (method, route, response.status_code)


@pytest.mark.parametrize("route", routes())
def test_a_read_only_token_only_reads(aws, user, route):
    text, _ = tokens.create(user=user, name="reader", writes=False)
    headers = {"Authorization": f"Bearer {text}", "Atelier-Connection": aws.connection.name}
    for method in ("post", "put", "delete"):
        response = getattr(Client(), method)(f"/api/v1/{route}", headers=headers)
        if response.status_code != 405:
            assert (response.status_code, response.json()["code"]) == (403, "ReadOnlyToken"), (method, route)


def test_the_token_itself_is_not_kept(user):
    text, row = tokens.create(user=user, name="x")
    assert text not in str(vars(row))
    assert text.startswith(row.prefix)


def test_revoked_expired_and_left_users_tokens_are_refused(aws, user):
    text, row = tokens.create(user=user, name="x")
    caller = Caller(text, aws.connection.name)
    assert caller.get("/me/")[0] == 200
    tokens.revoke(row)
    status, problem = caller.get("/me/")
    assert (status, problem["status"]) == (401, 401)
    old, _ = tokens.create(user=user, name="old", expires=timezone.now() - timedelta(seconds=1))
    assert Caller(old, "").get("/me/")[0] == 401
    other, _ = tokens.create(user=user, name="other")
    user.is_active = False
    user.save()
    assert Caller(other, "").get("/me/")[0] == 401


def test_a_read_only_token_changes_nothing(aws, user):
    text, _ = tokens.create(user=user, name="reader", writes=False)
    caller = Caller(text, aws.connection.name)
    assert caller.get("/training-jobs/")[0] == 200
    status, problem = caller.post("/training-jobs/", {"TrainingJobName": "x"})
    assert (status, problem["code"]) == (403, "ReadOnlyToken")


def test_a_session_needs_its_csrf_token(user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.get("/api/v1/me/").status_code == 200
    response = client.post("/api/v1/training-jobs/", data="{}", content_type="application/json")
    assert response.status_code in (401, 403)


def test_the_connection_of_a_request_is_not_remembered(aws, user):
    client = Client()
    client.force_login(user)
    assert client.get(f"/api/v1/training-jobs/?connection={aws.connection.name}").status_code == 200
    assert "connection" not in client.session
