"""Datasets on a live engine: what a test puts in is profiled by the worker's own function, in this process."""

import hashlib
from importlib.resources import files

import pytest
from django.contrib.auth import get_user_model

from catalog.models import Grant, Role
from catalog.roles import SCIENTIST, make_builtin


@pytest.fixture
def connection(aws):
    return aws.connection


@pytest.fixture
def alice(aws):
    # Not pytest-django's user model: it would open a transaction that the engine's threads wait for.
    alice = get_user_model().objects.get_or_create(username="alice")[0]
    make_builtin()
    Grant.objects.create(role=Role.objects.get(name=SCIENTIST), user=alice, connection_id=aws.connection.id)
    return alice


@pytest.fixture
def add(connection, alice, tmp_path):
    """``add("name", b"a,b\\n1,2\\n")`` → the version, profiled."""
    from areas.datasets import runs
    from areas.datasets.versions import add_version

    def add(name: str, data: bytes | str, filename: str = "table.csv", profiled: bool = True, **details):
        data = data if isinstance(data, bytes) else data.encode()
        path = tmp_path / "upload"
        path.write_bytes(data)
        version, new = add_version(
            connection=connection, name=name, path=path, filename=filename,
            sha256=hashlib.sha256(data).hexdigest(), actor=alice, details=details,
        )  # fmt: skip
        if new and profiled:
            runs.profile(connection, {"version": version.pk})
        version.refresh_from_db()
        return version

    return add


@pytest.fixture
def penguins_csv() -> bytes:
    return (files("palmerpenguins") / "data" / "penguins.csv").read_bytes()


@pytest.fixture
def penguins(add, penguins_csv):
    return add("penguins", penguins_csv, "penguins.csv", label="species")
