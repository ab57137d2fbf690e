"""Alice has a token; nobody else is signed in."""

import json
import secrets

import pytest
from django.contrib.auth import get_user_model
from django.test import Client


class Caller:
    """Calls the API with a bearer token; ``caller.get("/me/")`` answers (status, body)."""

    def __init__(self, token: str, connection: str):
        self.client, self.token, self.connection = Client(), token, connection

    def call(self, method: str, path: str, body=None, **headers):
        headers = {"Authorization": f"Bearer {self.token}", "Atelier-Connection": self.connection} | headers
        data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        response = getattr(self.client, method)(f"/api/v1{path}", headers=headers, **data)
        return response.status_code, json.loads(response.content) if response.content else None

    def get(self, path):
        return self.call("get", path)

    def post(self, path, body=None):
        return self.call("post", path, body)


@pytest.fixture
def user(aws):
    """A person of the test's own; rows stay, like the engine's."""
    return get_user_model().objects.create_user(f"alice-{secrets.token_hex(4)}")


@pytest.fixture
def alice(aws, user):
    from studio.rest import tokens

    return Caller(tokens.create(user=user, name="test")[0], aws.connection.name)
