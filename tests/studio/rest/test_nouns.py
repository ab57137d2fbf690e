"""Every declared noun by REST: pages of records, one record, creating through a Run, errors as problems."""

import json

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from areas.index import resources
from catalog.models import Record
from jobs.models import Run

STATUSES = ("Failed", "Completed")


def add(aws, count, prefix="job"):
    now = timezone.now()
    Record.objects.bulk_create(
        Record(connection_id=aws.connection.id, kind="TrainingJob", name=f"{prefix}-{n:03}", arn=f"arn:{n}", created=now,
               modified=now, status=STATUSES[n % 2], document={"TrainingJobStatus": STATUSES[n % 2]})
        for n in range(count)
    )  # fmt: skip


@pytest.mark.parametrize("sort", ["name", "-name", "created", "-created", "status"])
def test_pages_hold_every_record_once(aws, alice, sort):
    add(aws, 25)
    names, cursor = [], ""
    while True:
        status, page = alice.get(f"/training-jobs/?limit=10&sort={sort}&cursor={cursor}")
        assert status == 200
        names += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(names) == [f"job-{n:03}" for n in range(25)]
    if sort == "-name":
        assert names == sorted(names, reverse=True)


def test_filters_combine(aws, alice):
    add(aws, 25)
    _, page = alice.get("/training-jobs/?name=01&status=Completed")
    assert {item["name"] for item in page["items"]} == {
        "job-001",
        "job-011",
        "job-013",
        "job-015",
        "job-017",
        "job-019",
    }


def test_a_page_costs_the_same_however_many_records(aws, alice):
    add(aws, 5)
    alice.get("/me/")  # a token's use is noted once a minute
    with CaptureQueriesContext(database) as few:
        alice.get("/training-jobs/?limit=200")
    add(aws, 150, "more")
    with CaptureQueriesContext(database) as many:
        alice.get("/training-jobs/?limit=200")
    assert len(many) <= len(few) and len(many) <= 4  # the token, the connection, the roles, the rows


def test_a_cursor_of_another_order_is_refused(aws, alice):
    add(aws, 25)
    _, page = alice.get("/training-jobs/?limit=10&sort=name")
    status, problem = alice.get(f"/training-jobs/?limit=10&sort=created&cursor={page['next_cursor']}")
    assert (status, problem["code"]) == (400, "BadCursor")
    assert alice.get("/training-jobs/?cursor=rubbish")[0] == 400


@pytest.mark.parametrize("query", ["limit=0", "limit=1000", "sort=password", "limit=x"])
def test_bad_parameters_name_the_place(alice, query):
    status, problem = alice.get(f"/training-jobs/?{query}")
    assert status == 422
    assert query.split("=")[0] in problem["detail"]


@pytest.mark.parametrize("noun", sorted(resources()))
def test_unknown_things_are_404_and_lists_are_empty(alice, noun):
    slug = resources()[noun].slug
    assert alice.get(f"/{slug}/")[1] == {"items": [], "next_cursor": None}
    status, problem = alice.get(f"/{slug}/none/")
    assert (status, problem["status"], problem["title"]) == (404, 404, "Not found")


def test_creating_answers_with_a_run(aws, alice, redis):
    asked = {"EndpointName": "m", "EndpointConfigName": "c"}
    status, run = alice.post("/endpoints/", asked)
    assert (status, run["kind"], run["name"], run["state"]) == (202, "Endpoint", "m", "Queued")
    assert alice.get(f"/runs/{run['id']}/")[1]["id"] == run["id"]
    assert Run.objects.get(id=run["id"]).plan == [{"call": "CreateEndpoint", "request": asked}]
    assert alice.post(f"/runs/{run['id']}/cancel/")[0] == 204
    assert alice.post(f"/runs/{run['id']}/cancel/")[0] == 409


def test_a_create_without_a_name_is_refused_at_once(alice):
    status, problem = alice.post("/models/", {})
    assert (status, problem["code"]) == (422, "InvalidInput")
    assert "ModelName" in problem["detail"]


def test_the_services_own_words_come_through(aws, alice):
    add(aws, 1)  # job-000 is Failed: it can't be stopped
    status, problem = alice.post("/training-jobs/job-000/stop/")
    assert status == 400
    assert problem["code"] == "ValidationException"
    assert "Failed" in problem["detail"]


def test_two_connections_do_not_see_each_other(aws, alice, user):
    add(aws, 3)
    alice.connection = "no-such"
    status, problem = alice.get("/training-jobs/")
    assert (status, problem["code"]) == (404, "UnknownConnection")


def test_the_openapi_file_describes_every_route(db):
    found = json.loads(Client().get("/api/v1/openapi.json").content)
    assert found["openapi"].startswith("3.1")
    assert "/api/v1/training-jobs/{name}/stop/" in found["paths"]
    ids = [operation["operationId"] for path in found["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids))


def test_an_address_that_is_none_is_a_problem_too(alice):
    status, problem = alice.get("/no-such-things/")
    assert (status, problem["title"], problem["detail"]) == (
        404,
        "Not found",
        "There is nothing at /api/v1/no-such-things/.",
    )
