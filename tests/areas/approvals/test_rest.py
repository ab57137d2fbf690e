"""The desk by REST: the same rules, told as problems."""

import json

import pytest

from registry.approvals import ApprovalPolicy
from tests.registry.desk import fresh

ROOT = "/api/v1/approvals/"


def post(client, address: str, body: dict | None = None, method: str = "post"):
    return getattr(client, method)(ROOT + address, json.dumps(body or {}), content_type="application/json")


def test_from_registration_to_approval(desk):
    desk.policy(approvals=2, roles=["Reviewer"])
    request = desk.version()
    rosa, remi = desk.cast.rosa.rest, desk.cast.remi.rest
    listed = rosa.get(ROOT + "?state=waiting").json()
    assert [one["name"] for one in listed["items"]] == [request.name]
    told = rosa.get(f"{ROOT}{request.id}/").json()
    assert (told["state"], told["needed"], told["authors"]) == ("Open", 2, [desk.cast.alice.name])
    first = post(rosa, f"{request.id}/vote/", {"choice": "approve", "seen": told["seen"]})
    assert (first.status_code, first.json()["approvals"]) == (200, [desk.cast.rosa.name])
    second = post(remi, f"{request.id}/vote/", {"choice": "approve", "comment": "good"}).json()
    assert second["state"] == "Approved"
    assert desk.status(request) == "Approved"
    assert [line["kind"] for line in second["thread"]] == ["opened", "vote", "vote", "decided"]
    again = post(remi, f"{request.id}/vote/", {"choice": "approve"})
    assert (again.status_code, again.json()["code"]) == (409, "Conflict")


@pytest.mark.parametrize(("who", "status"), [("alice", 403), ("dan", 403), ("vera", 403), ("charlie", 403)])
def test_refused(desk, who, status):
    desk.policy()
    request = desk.version(by=desk.cast.alice)
    answer = post(getattr(desk.cast, who).rest, f"{request.id}/vote/", {"choice": "approve"})
    assert answer.status_code in (status, 404)
    assert answer["Content-Type"].startswith("application/problem+json")
    assert not request.votes.exists()


def test_author_with_a_reviewers_role_is_refused(desk):
    desk.policy()
    request = desk.version(by=desk.cast.ada)
    answer = post(desk.cast.ada.rest, f"{request.id}/vote/", {"choice": "approve"})
    assert (answer.status_code, answer.json()["code"]) == (403, "AccessDenied")
    assert "is an author of this version" in answer.json()["detail"]


def test_generic_route_cant_go_around(desk):
    """The generic route for ModelPackages is a wire call like any other."""
    desk.policy()
    request = desk.version()
    answer = desk.cast.rosa.rest.patch(
        f"/api/v1/model-packages/{request.name}/", json.dumps({"ModelApprovalStatus": "Approved"}),
        content_type="application/json",
    )  # fmt: skip
    assert answer.status_code in (403, 404, 405)
    assert desk.status(request) == "PendingManualApproval"


def test_policies(desk):
    ada = desk.cast.ada.rest
    body = {"name": f"p-{desk.aws.number}", "groups": desk.group, "approvals": 2, "roles": ["Reviewer"],
            "checks": [{"kind": "bias_report"}]}  # fmt: skip
    made = post(ada, "policies/", body)
    assert made.status_code == 201, made.content
    number = made.json()["id"]
    assert made.json()["checks"] == [{"kind": "bias_report", "required": True}]
    assert number in [one["id"] for one in ada.get(ROOT + "policies/").json()["items"]]
    changed = post(ada, f"policies/{number}/", {**body, "approvals": 3, "version": 1}, "put")
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert post(ada, f"policies/{number}/", {**body, "version": 1}, "put").status_code == 409
    wrong = post(ada, "policies/", {**body, "name": "x", "approvals": 0})
    assert (wrong.status_code, wrong.json()["errors"][0]["at"]) == (400, "approvals")
    assert post(desk.cast.rosa.rest, "policies/", {**body, "name": "mine"}).status_code == 403
    assert post(ada, "policies/", {**body, "name": "wide", "everywhere": True}).status_code == 403
    versions = ada.get(f"{ROOT}policies/{number}/versions/").json()["items"]
    assert [one["document"]["approvals"] for one in versions] == [3, 2]
    request = desk.version()
    lines = post(ada, "policies/preview/", {**body, "approvals": 1}).json()["items"]
    assert lines[0]["name"] == request.name and not lines[0]["would_pass"]
    assert ada.delete(f"{ROOT}policies/{number}/").status_code == 204
    assert not ApprovalPolicy.objects.filter(id=number).exists()


def test_asking_commenting_and_taking_back(desk):
    desk.policy()
    request = desk.version()
    rosa, alice = desk.cast.rosa.rest, desk.cast.alice.rest
    assert post(alice, f"{request.id}/comments/", {"comment": "trained on more data"}).status_code == 201
    assert post(desk.cast.vera.rest, f"{request.id}/comments/", {"comment": "hm"}).status_code == 403
    post(rosa, f"{request.id}/vote/", {"choice": "approve"})
    assert post(alice, f"{request.id}/take-back/", {"reason": "no"}).status_code == 403
    assert post(rosa, f"{request.id}/take-back/", {"reason": "drifts"}).json()["state"] == "Rejected"
    asked = post(alice, "", {"name": request.name})
    assert (asked.status_code, asked.json()["state"]) == (201, "Open")
    assert fresh(request).state == "Rejected"


def test_paging(desk):
    for _ in range(3):
        desk.version()
    rosa = desk.cast.rosa.rest
    first = rosa.get(ROOT + "?limit=2").json()
    second = rosa.get(f"{ROOT}?limit=2&cursor={first['next_cursor']}").json()
    names = [one["name"] for one in first["items"] + second["items"]]
    assert names == [f"{desk.group}/{number}" for number in (3, 2, 1)]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(("address", "body"), [
    ("policies/", {"name": "n", "roles": ["a\x00b"]}), ("policies/", {"name": "a\x00"}), ("policies/", {"name": "\ud800"}),
    ("policies/", {"name": "n", "checks": [{"kind": "metric", "metric": "a\x00", "at_least": 1}]}),
    ("policies/", {"name": "n", "checks": [{"kind": "smoke", "samples": ["a\x00"]}]}),
    ("policies/", {"name": "n", "checks": [{"kind": "smoke", "samples": [" "]}]}),
    ("policies/", {"name": "n", "checks": [{"kind": "metric", "metric": "m", "at_least": 1e999}]}),
    ("policies/", {"name": "n", "checks": [[]]}), ("policies/", {"name": "n", "on_approval": {"endpoint": "{x}"}}),
    ("policies/", {"name": "n", "approvals": 10**30}), ("", {"name": "a\x00"}),
    ("99999999999999999999999/vote/", {"choice": "approve"}), ("policies/preview/", {"name": "\x00", "groups": "["}),
])  # fmt: skip
def test_what_cant_be_stored_is_refused(desk, address, body):
    answer = post(desk.cast.ada.rest, address, body)
    assert 400 <= answer.status_code < 500, answer.content


def test_numbers_out_of_range_on_pages(desk):
    for address in ("99999999999999999999999/", "policies/99999999999999999999999/",
                    "policies/99999999999999999999999/versions/"):  # fmt: skip
        assert desk.cast.ada.browser.get(f"/approvals/{address}").status_code == 404
