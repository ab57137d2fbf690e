"""People on a connection: ``people.ada`` administers it, ``people.root`` administers all, ``people.vera`` views."""

import ipaddress
from types import SimpleNamespace

import pytest
from django.test import Client

from catalog.models import Connection, Grant, Role
from catalog.roles import make_builtin
from tests.registry.webhooks.receiver import Receiver


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_ALLOW = [ipaddress.ip_network("127.0.0.0/8")]
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def place(db) -> Connection:
    return Connection.objects.create(name="workbench", backend="embedded", account="999999999994", region="us-east-1")


@pytest.fixture
def people(place, django_user_model):
    from studio.models import Preference
    from studio.rest import tokens

    make_builtin()
    made = SimpleNamespace()
    for name, role, where in (
        ("ada", "Admin", place), ("root", "Admin", None), ("vera", "Viewer", place), ("alice", "Data scientist", place),
    ):  # fmt: skip
        user = django_user_model.objects.create_user(name)
        Preference.objects.create(user=user, tour_done=True)
        Grant.objects.create(role=Role.objects.get(name=role), user=user, connection=where)
        browser = Client()
        browser.force_login(user)
        rest = Client(headers={"Authorization": f"Bearer {tokens.create(user=user, name='test')[0]}"})
        setattr(made, name, SimpleNamespace(user=user, browser=browser, rest=rest))
    return made
