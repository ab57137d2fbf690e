"""Points of many requests in one transaction; a request that can't be kept fails alone."""

import asyncio
import time

import pytest
from django.db import OperationalError
from django.utils import timezone

from catalog import metrics
from catalog.metrics import Gone, Point
from engine import ingest


@pytest.fixture
def records(django_db_setup, django_db_blocker):
    """Two records whose rows are committed, and gone afterwards."""
    from catalog.models import Connection, Record

    with django_db_blocker.unblock():
        home = Connection.objects.create(name="ingest", backend=Connection.AWS, account="000000000008", region="r")
        now = timezone.now()
        yield [
            Record.objects.create(
                connection=home, kind="TrialComponent", name=name, arn=f"arn:{name}", created=now, modified=now
            )
            for name in ("one", "two")
        ]
        home.delete()


def put_all(*puts):
    async def run():
        return await asyncio.gather(*(ingest.put(number, points) for number, points in puts), return_exceptions=True)

    return asyncio.run(run())


def counts(records) -> list[int]:
    series = metrics.series_of([record.id for record in records], ["a"])
    return [series[record.id, "a"].count if (record.id, "a") in series else 0 for record in records]


def test_what_cannot_be_kept_fails_alone(records):
    one, two = (record.id for record in records)
    found = put_all(
        (one, [Point("a", 1, 1, 1)]), (two, [Point("a", 1, 1, 2**63)]), (10**12, [Point("a", 1, 1)]),
        (one, [Point("a", 2, 2, 2)]), (two, [Point("a", 3, 3, 3)]), (two, []),
    )  # fmt: skip
    assert [type(one) for one in found] == [type(None), ValueError, Gone, type(None), type(None), type(None)]
    assert counts(records) == [2, 1]


def test_what_gathers_is_written_at_once(records, monkeypatch):
    calls, append_all = [], metrics.append_all

    def slowly(items):
        items = list(items)
        calls.append(len(items))
        time.sleep(0.05)
        append_all(items)

    monkeypatch.setattr(metrics, "append_all", slowly)
    assert put_all(*((records[i % 2].id, [Point("a", i, i, i)]) for i in range(40))) == [None] * 40
    assert sum(calls) == 40 and len(calls) <= 5
    assert counts(records) == [20, 20]


def test_a_database_that_was_away_for_a_moment_is_asked_again(records, monkeypatch):
    tries, append_all = [], metrics.append_all

    def away_at_first(items):
        tries.append(1)
        append_all(items)  # written, and then the answer is lost
        if len(tries) == 1:
            raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(metrics, "append_all", away_at_first)
    assert put_all((records[0].id, [Point("a", 1, 1, 1)])) == [None]
    assert len(tries) == 2 and counts(records) == [1, 0]
    monkeypatch.setattr(metrics, "append_all", lambda items: (_ for _ in ()).throw(OperationalError("gone")))
    [error] = put_all((records[0].id, [Point("a", 2, 2, 2)]))
    assert isinstance(error, OperationalError)
