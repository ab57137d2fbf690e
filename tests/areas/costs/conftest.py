"""A connection, a person who sees costs, and records as SageMaker would leave them."""

import itertools
from datetime import UTC, datetime

import pytest
from django.test import Client

from catalog.models import Connection, Grant, Record, Role, Tag
from catalog.roles import make_builtin

_accounts = itertools.count(999_100_000_001)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC).timestamp()


class Books:
    """``put`` stores a record and charges it."""

    def __init__(self):
        number = str(next(_accounts))
        self.connection = Connection.objects.create(
            name=f"books-{number}", backend="embedded", account=number, region="us-east-1"
        )

    def put(self, kind: str, name: str, document: dict, *, owner="alice", status="Completed", tags=None) -> Record:
        from areas.costs.metering import meter

        now = datetime.fromtimestamp(NOON, UTC)
        record = Record.objects.create(
            connection=self.connection, kind=kind, name=name, arn=f"arn:{name}", status=status, owner=owner, created=now,
            modified=now, document=document,
        )  # fmt: skip
        Tag.objects.bulk_create(Tag(record=record, key=key, value=value) for key, value in (tags or {}).items())
        meter(record)
        return record

    def train(self, name: str, *, seconds: float = 3600, kind="ml.m5.large", count=1, began=NOON, **more) -> Record:
        extra = more.pop("document", {})
        return self.put("TrainingJob", name, {
            "ResourceConfig": {"InstanceType": kind, "InstanceCount": count}, "TrainingStartTime": began,
            "TrainingEndTime": began + seconds, "BillableTimeInSeconds": seconds, **extra,
        }, **more)  # fmt: skip

    def person(self, name: str, role: str):
        from django.contrib.auth import get_user_model

        from studio.models import Preference

        make_builtin()
        user = get_user_model().objects.create_user(f"{name}-{self.connection.account}")
        Preference.objects.create(user=user, tour_done=True)
        if role:
            Grant.objects.create(role=Role.objects.get(name=role), user=user, connection=self.connection)
        browser = Client(headers={"Atelier-Connection": self.connection.name})
        browser.force_login(user)
        session = browser.session
        session["connection"] = self.connection.name
        session.save()
        return browser


@pytest.fixture
def books(db) -> Books:
    return Books()
