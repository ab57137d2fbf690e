"""Logs by REST: the tail, what came after it, and nobody else's stream."""

import pytest
from django.utils import timezone

from catalog.models import Record
from engine.logs import store

GROUP = "/aws/sagemaker/TrainingJobs"


def add(aws, kind: str, name: str, status: str):
    now = timezone.now()
    Record.objects.create(
        connection_id=aws.connection.id,
        kind=kind,
        name=name,
        arn=f"arn:{name}",
        status=status,
        created=now,
        modified=now,
    )


def write(aws, group: str, stream: str, first: int, count: int):
    lines = [(1_700_000_000_000 + n, f"line {n}") for n in range(first, first + count)]
    store.append(aws.number, aws.region, group, stream, lines)


def texts(page) -> list[str]:
    return [event["message"] for event in page["events"]]


def test_the_tail_and_then_what_is_new(aws, alice):
    add(aws, "TrainingJob", "job", "InProgress")
    write(aws, GROUP, "job/algo-1-1", 0, 50)
    status, page = alice.get("/training-jobs/job/logs/?limit=10")
    assert (status, texts(page)) == (200, [f"line {n}" for n in range(40, 50)])
    assert (page["stream"], page["streams"], page["ended"]) == ("job/algo-1-1", ["job/algo-1-1"], False)
    assert page["events"][0]["time"] == "2023-11-14T22:13:20.040Z"
    for _ in range(2):  # nothing new, and the mark stays good
        page = alice.get(f"/training-jobs/job/logs/?after={page['after']}")[1]
        assert texts(page) == []
    write(aws, GROUP, "job/algo-1-1", 50, 3)
    page = alice.get(f"/training-jobs/job/logs/?limit=2&after={page['after']}")[1]
    assert texts(page) == ["line 50", "line 51"]
    assert texts(alice.get(f"/training-jobs/job/logs/?after={page['after']}")[1]) == ["line 52"]


def test_from_the_head_page_by_page(aws, alice):
    add(aws, "TrainingJob", "job", "Completed")
    write(aws, GROUP, "job/algo-1-1", 0, 25)
    page = alice.get("/training-jobs/job/logs/?head=true&limit=10")[1]
    found = texts(page)
    while texts(page):
        page = alice.get(f"/training-jobs/job/logs/?limit=10&after={page['after']}")[1]
        found += texts(page)
    assert found == [f"line {n}" for n in range(25)] and page["ended"] is True


def test_a_job_has_its_own_streams_only(aws, alice):
    add(aws, "TrainingJob", "job", "Completed")
    write(aws, GROUP, "job/algo-1-1", 0, 1)
    write(aws, GROUP, "job/algo-2-1", 1, 1)
    write(aws, GROUP, "job-2/algo-1-1", 2, 1)
    assert alice.get("/training-jobs/job/logs/")[1]["streams"] == ["job/algo-1-1", "job/algo-2-1"]
    assert texts(alice.get("/training-jobs/job/logs/?stream=job/algo-2-1")[1]) == ["line 1"]
    status, problem = alice.get("/training-jobs/job/logs/?stream=job-2/algo-1-1")
    assert (status, problem["code"]) == (404, "UnknownStream")


def test_an_endpoint_tells_its_newest_stream_and_never_ends(aws, alice):
    add(aws, "Endpoint", "e", "InService")
    write(aws, "/aws/sagemaker/Endpoints/e", "AllTraffic/i-1", 0, 1)
    write(aws, "/aws/sagemaker/Endpoints/e", "AllTraffic/i-2", 1, 1)
    page = alice.get("/endpoints/e/logs/")[1]
    assert (texts(page), page["ended"]) == (["line 1"], False)


def test_no_line_yet(aws, alice):
    add(aws, "TrainingJob", "job", "InProgress")
    expected = {"stream": "", "streams": [], "events": [], "after": "", "ended": False}
    assert alice.get("/training-jobs/job/logs/") == (200, expected)


@pytest.mark.parametrize("query", ["after=made-up", "limit=0", "limit=100000"])
def test_bad_parameters(aws, alice, query):
    add(aws, "TrainingJob", "job", "InProgress")
    assert alice.get(f"/training-jobs/job/logs/?{query}")[0] in (400, 422)


def test_a_mark_reads_no_other_log(aws, alice, mallory):
    for name in ("job", "other"):
        add(aws, "TrainingJob", name, "Completed")
        write(aws, GROUP, f"{name}/algo-1-1", 0, 1)
    mark = alice.get("/training-jobs/job/logs/")[1]["after"]
    status, problem = alice.get(f"/training-jobs/other/logs/?after={mark}")
    assert (status, problem["code"]) == (400, "BadCursor")
    assert mallory.get("/training-jobs/job/logs/")[0] == 404
    assert mallory.get(f"/training-jobs/job/logs/?after={mark}")[0] == 404
