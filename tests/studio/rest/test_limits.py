"""How often a token may ask, counted in Redis, or by the process while Redis is away."""

import threading
import time

import pytest

from studio.rest import limits


@pytest.fixture(autouse=True)
def _forget(monkeypatch):
    monkeypatch.setattr(limits, "_away_until", 0.0)
    limits._buckets.clear()


def test_headers_tell_what_is_left(alice, settings):
    settings.STUDIO_RATE_LIMIT = 100
    answer = alice.ask("get", "/me/")
    assert (answer["RateLimit-Limit"], answer["RateLimit-Policy"]) == ("100", "100;w=60")
    assert int(answer["RateLimit-Remaining"]) == 99
    assert 0 < int(answer["RateLimit-Reset"]) <= 60


@pytest.mark.parametrize("away", [True, False])
def test_more_are_refused_until_it_refills(alice, settings, request, monkeypatch, away):
    if away:  # also where other tests have started it
        monkeypatch.setattr(limits, "_away_until", time.monotonic() + 600)
    else:
        request.getfixturevalue("redis").client.flushall()
    settings.STUDIO_RATE_LIMIT = 60  # one a second
    answers = [alice.ask("get", "/me/") for _ in range(60)]
    assert {answer.status_code for answer in answers} == {200}
    refused = next(one for one in (alice.ask("get", "/me/") for _ in range(60)) if one.status_code == 429)
    assert refused["Content-Type"] == "application/problem+json" and refused.json()["code"] == "TooManyRequests"
    assert (refused["Retry-After"], refused["RateLimit-Remaining"]) == ("1", "0")
    time.sleep(1.1)
    assert alice.ask("get", "/me/").status_code == 200
    assert limits._from_redis("somebody", 60) is None if away else limits._from_redis("somebody", 60)


def test_each_token_has_a_bucket_of_its_own(alice, mallory, settings):
    settings.STUDIO_RATE_LIMIT = 1
    assert [alice.ask("get", "/me/").status_code for _ in range(2)] == [200, 429]
    assert mallory.ask("get", "/me/").status_code == 200


def test_threads_take_no_more_than_there_is(redis, settings):
    settings.STUDIO_RATE_LIMIT = 50
    redis.client.flushall()
    taken = []

    def take():
        taken.extend(limits.take("everybody").is_fine for _ in range(20))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert 50 <= sum(taken) <= 55  # a second or so of refilling


def test_memory_keeps_the_last_buckets_only(monkeypatch):
    monkeypatch.setattr(limits, "KNOWN", 3)
    for number in range(10):
        limits._from_memory(str(number), 60)
    assert list(limits._buckets) == ["7", "8", "9"]
