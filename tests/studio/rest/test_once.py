"""Idempotency-Key: sent again, a request is answered and not done again; several at once are done once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test import Client
from django.utils import timezone

from catalog.models import Record
from catalog.tokens import ApiToken
from studio.rest.models import Claim
from tests.studio.rest.conftest import Caller


def ask(caller, key: str, body: dict, path: str = "/models/"):
    return caller.ask("post", path, body, **{"Idempotency-Key": key})


@pytest.fixture
def asked(aws, alice):
    """A body that AWS takes, under a name of its own."""
    return {"ActionName": "review", "ActionType": "Review", "Source": {"SourceUri": "https://example.org/1"}}


def count(aws) -> int:
    return Record.objects.filter(connection_id=aws.connection.id, kind="Action").count()


def test_the_second_answer_is_the_first_one(aws, alice, asked):
    first, second = (ask(alice, "k1", asked, "/actions/") for _ in range(2))
    assert (first.status_code, second.status_code, count(aws)) == (201, 201, 1)
    assert (second.content, second["Location"]) == (first.content, first["Location"])
    assert "Idempotent-Replayed" not in first and second["Idempotent-Replayed"] == "true"
    assert ask(alice, "k2", asked, "/actions/").status_code in (400, 409)  # another key is another request


def test_a_key_is_of_one_request_and_of_one_person(aws, alice, mallory, asked):
    ask(alice, "k1", asked, "/actions/")
    other = ask(alice, "k1", {**asked, "ActionName": "another"}, "/actions/")
    assert (other.status_code, other.json()["code"]) == (422, "IdempotencyKeyReused")
    assert ask(alice, "k1", asked, "/contexts/").status_code == 422
    assert ask(mallory, "k1", asked, "/actions/").status_code == 201


def test_what_failed_may_be_asked_for_again(aws, alice, asked):
    wrong = {"ActionName": "review"}
    assert ask(alice, "k1", wrong, "/actions/").status_code == 400
    assert ask(alice, "k1", asked, "/actions/").status_code == 201


def test_after_a_day_a_key_is_new(aws, alice, asked):
    ask(alice, "k1", asked, "/actions/")
    Claim.objects.update(created=timezone.now() - timedelta(days=1, minutes=1))
    again = ask(alice, "k1", {**asked, "ActionName": "another"}, "/actions/")
    assert (again.status_code, count(aws)) == (201, 2)


def test_who_was_killed_holds_a_key_for_minutes_only(aws, alice, asked):
    ask(alice, "k1", asked, "/actions/")
    Claim.objects.update(status=None)
    assert ask(alice, "k1", asked, "/actions/").json()["code"] == "InProgress"
    Claim.objects.update(created=timezone.now() - timedelta(minutes=6))
    assert ask(alice, "k1", {**asked, "ActionName": "another"}, "/actions/").status_code == 201


def test_a_secret_is_not_kept(alice, user):
    first, second = (ask(alice, "k1", {"name": "nightly"}, "/tokens/") for _ in range(2))
    assert first.status_code == 201 and first["Cache-Control"] == "no-store"
    assert (second.status_code, second.json()["code"]) == (409, "AlreadyDone")
    assert ApiToken.objects.filter(user=user, name="nightly").count() == 1
    assert bytes(Claim.objects.latest("id").body) == b""


def test_who_lost_the_role_gets_no_kept_answer(aws, alice, user, asked):
    ask(alice, "k1", asked, "/actions/")
    user.grants.all().delete()
    assert ask(alice, "k1", asked, "/actions/").status_code in (403, 404)


def test_deletes_and_patches_take_keys_too(aws, alice, asked):
    ask(alice, "k1", asked, "/actions/")
    for _ in range(2):
        assert alice.ask("delete", "/actions/review/", **{"Idempotency-Key": "k2"}).status_code == 204
    assert alice.delete("/actions/review/")[0] == 404


def test_several_at_once_are_done_once(aws, alice, asked):
    """Each thread calls the API as a client of its own would."""
    answers, gate = [], threading.Barrier(4)

    def call():
        caller = Caller(alice.token, alice.connection)
        caller.client = Client()
        gate.wait(10)
        try:
            answers.append(ask(caller, "k1", asked, "/actions/"))
        finally:
            database.close()

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    statuses = sorted(answer.status_code for answer in answers)
    assert len(statuses) == 4 and statuses[0] == 201 and set(statuses) <= {201, 409}
    assert sum("Idempotent-Replayed" not in one for one in answers if one.status_code == 201) == 1
    assert count(aws) == 1
