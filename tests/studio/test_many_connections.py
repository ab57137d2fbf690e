"""More connections than the menu shows: the chosen one and the default one are among them all the same."""

import pytest

from catalog.models import Connection
from studio.middleware import SHOWN


@pytest.fixture
def many(connection):
    rows = [
        Connection(name=f"c-{n:03}", backend=Connection.AWS, account=f"{n:012}", region="us-east-1") for n in range(150)
    ]
    Connection.objects.bulk_create(rows)  # the default one, "workbench", is the last by name


@pytest.mark.parametrize("name", ["c-000", "c-149"])
def test_the_chosen_connection_is_used(browser, many, name):
    assert browser.get("/", {"connection": name}).wsgi_request.connection.name == name
    request = browser.get("/").wsgi_request
    assert request.connection.name == name
    assert len(request.connections) == SHOWN
    assert list(request.connections) == sorted(request.connections)


@pytest.mark.parametrize(("name", "used"), [("", "workbench"), ("nobody", "workbench")])
def test_else_the_default_one(client, alice, many, name, used):
    client.force_login(alice)
    assert client.get("/", {"connection": name}).wsgi_request.connection.name == used
