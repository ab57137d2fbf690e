"""Alice walks through the pages: penguins, a job trained on them, its endpoint. Made once, looked at by many tests."""

import hashlib
import itertools
import secrets
import time
from importlib.resources import files

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from catalog.models import Grant, Role
from catalog.roles import SCIENTIST, make_builtin
from tests.stage import Account

_accounts = itertools.count(300_000_000_001 + secrets.randbelow(10**9))


def wait_for(check, seconds: float = 40):
    """The first true answer of ``check``."""
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return answer


class Walk:
    """Alice's browser on a connection of her own."""

    def __init__(self, aws: Account):
        from catalog.models import Connection

        self.aws, self.connection = aws, aws.connection
        self.alice = get_user_model().objects.get_or_create(username="alice")[0]
        make_builtin()
        Grant.objects.create(role=Role.objects.get(name=SCIENTIST), user=self.alice, connection_id=self.connection.id)
        Connection.objects.filter(pk=self.connection.pk).update(name=f"walk-{aws.number}")
        self.client = Client()
        self.client.force_login(self.alice)
        session = self.client.session
        session["connection"] = f"walk-{aws.number}"
        session.save()

    def get(self, path: str, status: int = 200, **headers) -> str:
        response = self.client.get(path, headers=headers or None)
        assert response.status_code == status, (path, response.status_code, response.content[:2000].decode())
        return response.content.decode() if not response.streaming else b"".join(response.streaming_content).decode()

    def post(self, path: str, data: dict, status: int = 302, **headers):
        response = self.client.post(path, data, headers=headers or None)
        assert response.status_code == status, (path, response.status_code, response.content[-3000:].decode())
        return response

    def submit(self, kind: str, name: str):
        """Do what the worker does with the newest Run for a thing."""
        from jobs import runs, submission

        run = runs.for_target(self.connection, kind, name)
        submission.submit(run.id)
        run.refresh_from_db()
        return run

    def record(self, kind: str, name: str):
        from catalog.models import Record

        return Record.objects.filter(connection=self.connection, kind=kind, name=name).first()

    def form(self, **changes) -> dict:
        """What the create form holds when it is opened on penguins, with changes."""
        from areas.training.forms import TrainingJobForm
        from areas.training.suggestions import starting_values

        values = starting_values(self.connection, {"dataset": "penguins"})
        form = TrainingJobForm(connection=self.connection, initial=values)
        data = {name: form.value(name) for name in form.fields if name != "script_file"}
        return data | {"volume": 1} | changes


@pytest.fixture(scope="session")
def walk(engine, redis, django_db_blocker):
    """A connection with the penguins on it, and nothing running."""
    with django_db_blocker.unblock():
        walk = Walk(Account(engine, str(next(_accounts))))
        _add_penguins(walk)
        yield walk


@pytest.fixture(scope="session")
def trained(walk, runner) -> str:
    """The name of a job that was made with the form and has completed."""
    walk.post("/training-jobs/create/", walk.form(name="penguins-walk", hp_num_round="20"))
    run = walk.submit("TrainingJob", "penguins-walk")
    assert not run.error
    wait_for(lambda: walk.record("TrainingJob", "penguins-walk").status in ("Completed", "Failed"))
    job = walk.record("TrainingJob", "penguins-walk")
    assert job.status == "Completed", job.document.get("FailureReason")
    return job.name


@pytest.fixture(scope="session")
def deployed(walk, trained) -> str:
    """The name of an endpoint that was deployed from that job with one click and is in service."""
    walk.post(
        f"/endpoints/deploy/?job={trained}", {"name": "penguins-walk", "instance_type": "ml.m5.large", "count": 1}
    )
    run = walk.submit("Endpoint", "penguins-walk")
    assert not run.error
    wait_for(lambda: walk.record("Endpoint", "penguins-walk").status in ("InService", "Failed"))
    endpoint = walk.record("Endpoint", "penguins-walk")
    assert endpoint.status == "InService", endpoint.document.get("FailureReason")
    return endpoint.name


@pytest.fixture(autouse=True)
def _database(django_db_blocker):
    """The walk's rows are real ones that the engine sees: no transaction around a test."""
    with django_db_blocker.unblock():
        yield


def _add_penguins(walk: Walk) -> None:
    from django.conf import settings

    from areas.datasets import runs
    from areas.datasets.versions import add_version

    data = (files("palmerpenguins") / "data" / "penguins.csv").read_bytes()
    path = settings.STUDIO_HOME / f"penguins-{walk.aws.number}"
    path.write_bytes(data)
    version, _ = add_version(
        connection=walk.connection, name="penguins", path=path, filename="penguins.csv",
        sha256=hashlib.sha256(data).hexdigest(), actor=walk.alice, details={"label": "species"},
    )  # fmt: skip
    runs.profile(walk.connection, {"version": version.pk})
