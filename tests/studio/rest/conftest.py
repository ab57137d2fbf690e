"""Alice has a token, and is a data scientist; Mallory is one on another connection."""

import json
import secrets

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from catalog.models import Grant, Role
from catalog.roles import SCIENTIST, make_builtin
from tests.stage import Account


class Caller:
    """Calls the API with a bearer token; ``caller.get("/me/")`` answers (status, body)."""

    def __init__(self, token: str, connection: str):
        self.client, self.token, self.connection = Client(), token, connection

    def ask(self, method: str, path: str, body=None, **headers):
        """The response itself."""
        headers = {"Authorization": f"Bearer {self.token}", "Atelier-Connection": self.connection} | headers
        data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return getattr(self.client, method)(f"/api/v1{path}", headers=headers, **data)

    def call(self, method: str, path: str, body=None, **headers):
        response = self.ask(method, path, body, **headers)
        return response.status_code, json.loads(response.content) if response.content else None

    def get(self, path):
        return self.call("get", path)

    def post(self, path, body=None):
        return self.call("post", path, body)

    def delete(self, path):
        return self.call("delete", path)

    def send(self, method: str, path: str, body: bytes = b"", content_type: str = "text/csv", **environ):
        """A raw body; the response itself."""
        headers = {"Authorization": f"Bearer {self.token}", "Atelier-Connection": self.connection}
        call = getattr(self.client, method)
        return call(f"/api/v1{path}", data=body, content_type=content_type, headers=headers, **environ)


@pytest.fixture
def user(aws):
    """A person of the test's own; rows stay, like the engine's."""
    return _scientist("alice", aws.connection)


def _scientist(name: str, connection):
    make_builtin()
    person = get_user_model().objects.create_user(f"{name}-{secrets.token_hex(4)}")
    Grant.objects.create(role=Role.objects.get(name=SCIENTIST), user=person, connection_id=connection.id)
    return person


@pytest.fixture
def alice(aws, user):
    from studio.rest import tokens

    return Caller(tokens.create(user=user, name="test")[0], aws.connection.name)


@pytest.fixture
def mallory(engine, aws):
    """Somebody with a token, asking about another account's connection."""
    from studio.rest import tokens

    other = Account(engine, str(500_000_000_000 + secrets.randbelow(10**11)))
    person = _scientist("mallory", other.connection)
    return Caller(tokens.create(user=person, name="test")[0], other.connection.name)
