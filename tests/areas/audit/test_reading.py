"""The audit log's page and REST: filters, pages, exports, and who may read what."""

import csv
import io

import orjson
import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from catalog import audit
from catalog.actor import PAGE, WIRE, Actor
from catalog.models import AuditEntry, AuditHead

ARN = "arn:aws:sagemaker:us-east-1:999999999994:"


@pytest.fixture
def log(people):
    AuditEntry.objects.all().delete()
    AuditHead.objects.all().delete()
    alice, rosa = Actor("alice", WIRE, "10.1.1.1"), Actor("rosa", PAGE, "10.1.1.2")
    audit.append(
        "CreateModelPackage", f"{ARN}model-package/churn/3", on="workbench", actor=alice,
        after={"ModelApprovalStatus": "PendingManualApproval"}, detail={"request": {"ModelPackageGroupName": "churn"}},
    )  # fmt: skip
    audit.append(
        "UpdateModelPackage", f"{ARN}model-package/churn/3", on="workbench", actor=rosa,
        before={"ModelApprovalStatus": "PendingManualApproval", "A": {"b": [1, 2]}},
        after={"ModelApprovalStatus": "Approved", "A": {"b": [1, 3]}},
        detail={"request": {"ApprovalDescription": "better than the champion"}},
    )  # fmt: skip
    audit.append(
        "DeleteModel", f"{ARN}model/m", on="workbench", actor=Actor("vera", WIRE), outcome=audit.REFUSED,
        detail={"reason": "no role allows delete_model"},
    )  # fmt: skip
    audit.append("CreateEndpoint", f"{ARN}endpoint/e", on="other", actor=alice)
    audit.append("CreateUser", "User <b>bob</b>", actor=Actor("root", PAGE), after={"name": "=cmd()"})


def numbers(person, query: str = "") -> list[int]:
    return [one["number"] for one in person.rest.get(f"/api/v1/audit/?{query}").json()["items"]]


@pytest.mark.parametrize(
    "query, found",
    [
        ("", [5, 4, 3, 2, 1]), ("user=alice", [4, 1]), ("action=DeleteModel", [3]), ("target=churn/3", [2, 1]),
        ("on=workbench", [3, 2, 1]), ("via=page", [5, 2]), ("outcome=Refused", [3]), ("text=champion", [2]),
        ("text=CHURN&via=wire", [1]), ("since=2020-01-01", [5, 4, 3, 2, 1]), ("until=2020-01-01", []),
        ("since=2999-01-01T10:00", []), ("user=nobody", []), ("text=100%25", []), ("text=_", [3]),
    ],
)  # fmt: skip
def test_filters_mean_what_they_say_on_page_and_rest(log, people, query, found):
    assert numbers(people.root, query) == found
    page = people.root.browser.get(f"/audit/?{query}").content.decode()
    assert [number for number in range(5, 0, -1) if f'id="entry-{number}"' in page] == found


def test_who_manages_one_connection_reads_its_entries_only(log, people):
    assert numbers(people.ada) == [3, 2, 1]
    assert numbers(people.ada, "on=other") == []
    assert 'id="entry-4"' not in people.ada.browser.get("/audit/").content.decode()
    assert "CreateEndpoint" not in b"".join(people.ada.browser.get("/audit/?format=csv").streaming_content).decode()
    for person in (people.vera, people.alice):
        assert person.browser.get("/audit/").status_code == 403
        assert person.rest.get("/api/v1/audit/").status_code == 403


def test_an_entry_shows_only_differences_its_reason_and_its_thing(log, people):
    page = people.root.browser.get("/audit/?action=UpdateModelPackage").content.decode()
    assert "rosa approved version 3 of churn: better than the champion" in page
    assert "A.b.1" in page
    assert "A.b.0" not in page
    assert "/model-packages/churn/3/?connection=workbench" in page


def test_it_reads_as_a_story(log, people):
    page = people.root.browser.get("/audit/?view=story").content.decode()
    for sentence in (
        "alice registered version 3 of churn", "rosa approved version 3 of churn: better than the champion",
        "vera was not allowed to delete model m: no role allows delete_model", "alice created endpoint e",
        "root created user &lt;b&gt;bob&lt;/b&gt;",
    ):  # fmt: skip
        assert sentence in page, sentence


def test_exports_hold_what_the_filter_shows(log, people):
    answer = people.root.browser.get("/audit/?format=csv&via=page")
    assert 'filename="audit.csv"' in answer["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [row["number"] for row in rows] == ["5", "2"]
    lines = b"".join(people.root.browser.get("/audit/?format=jsonl&user=alice").streaming_content).splitlines()
    assert [orjson.loads(line)["number"] for line in lines] == [4, 1]
    entry = AuditEntry.objects.get(number=1)
    assert orjson.loads(lines[1])["hash"] == entry.hash
    assert orjson.loads(lines[1])["after"] == entry.after


def test_no_cell_is_a_formula(log, people):
    audit.append("CreateUser", "=HYPERLINK()", actor=Actor("root", PAGE))
    text = b"".join(people.root.browser.get("/audit/?format=csv").streaming_content).decode()
    assert "'=HYPERLINK()" in text


def test_a_bad_time_is_a_sentence_and_shows_nothing(log, people):
    answer = people.root.browser.get("/audit/?since=yesterday")
    assert answer.status_code == 400
    assert "since must be a date or time" in answer.content.decode()
    assert people.root.rest.get("/api/v1/audit/?since=yesterday").status_code == 422


def test_pages_go_by_number_both_ways_at_the_same_cost(people):
    AuditEntry.objects.all().delete()
    AuditHead.objects.all().delete()
    for number in range(120):
        audit.append("UpdateModel", f"Model m{number}", on="workbench")

    def shown(query):
        with CaptureQueriesContext(database) as queries:
            page = people.root.browser.get(f"/audit/?{query}").content.decode()
        return [number for number in range(120, 0, -1) if f'id="entry-{number}"' in page], len(queries), page

    shown("")  # what the sidebar counts is kept for a moment
    first, cost, page = shown("action=UpdateModel")
    assert first == list(range(120, 70, -1))
    assert "action=UpdateModel&amp;before=71" in page
    second, again, page = shown("action=UpdateModel&before=71")
    assert second == list(range(70, 20, -1))
    assert again == cost
    assert "after=70" in page
    assert shown("before=21")[0] == list(range(20, 0, -1))
    assert shown("after=70")[0] == first
    assert shown("before=nonsense")[0] == first
    found = people.root.rest.get("/api/v1/audit/?limit=100").json()
    rest = people.root.rest.get(f"/api/v1/audit/?limit=100&cursor={found['next_cursor']}").json()
    assert [one["number"] for one in found["items"] + rest["items"]] == list(range(120, 0, -1))
    assert rest["next_cursor"] is None
