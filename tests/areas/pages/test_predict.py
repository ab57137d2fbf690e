"""The predict gateway: who may ask, how often, from where, and what it says when it can't."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from areas.endpoints.models import PredictKey, make_key, revoke_key

ROW = "0,39.1,18.7,181,3750,1,2007"


@pytest.fixture
def keyed(walk, deployed):
    """(client outside the account, key, its row)"""
    key, row = make_key(actor=walk.alice, connection=walk.connection, endpoint=deployed, name="test", per_minute=0)
    yield Client(enforce_csrf_checks=True), key, row
    row.delete()


def ask(client, endpoint, key="", body="", **headers):
    given = ({"Authorization": f"Bearer {key}"} if key else {}) | headers
    return client.post(f"/predict/{endpoint}", body, content_type="text/csv", headers=given)


def row_of(walk, deployed) -> str:
    from areas.endpoints.playground import playground_context
    from areas.endpoints.view import EndpointView

    return playground_context(EndpointView(walk.connection, deployed))["example"]


def test_a_key_opens_its_endpoint(walk, deployed, keyed):
    client, key, _ = keyed
    answer = ask(client, deployed, key, row_of(walk, deployed))
    assert answer.status_code == 200, answer.content
    shares = [float(cell) for cell in answer.content.decode().split(",")]
    assert len(shares) == 3 and sum(shares) == pytest.approx(1, abs=1e-4)
    assert answer["X-Invoked-Variant"] == "AllTraffic" and "sandbox" in answer["Content-Security-Policy"]
    again = ask(client, deployed, "", row_of(walk, deployed), **{"X-Api-Key": key})
    assert again.status_code == 200


def test_only_the_digest_of_a_key_is_stored(keyed):
    _, key, row = keyed
    assert key not in str(PredictKey.objects.filter(pk=row.pk).values())
    assert row.prefix == key[:10]


def test_no_key_and_unknown_revoked_and_expired_ones(deployed, keyed):
    client, key, row = keyed
    for headers, code in (({}, "MissingKey"), ({"Authorization": "Bearer atk_wrong"}, "UnknownKey")):
        answer = ask(client, deployed, **headers)
        assert (
            answer.status_code == 401
            and answer.json()["error"]["code"] == code
            and "Bearer" in answer["WWW-Authenticate"]
        )
    PredictKey.objects.filter(pk=row.pk).update(expires=timezone.now() - timedelta(seconds=1))
    assert ask(client, deployed, key).json()["error"]["code"] == "ExpiredKey"
    revoke_key(row)
    assert ask(client, deployed, key).json()["error"]["code"] == "RevokedKey"


def test_a_key_opens_no_other_endpoint(walk, keyed):
    client, key, _ = keyed
    assert ask(client, "another", key).status_code == 403
    lost, row = make_key(actor=walk.alice, connection=walk.connection, endpoint="long-gone", name="x", per_minute=0)
    answer = ask(client, "long-gone", lost, "1")
    assert answer.status_code == 404 and "long-gone" in answer.json()["error"]["message"]
    row.delete()


def test_the_models_refusal_comes_with_its_words(deployed, keyed):
    client, key, _ = keyed
    answer = ask(client, deployed, key, "not,a,row")
    assert answer.status_code == 424
    error = answer.json()["error"]
    assert error["code"] == "ModelError" and error["originalStatusCode"] >= 400 and error["originalMessage"]


def test_over_the_limit_is_429_with_the_seconds_to_wait(walk, deployed, redis):
    key, row = make_key(actor=walk.alice, connection=walk.connection, endpoint=deployed, name="slow", per_minute=2)
    statuses = [ask(Client(), deployed, key, row_of(walk, deployed)) for _ in range(4)]
    # A minute may turn in between: then the count begins anew, but four at once never pass.
    assert [one.status_code for one in statuses].count(429) >= 1
    refused = next(one for one in statuses if one.status_code == 429)
    assert 1 <= int(refused["Retry-After"]) <= 60
    row.delete()


def test_a_limit_that_can_not_be_counted_is_not_ignored(walk, deployed, monkeypatch):
    from redis.exceptions import ConnectionError as RedisAway

    from areas.endpoints import limits

    def away(name):
        raise RedisAway("away")

    key, row = make_key(actor=walk.alice, connection=walk.connection, endpoint=deployed, name="x", per_minute=5)
    monkeypatch.setattr(limits.django_rq, "get_connection", away)
    answer = ask(Client(), deployed, key, "1")
    assert answer.status_code == 503 and "Redis" in answer.json()["error"]["message"] and answer["Retry-After"]
    row.delete()


def test_too_large_a_body_and_the_wrong_method(deployed, keyed):
    client, key, _ = keyed
    assert ask(client, deployed, key, "1" * (6 * 1024 * 1024 + 1)).status_code == 413
    answer = client.get(f"/predict/{deployed}")
    assert answer.status_code == 405 and answer["Allow"] == "POST, OPTIONS"


def test_browsers_of_listed_origins_only(walk, deployed):
    key, row = make_key(actor=walk.alice, connection=walk.connection, endpoint=deployed, name="web", per_minute=0,
                        origins=["https://good.example"])  # fmt: skip
    client = Client()
    good = client.options(f"/predict/{deployed}", headers={"Origin": "https://good.example"})
    assert good.status_code == 204 and good["Access-Control-Allow-Origin"] == "https://good.example"
    assert "X-Api-Key" in good["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in client.options(
        f"/predict/{deployed}", headers={"Origin": "https://bad.example"}
    )
    bad = ask(client, deployed, key, "1", Origin="https://bad.example")
    assert bad.status_code == 403 and "Access-Control-Allow-Origin" not in bad
    answer = ask(client, deployed, key, row_of(walk, deployed), Origin="https://good.example")
    assert answer.status_code == 200 and answer["Access-Control-Allow-Origin"] == "https://good.example"
    revoke_key(row)
    assert "Access-Control-Allow-Origin" not in client.options(
        f"/predict/{deployed}", headers={"Origin": "https://good.example"}
    )
    row.delete()


def test_the_page_shows_a_key_once_and_revokes_it(walk, deployed):
    page = walk.post(
        f"/endpoints/{deployed}/keys/", {"name": "Bob's phone", "per_minute": 9, "origins": ""}, 200
    ).content.decode()
    row = PredictKey.objects.get(connection=walk.connection, name="Bob's phone")
    assert page.count("atk_") >= 2 and row.hashed not in page
    full = page.split('data-copy="atk_')[1].split('"')[0]
    assert full not in walk.get(f"/endpoints/{deployed}/keys/")
    bad = walk.post(f"/endpoints/{deployed}/keys/", {"name": "x", "per_minute": 1, "origins": "good.example/x"}, 200)
    assert "is not an origin such as" in bad.content.decode()
    walk.post(f"/endpoints/{deployed}/keys/{row.id}/revoke/", {})
    row.refresh_from_db()
    assert row.state == "Revoked"


def test_uses_are_counted(walk, deployed, redis):
    from areas.endpoints import limits

    key, row = make_key(
        actor=walk.alice, connection=walk.connection, endpoint=deployed, name="counted", per_minute=1000
    )
    for _ in range(3):
        assert ask(Client(), deployed, key, row_of(walk, deployed)).status_code == 200
    row.refresh_from_db()
    assert row.used + limits.unsaved(row) == 3 and row.last_used
    row.delete()
