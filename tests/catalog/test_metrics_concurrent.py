"""Several processes and threads append to the same series at once, and one is killed: nothing acknowledged is lost."""

import os
import subprocess
import sys
import threading

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from tests.stage import test_database_url

WRITER = """
import os, sys
sys.path.insert(0, os.getcwd())
import django
django.setup()
from catalog import metrics
from catalog.metrics import Point
from catalog.models import Record
record, writer, batches = (int(word) for word in sys.argv[1:])
record = Record.objects.get(id=record)
for batch in range(batches):
    places = range(batch * 7, batch * 7 + 7)
    metrics.append(record, [Point(name, place, 1e9 + place, writer * 1_000_000 + place) for place in places for name in "ab"])
    print(batch, flush=True)
"""


@pytest.fixture
def record(django_db_setup, django_db_blocker):
    """A record whose rows are committed, and gone afterwards."""
    from catalog.models import Connection, Record

    with django_db_blocker.unblock():
        home = Connection.objects.create(
            name="many-writers", backend=Connection.AWS, account="000000000009", region="r"
        )
        now = timezone.now()
        yield Record.objects.create(
            connection=home, kind="TrialComponent", name="run", arn="arn:run", created=now, modified=now
        )
        home.delete()


def start(record, writer: int, batches: int) -> subprocess.Popen:
    env = {**os.environ, "DATABASE_URL": test_database_url(), "DJANGO_SETTINGS_MODULE": "studio.settings"}
    command = [sys.executable, "-c", WRITER, str(record.id), str(writer), str(batches)]
    return subprocess.Popen(command, cwd=settings.BASE_DIR, env=env | {"STUDIO_PART": "engine"}, stdout=subprocess.PIPE)


def points_of(record) -> dict[str, list[int]]:
    """Steps by metric; every sequence of blocks is without a gap, and the sums are those of the points."""
    from catalog import metrics
    from catalog.measures import MetricBlock, MetricSeries

    found = {}
    for series in MetricSeries.objects.filter(record=record):
        end = 0
        for first, count in MetricBlock.objects.filter(series=series).order_by("first").values_list("first", "count"):
            assert first == end
            end = first + count
        curve = metrics.read([series], keep=0)[series.id]
        assert end == series.count == len(curve.value) == series.finite
        assert series.mean == pytest.approx(curve.value.mean()) and series.high == curve.value.max()
        found[series.name] = [int(step) for step in curve.step]
    return found


def test_threads_lose_nothing(record):
    from catalog import metrics
    from catalog.metrics import Point

    failures = []

    def work(writer):
        try:
            for i in range(40):
                metrics.append(record, [Point("a", i, 1e9 + i, writer * 1000 + i)])
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert points_of(record) == {"a": [writer * 1000 + i for writer in range(4) for i in range(40)]}


@pytest.mark.slow
def test_processes_lose_nothing_and_a_killed_one_keeps_what_it_was_told_is_kept(record):
    writers = [start(record, writer, 60) for writer in (1, 2, 3)]
    victim = start(record, 4, 100_000)
    told = [int(victim.stdout.readline()) for _ in range(25)]
    victim.kill()
    told += [int(line) for line in victim.communicate()[0].split()]
    for writer in writers:
        assert len(writer.communicate(timeout=120)[0].split()) == 60
    found = points_of(record)
    assert found["a"] == found["b"]
    whole = [writer * 1_000_000 + place for writer in (1, 2, 3) for place in range(60 * 7)]
    assert found["a"][: len(whole)] == whole
    acknowledged = [4_000_000 + place for place in range(len(told) * 7)]
    assert found["a"][len(whole) :][: len(acknowledged)] == acknowledged
    assert len(found["a"]) - len(whole) - len(acknowledged) in (0, 7)  # what was written and not yet told
