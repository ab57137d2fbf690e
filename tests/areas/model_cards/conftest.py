"""Somebody who looks at cards in a browser and by REST, on an account of their own."""

import json
import secrets

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from catalog.models import Connection, Grant, Role
from catalog.roles import make_builtin
from tests.areas.model_cards.content import CONTENT


class Desk:
    """A client signed in on the account's connection; ``with_role`` is the same for somebody who may do less."""

    def __init__(self, aws, person):
        self.aws, self.connection, self.person = aws, aws.connection, person
        self.client = Client()
        self.client.force_login(person)
        name = f"desk-{aws.number}"
        Connection.objects.filter(pk=self.connection.pk).update(name=name)
        session = self.client.session
        session["connection"] = name
        session.save()

    def get(self, path: str, status: int = 200) -> str:
        response = self.client.get(path)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        assert response.status_code == status, (path, response.status_code, body[-3000:])
        return body.decode("utf-8", "replace")

    def post(self, path: str, data: dict, status: int = 302) -> str:
        response = self.client.post(path, data)
        assert response.status_code == status, (path, response.status_code, response.content[-3000:].decode())
        return response.content.decode()

    def rest(self, method: str, path: str, status: int, body: dict | None = None):
        response = self.client.generic(
            method, f"/api/v1{path}", json.dumps(body) if body is not None else "", content_type="application/json",
            headers={"Atelier-Connection": f"desk-{self.aws.number}"},
        )  # fmt: skip
        assert response.status_code == status, (path, response.status_code, response.content[-2000:])
        return response if response.streaming else response.json()

    def with_role(self, role: str | None) -> "Desk":
        person = get_user_model().objects.create_user(f"person-{secrets.token_hex(4)}")
        if role:
            make_builtin()
            Grant.objects.create(role=Role.objects.get(name=role), user=person, connection=self.connection)
        return Desk(self.aws, person)


@pytest.fixture
def desk(aws) -> Desk:
    """An administrator's."""
    return Desk(aws, get_user_model().objects.create_superuser(f"ana-{aws.number}"))


@pytest.fixture
def card(desk) -> str:
    """The name of a card that says everything, with a second version that says a little less."""
    sagemaker = desk.aws.client("sagemaker")
    sagemaker.create_model_card(ModelCardName="churn", Content=json.dumps(CONTENT), ModelCardStatus="Draft")
    newer = {**CONTENT, "intended_uses": {**CONTENT["intended_uses"], "risk_rating": "High"}}
    del newer["business_details"]
    sagemaker.update_model_card(ModelCardName="churn", Content=json.dumps(newer))
    return "churn"
