"""What HTTP itself asks for: methods, types and sizes that are refused as problems, HEAD, and one's own tokens."""

import json

import pytest
from django.test import Client

from catalog.roles import ADMIN
from catalog.tokens import ApiToken


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_json_body_must_say_so(alice, kind):
    answer = alice.send("post", "/models/", b'{"ModelName": "m"}', content_type=kind)
    assert (answer.status_code, answer.json()["code"]) == (415, "UnsupportedMediaType")


def test_a_body_that_is_no_json_and_one_that_is_too_large(alice, settings):
    broken = alice.send("post", "/models/", b"{", content_type="application/json")
    assert (broken.status_code, broken["Content-Type"]) == (400, "application/problem+json")
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    large = alice.send(
        "post", "/models/", json.dumps({"ModelName": "m" * 200}).encode(), content_type="application/json"
    )
    assert (large.status_code, large.json()["code"]) == (413, "TooLarge")


def test_a_host_that_is_not_ours_is_refused_as_a_problem(alice, settings):
    settings.ALLOWED_HOSTS = ["example.org"]
    answer = alice.ask("get", "/me/")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_a_nul_in_an_address_is_a_problem_too(alice):
    answer = alice.ask("get", "/models/?name=%00")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("number", [10**18, 10**30])
def test_numbers_out_of_range_are_refused(alice, number):
    assert alice.get(f"/runs/{number}/")[0] in (404, 422)
    assert alice.get(f"/datasets/x/versions/{number}/")[0] in (404, 422)


def test_head_is_get_without_the_body(alice):
    got, head = alice.ask("get", "/me/"), alice.ask("head", "/me/")
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", got["ETag"])
    assert head["Content-Length"] == str(len(got.content))


def test_ones_own_tokens(alice, mallory, user):
    status, made = alice.post("/tokens/", {"name": "nightly", "writes": False, "days": 3, "nouns": ["Model"]})
    assert status == 201 and made["token"].startswith(made["prefix"])
    narrow = Client(headers={"Authorization": f"Bearer {made['token']}", "Atelier-Connection": alice.connection})
    assert narrow.get("/api/v1/models/").status_code == 200
    assert narrow.get("/api/v1/endpoints/").status_code == 403
    listed = alice.get("/tokens/")[1]["items"]
    assert [one["name"] for one in listed] == ["nightly", "test"] and "token" not in listed[0]
    assert mallory.get(f"/tokens/{made['id']}/")[0] == mallory.delete(f"/tokens/{made['id']}/")[0] == 404
    assert alice.delete(f"/tokens/{made['id']}/")[0] == 204
    assert narrow.get("/api/v1/models/").status_code == 401
    assert alice.get(f"/tokens/{made['id']}/")[0] == 404


def test_a_limited_token_makes_no_wider_one(alice, user):
    _, made = alice.post("/tokens/", {"name": "models", "nouns": ["Model"]})
    alice.token = made["token"]
    status, problem = alice.post("/tokens/", {"name": "everything"})
    assert (status, problem["code"]) == (403, "AccessDenied")
    assert not ApiToken.objects.filter(user=user, name="everything").exists()


def test_a_token_that_ends_makes_none_that_lives_longer(alice):
    _, first = alice.post("/tokens/", {"name": "short", "days": 1})
    alice.token = first["token"]
    assert alice.post("/tokens/", {"name": "long"})[1]["expires"] == first["expires"]


@pytest.mark.parametrize(
    ("body", "at"), [({"name": "t", "nouns": ["Modle"]}, "nouns"), ({"name": "t", "connection": "none"}, "connection")]
)
def test_a_token_for_what_isnt_there(alice, body, at):
    status, problem = alice.post("/tokens/", body)
    assert (status, problem["errors"][0]["at"]) == (422, at)


def test_users_are_for_who_manages_them(cast):
    assert cast.alice.rest.get("/api/v1/users/").status_code == 403
    page = cast.ada.rest.get(f"/api/v1/users/?text={cast.alice.name}").json()
    (found,) = page["items"]
    assert found["username"] == cast.alice.name and "password" not in str(found)
    assert found["roles"] == [{"role": "Data scientist", "connection": cast.aws.connection.name}]
    assert cast.ada.rest.get(f"/api/v1/users/{found['id']}/").json() == found
    assert cast.ada.role == ADMIN and cast.ada.rest.get("/api/v1/users/999999999/").status_code == 404
