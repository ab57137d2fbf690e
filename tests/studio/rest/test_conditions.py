"""ETags: 304 for what hasn't changed, 412 for a change of what has."""

import pytest

SOURCE = {"SourceUri": "https://example.org/1"}


@pytest.fixture
def action(alice):
    assert alice.post("/actions/", {"ActionName": "review", "ActionType": "a", "Source": SOURCE})[0] == 201
    return "/actions/review/"


def tag(caller, path: str) -> str:
    return caller.ask("get", path)["ETag"]


@pytest.mark.parametrize("path", ["/actions/review/", "/actions/", "/actions/review/tags/", "/me/", "/connections/"])
def test_what_has_not_changed_is_not_sent_again(alice, action, path):
    etag = tag(alice, path)
    again = alice.ask("get", path, **{"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert alice.ask("get", path, **{"If-None-Match": '"another"'}).status_code == 200


def test_a_page_with_a_cursor_keeps_its_etag(alice, action):
    alice.post("/actions/", {"ActionName": "review-2", "ActionType": "a", "Source": SOURCE})
    assert tag(alice, "/actions/?limit=1") == tag(alice, "/actions/?limit=1")


def test_a_change_of_what_has_changed_is_refused(alice, action):
    seen = tag(alice, action)
    first = alice.ask("patch", action, {"Status": "Completed"}, **{"If-Match": seen})
    assert (first.status_code, first.json()["status"]) == (200, "Completed")
    second = alice.ask("patch", action, {"Status": "Failed"}, **{"If-Match": seen})
    assert (second.status_code, second.json()["code"]) == (412, "PreconditionFailed")
    assert alice.get(action)[1]["status"] == "Completed"
    assert alice.ask("delete", action, **{"If-Match": seen}).status_code == 412
    assert alice.ask("delete", action, **{"If-Match": tag(alice, action)}).status_code == 204
    assert alice.ask("delete", action, **{"If-Match": "*"}).status_code == 404


def test_it_guards_areas_of_their_own_ways_too(aws, alice):
    from areas.datasets.models import Dataset

    Dataset.objects.create(connection_id=aws.connection.id, name="penguins")
    seen = tag(alice, "/datasets/penguins/")
    assert alice.ask("patch", "/datasets/penguins/", {"title": "P"}, **{"If-Match": seen}).status_code == 200
    assert alice.ask("patch", "/datasets/penguins/", {"title": "Q"}, **{"If-Match": seen}).status_code == 412
    assert alice.get("/datasets/penguins/")[1]["title"] == "P"


def test_while_one_changes_it_another_is_refused(aws, alice, action):
    from studio.rest.claims import OneAtATime

    held = OneAtATime(f"{aws.connection.id} /api/v1{action}")
    refused = alice.ask("patch", action, {"Status": "Failed"}, **{"If-Match": tag(alice, action)})
    assert (refused.status_code, refused.json()["code"]) == (409, "BeingChanged")
    held.release()
    assert alice.ask("patch", action, {"Status": "Failed"}, **{"If-Match": tag(alice, action)}).status_code == 200


def test_what_cant_be_read_cant_be_compared(alice):
    answer = alice.ask("post", "/notifications/read/", {}, **{"If-Match": "*"})
    assert answer.status_code == 412 and "can't be read" in answer.json()["detail"]
