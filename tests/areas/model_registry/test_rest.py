"""Aliases, notes, comments and the comparison by REST: the same rules as on the pages, told as problems."""

import json

import pytest

ROOT = "/api/v1/model-registry/"


def send(person, method: str, path: str, body: dict | None = None):
    return getattr(person.rest, method)(ROOT + path, json.dumps(body or {}), content_type="application/json")


@pytest.fixture
def two(registry):
    registry.group()
    for number in (1, 2):
        registry.version(ModelPackageDescription=f"Number {number}")
    return registry


def test_aliases(two, cast):
    made = send(cast.alice, "put", "groups/g/aliases/candidate/", {"version": 1})
    assert (made.status_code, made.json()["package"]) == (200, "g/1")
    assert send(cast.alice, "put", "groups/g/aliases/candidate/", {"version": 2, "seen": 2}).status_code == 409
    assert send(cast.alice, "put", "groups/g/aliases/candidate/", {"version": 2, "seen": 1}).status_code == 200
    assert cast.vera.rest.get(f"{ROOT}resolve/?name=g@candidate").json()["name"] == "g/2"
    assert send(cast.alice, "put", "groups/g/aliases/candidate/", {"version": 9}).status_code == 404
    assert send(cast.alice, "put", "groups/g/aliases/Bad/", {"version": 1}).json()["code"] == "InvalidInput"
    assert send(cast.vera, "put", "groups/g/aliases/mine/", {"version": 1}).status_code == 403
    assert send(cast.charlie, "put", "groups/g/aliases/mine/", {"version": 1}).status_code in (403, 404)
    moves = cast.vera.rest.get(f"{ROOT}groups/g/aliases/history/").json()["items"]
    assert [(one["before"], one["after"]) for one in moves] == [(1, 2), (None, 1)]
    assert cast.alice.rest.delete(f"{ROOT}groups/g/aliases/candidate/").status_code == 204
    assert cast.alice.rest.delete(f"{ROOT}groups/g/aliases/candidate/").status_code == 404
    assert cast.vera.rest.get(f"{ROOT}resolve/?name=g@candidate").status_code == 404


def test_notes_and_comments(two, cast):
    assert cast.vera.rest.get(f"{ROOT}note/?name=g/1").json()["id"] == 0
    note = send(cast.alice, "put", "note/?name=g/1", {"text": "**Bold**"}).json()
    assert note["html"] == "<p><strong>Bold</strong></p>\n"
    assert send(cast.alice, "put", "note/?name=g/1", {"text": "x", "seen": 0}).status_code == 409
    assert send(cast.rosa, "put", "note/?name=g/1", {"text": "x"}).status_code == 403
    assert send(cast.alice, "put", "note/?name=g&kind=ModelPackageGroup", {"text": "x"}).status_code == 200
    said = send(cast.rosa, "post", "comments/?name=g/1", {"text": "Why?"}).json()
    assert send(cast.alice, "patch", f"comments/{said['id']}/", {"text": "Mine"}).status_code == 403
    assert send(cast.rosa, "patch", f"comments/{said['id']}/", {"text": "Why not?"}).json()["edited"]
    assert [one["text"] for one in cast.vera.rest.get(f"{ROOT}comments/?name=g/1").json()["items"]] == ["Why not?"]
    assert cast.ada.rest.delete(f"{ROOT}comments/{said['id']}/").status_code == 204  # who manages may
    assert cast.vera.rest.get(f"{ROOT}comments/?name=g/1").json()["items"][0]["text"] == ""
    assert send(cast.vera, "post", "comments/?name=g/1", {"text": "x"}).status_code == 403
    assert cast.vera.rest.get(f"{ROOT}comments/?name=g/7").status_code == 404
    assert cast.charlie.rest.get(f"{ROOT}comments/?name=g/1").status_code in (403, 404)


def test_compare(two, cast):
    send(cast.alice, "put", "groups/g/aliases/candidate/", {"version": 2})
    found = cast.vera.rest.get(f"{ROOT}compare/?old=g/1&new=g@candidate").json()
    rows = {row["label"]: row for section in found["sections"] for row in section["rows"]}
    assert (rows["Description"]["old"], rows["Description"]["new"]) == ("Number 1", "Number 2")
    assert "Image" not in rows
    everything = cast.vera.rest.get(f"{ROOT}compare/?old=g/1&new=g/2&all=true").json()
    assert any(row["label"] == "Image" for section in everything["sections"] for row in section["rows"])


def test_copy(two, cast):
    made = send(cast.alice, "post", "register/package/", {"package": "g/1", "group": "h", "make_group": True})
    assert (made.status_code, made.json()) == (201, {"name": "h/1"})
    assert two.read("h/1")["ModelPackageDescription"] == "Number 1"
    assert send(cast.rosa, "post", "register/package/", {"package": "g/1", "group": "h"}).status_code == 403
