"""Telling people: whom, where they want it, and who may."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from catalog import events
from catalog.models import Connection, Grant, Record, Role
from catalog.roles import make_builtin
from registry import outbox
from registry.notices import tell, tell_all
from registry.notices.kinds import JOB_FAILED, MENTIONED, ROLLED_BACK, WAITING
from registry.notices.models import Notification, Wish
from registry.notices.people import who_may


@pytest.fixture
def place(db) -> Connection:
    return Connection.objects.create(name="workbench", backend="embedded", account="999999999996", region="us-east-1")


@pytest.fixture
def person(db, django_user_model):
    def make(name: str, **more):
        return django_user_model.objects.create_user(name, email=f"{name}@example.org", **more)

    return make


def test_people_are_told_once_by_name_or_user_and_strangers_not(person):
    alice = person("alice")
    person("gone", is_active=False)
    tell_all([alice, "alice", "gone", "nobody", "", None], kind=WAITING, text="churn/3 waits.", url="/approvals/1/")
    notice = Notification.objects.get()
    assert (notice.user, notice.text, notice.url, notice.read) == (alice, "churn/3 waits.", "/approvals/1/", None)


@pytest.mark.parametrize("here, mail, shown, queued", [(True, False, 1, 0), (False, True, 0, 1), (False, False, 0, 0)])
def test_a_person_hears_where_they_want_to(person, settings, here, mail, shown, queued):
    settings.EMAIL_URL = "smtp://localhost"
    alice = person("alice")
    Wish.objects.create(user=alice, kind=WAITING, here=here, mail=mail)
    tell(alice, kind=WAITING, text="x")
    assert Notification.objects.filter(shown=True).count() == shown
    assert Notification.objects.filter(mail=Notification.WAITING).count() == queued


def test_no_email_is_queued_without_a_server_or_an_address(person, settings):
    settings.EMAIL_URL = ""
    tell(person("alice"), kind=MENTIONED, text="x")
    settings.EMAIL_URL = "smtp://localhost"
    bob = person("bob")
    bob.email = ""
    bob.save()
    tell("bob", kind=MENTIONED, text="x")
    assert set(Notification.objects.values_list("mail", flat=True)) == {""}


def test_telling_many_costs_no_more_statements(person):
    people = [person(f"user-{number}") for number in range(30)]
    for count in (1, 30):
        with CaptureQueriesContext(
            database,
        ) as queries:
            tell_all([one.username for one in people[:count]], kind=WAITING, text="x")
        assert len([one for one in queries if "SAVEPOINT" not in one["sql"]]) == 3


def test_who_may_is_answered_by_roles_groups_and_patterns(person, place):
    make_builtin()
    other = Connection.objects.create(name="other", backend="embedded", account="999999999995", region="us-east-1")
    reviewer = Role.objects.get(name="Reviewer")
    narrow = Role.objects.create(
        name="Churn", rules=[{"verbs": ["approve"], "nouns": ["ModelPackage"], "names": ["churn/*"]}]
    )
    team = Group.objects.create(name="team")
    ada = person("ada", is_superuser=True)
    rosa, remi, dan, vera, eve, off = (person(name) for name in ("rosa", "remi", "dan", "vera", "eve", "off"))
    remi.groups.add(team)
    off.is_active = False
    off.save()
    Grant.objects.create(role=reviewer, user=rosa, connection=place)
    Grant.objects.create(role=reviewer, group=team)
    Grant.objects.create(role=narrow, user=dan, connection=place)
    Grant.objects.create(role=Role.objects.get(name="Viewer"), user=vera, connection=place)
    Grant.objects.create(role=reviewer, user=eve, connection=other)
    Grant.objects.create(role=reviewer, user=off, connection=place)
    with CaptureQueriesContext(database) as queries:
        found = who_may("approve", "ModelPackage", connection=place, name="churn/3")
    assert len(queries) == 2
    assert set(found) == {ada, rosa, remi, dan}
    assert set(who_may("approve", "ModelPackage", connection=place, name="fraud/1")) == {ada, rosa, remi}
    assert set(who_may("approve", "ModelPackage", connection=place, roles=["Reviewer"])) == {rosa, remi}
    assert set(who_may("approve", "ModelPackage", connection=None)) == {ada, remi}


@pytest.mark.parametrize(
    "noun, detail_type, detail, kind",
    [
        ("TrainingJob", "SageMaker Training Job State Change", {"TrainingJobStatus": "Failed", "FailureReason": "no rows"},
         JOB_FAILED),
        ("TrainingJob", "SageMaker Training Job State Change", {"TrainingJobStatus": "Completed"}, None),
        ("Endpoint", "SageMaker Endpoint State Change", {"EndpointStatus": "RollingBack", "FailureReason": "no rows"},
         ROLLED_BACK),
    ],
)  # fmt: skip
def test_owners_hear_of_what_went_wrong(person, place, noun, detail_type, detail, kind):
    from areas.index import resources

    alice, arn = person("alice"), resources()[noun].arn(place.account, "us-east-1", "thing")
    Record.objects.create(
        connection=place, kind=noun, name="thing", arn=arn, owner="alice", created="2026-01-01T00:00Z",
        modified="2026-01-01T00:00Z",
    )  # fmt: skip
    events.emit(place, detail_type, detail, resources=[arn])
    outbox.take_waiting()
    told = list(Notification.objects.values_list("user", "kind", "url"))
    assert told == ([(alice.id, kind, f"/{resources()[noun].slug}/thing/?connection=workbench")] if kind else [])
