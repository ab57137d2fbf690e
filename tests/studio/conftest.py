"""The Studio's cast: Alice administers, Bob works, and records by the hundred to look at."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from catalog.metrics import Point, append_all
from catalog.models import Connection, Grant, Record, Role, Tag
from catalog.roles import VIEWER, make_builtin


@pytest.fixture(autouse=True)
def _fresh_cache():
    cache.clear()


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def connection(db) -> Connection:
    return Connection.objects.create(
        name="workbench", backend=Connection.EMBEDDED, account="999999999999", region="us-east-1",
        endpoint_url="http://127.0.0.1:9", is_default=True,
    )  # fmt: skip


@pytest.fixture
def alice(db, django_user_model):
    return django_user_model.objects.create_superuser("alice", password="open sesame")


@pytest.fixture
def bob(db, django_user_model):
    """He views everything, everywhere."""
    make_builtin()
    bob = django_user_model.objects.create_user("bob", password="open sesame")
    Grant.objects.create(role=Role.objects.get(name=VIEWER), user=bob)
    return bob


@pytest.fixture
def browser(client, alice, connection):
    """Django's client with Alice signed in, her tour done."""
    from studio.models import Preference

    Preference.objects.create(user=alice, tour_done=True)
    client.force_login(alice)
    return client


def make_jobs(connection, count: int, *, status: str = "Completed", prefix: str = "job") -> list[Record]:
    """Training jobs ``job-0000`` …, a minute apart, the newest last."""
    start = timezone.now() - timedelta(minutes=count)
    records = [
        Record(
            connection=connection, kind="TrainingJob", name=f"{prefix}-{i:04d}",
            arn=f"arn:aws:sagemaker:us-east-1:{connection.account}:training-job/{prefix}-{i:04d}", status=status,
            created=start + timedelta(minutes=i), modified=start + timedelta(minutes=i, seconds=30), owner="alice",
            document={
                "TrainingJobName": f"{prefix}-{i:04d}", "TrainingJobStatus": status, "TrainingTimeInSeconds": i,
                "HyperParameters": {"max_depth": str(i % 9), "objective": "reg:squarederror"},
                "EnableNetworkIsolation": i % 2 == 0, "CreationTime": start.timestamp() + 60 * i,
            },
        )
        for i in range(count)
    ]  # fmt: skip
    made = Record.objects.bulk_create(records)
    Tag.objects.bulk_create([Tag(record=record, key="team", value="risk") for record in made[::2]])
    append_all(
        (
            record.id,
            [Point("validation:auc", i / count + step / 1000, record.created.timestamp(), step) for step in range(3)],
        )
        for i, record in enumerate(made[:50])
    )
    return made
