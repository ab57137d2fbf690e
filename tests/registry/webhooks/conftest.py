"""Receivers on this machine, which the settings allow, and people to tell. Rows are of the test's own transaction."""

import ipaddress

import pytest

from catalog.models import Connection
from tests.registry.webhooks.receiver import Receiver


@pytest.fixture
def local_allowed(settings):
    settings.WEBHOOK_ALLOW = [ipaddress.ip_network("127.0.0.0/8")]


@pytest.fixture
def receiver(local_allowed):
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def place(db) -> Connection:
    return Connection.objects.create(
        name="workbench", backend=Connection.EMBEDDED, account="999999999998", region="us-east-1"
    )


@pytest.fixture
def alice(db, django_user_model):
    return django_user_model.objects.create_user("alice", email="alice@example.org")


@pytest.fixture
def hook(alice, place, receiver):
    """A webhook of Alice's that hears of everything on ``place``."""
    from registry.webhooks import keeping

    made, _ = keeping.create(actor=alice, connection=place, name="chat", url=receiver.url, events=["*"])
    return made
