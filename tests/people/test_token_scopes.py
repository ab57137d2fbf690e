"""REST tokens that are good for less than their owner: reading only, one connection, some nouns."""

import re

import pytest
from django.test import Client

from catalog.access import EVERYTHING, NOBODY, Access, Rule, access_of
from catalog.models import AuditEntry, Grant
from studio.rest import tokens
from tests.studio.conftest import make_jobs

pytestmark = pytest.mark.django_db


def rest(text: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {text}"})


def token(user, **limits) -> Client:
    text, _ = tokens.create(user=user, name="test", **limits)
    return rest(text)


def test_a_token_for_some_nouns_opens_no_others(ada, workbench):
    make_jobs(workbench, 2)
    limited = token(ada, nouns=["TrainingJob"])
    assert limited.get("/api/v1/training-jobs/").status_code == 200
    assert limited.get("/api/v1/training-jobs/job-0000/").status_code == 200
    for path in ("endpoints/", "models/", "models/x/", "datasets/", "runs/"):
        answer = limited.get(f"/api/v1/{path}")
        assert answer.status_code == 403 or (path == "runs/" and answer.json()["items"] == []), path


def test_a_token_for_a_connection_is_nobody_elsewhere(ada, workbench, lab):
    make_jobs(workbench, 1)
    limited = token(ada, connection=lab)
    assert limited.get("/api/v1/training-jobs/?connection=lab").status_code == 200
    assert limited.get("/api/v1/training-jobs/?connection=workbench").status_code in (403, 404)
    assert limited.get("/api/v1/training-jobs/", headers={"Atelier-Connection": "workbench"}).status_code in (403, 404)


def test_a_reading_token_changes_nothing(ada, workbench):
    limited = token(ada, writes=False)
    answer = limited.delete("/api/v1/models/x/")
    assert answer.status_code == 403
    assert limited.get("/api/v1/training-jobs/").status_code == 200


def test_a_token_never_gives_more_than_its_owner_has(carl, roles, workbench, lab):
    Grant.objects.create(role=roles["Viewer"], user=carl, connection=workbench)
    assert token(carl, nouns=["TrainingJob"]).get("/api/v1/training-jobs/?connection=workbench").status_code == 200
    assert token(carl, nouns=["TrainingJob"]).get("/api/v1/training-jobs/?connection=lab").status_code in (403, 404)
    Grant.objects.all().delete()
    assert token(carl).get("/api/v1/training-jobs/?connection=workbench").status_code in (403, 404)


def test_a_session_of_the_same_user_doesn_t_widen_a_token(as_ada, ada, workbench):
    text, _ = tokens.create(user=ada, name="test", nouns=["TrainingJob"])
    assert as_ada.get("/api/v1/models/").status_code == 200
    assert as_ada.get("/api/v1/models/", headers={"Authorization": f"Bearer {text}"}).status_code == 403


@pytest.mark.parametrize(
    "access",
    [EVERYTHING, NOBODY, Access("x", rules=(Rule.read({"verbs": ["*"], "nouns": ["Model"], "names": ["a*"]}),))],
)
def test_an_intersection_allows_what_both_allow(access):
    from catalog.access import VERBS

    for verbs, nouns in ((None, None), (("view",), None), (None, ["Model"]), (("view", "manage"), ["Model", "User"])):
        narrow = access.only(verbs, nouns)
        for verb in VERBS:
            for noun in ("Model", "User", "Endpoint"):
                for name in ("abc", "xyz"):
                    both = (verbs is None or verb in verbs) and (nouns is None or noun in nouns)
                    assert narrow.may(verb, noun, name) is (both and access.may(verb, noun, name))


def test_the_page_makes_limited_tokens(as_ada, ada, workbench):
    form = {"name": "ci", "days": "30", "where": "workbench", "nouns": "TrainingJob, Model"}
    page = as_ada.post("/settings/tokens/", form).content.decode()
    assert re.search(r"atl_[\w-]{40,}", page)
    made = ada.api_tokens.get()
    assert (made.connection, made.nouns, made.writes) == (workbench, ["Model", "TrainingJob"], False)
    for bad, words in (
        ({"nouns": "TrainingJob Modell"}, "did you mean Model?"),
        ({"where": "nowhere"}, "no role on a connection"),
    ):
        answer = as_ada.post("/settings/tokens/", form | bad)
        assert answer.status_code == 422 and words in answer.content.decode()


def test_an_administrator_revokes_anybodys(as_ada, as_carl, carl):
    text, row = tokens.create(user=carl, name="carl's")
    assert as_carl.post("/settings/keys/everybody/revoke/", {"token": row.id}).status_code == 403
    assert "carl&#x27;s" in as_ada.get("/settings/keys/everybody/?what=tokens").content.decode()
    as_ada.post("/settings/keys/everybody/revoke/", {"token": row.id})
    assert rest(text).get("/api/v1/me/").status_code == 401
    told = AuditEntry.objects.filter(target=f"Token {row.prefix}").values_list("action", "user")
    assert list(told) == [("CreateToken", ""), ("RevokeToken", "ada")]


def test_a_token_of_a_connection_that_is_forgotten_is_gone(ada, lab):
    limited = token(ada, connection=lab)
    lab.delete()
    assert limited.get("/api/v1/me/").status_code == 401


def test_who_may_do_what_is_asked_with_every_request(carl, roles, workbench):
    grant = Grant.objects.create(role=roles["Viewer"], user=carl, connection=workbench)
    client = token(carl)
    assert client.get("/api/v1/training-jobs/").status_code == 200
    grant.delete()
    assert client.get("/api/v1/training-jobs/").status_code == 403
    assert not access_of("carl", workbench.id).rules
