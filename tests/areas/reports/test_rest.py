"""Reports by REST: the same use cases as the pages."""

import json

from django.test import Client

from tests.areas.reports.conftest import CURVES, TABLE

ROOT = "/api/v1/reports/"


def send(client, method: str, path: str, body=None, **headers):
    content = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    return client.generic(method, path, **content, headers=headers)


def test_the_life_of_a_report(cast, runs):
    rest = cast.alice.rest
    made = send(rest, "POST", ROOT, {"title": "Depth", "blocks": [CURVES, {"kind": "text", "text": "a"}]})
    assert made.status_code == 201
    path = made["Location"]
    first = rest.get(path)
    assert first.json()["version"] == 1 and first.json()["blocks"][0]["by"] == cast.alice.name
    blocks = first.json()["blocks"][1:]
    changed = send(rest, "PATCH", path, {"blocks": blocks, "note": "less"}, **{"If-Match": first["ETag"]})
    assert changed.json()["version"] == 2
    assert send(rest, "PATCH", path, {"title": "late"}, **{"If-Match": first["ETag"]}).status_code == 412
    assert [one["note"] for one in rest.get(f"{path}versions/").json()] == ["less", ""]
    assert len(rest.get(f"{path}versions/1/").json()["blocks"]) == 2
    assert rest.post(f"{path}versions/1/restore/").json()["version"] == 3
    wrong = send(rest, "PATCH", path, {"blocks": [{"kind": "poem"}]})
    assert wrong.status_code == 422 and wrong.json()["errors"][0]["at"] == "blocks.0.kind"
    assert cast.vera.rest.get(path).status_code == 404
    assert send(rest, "PATCH", path, {"visible": "connection"}).status_code == 200
    assert cast.vera.rest.get(path).json()["title"] == "Depth"
    assert [one["title"] for one in cast.vera.rest.get(ROOT).json()["items"]] == ["Depth"]
    assert cast.dan.rest.delete(path).status_code == 403
    assert rest.delete(path).status_code == 204 and rest.get(path).status_code == 404


def test_a_link_by_rest(cast, runs):
    rest = cast.alice.rest
    path = send(rest, "POST", ROOT, {"title": "Depth", "blocks": [TABLE], "visible": "connection"})["Location"]
    frozen = rest.post(f"{path}snapshots/").json()
    made = send(rest, "POST", f"{path}links/", {"snapshot": frozen["id"]}, **{"Idempotency-Key": "once"})
    assert made.status_code == 201 and made["Cache-Control"] == "no-store"
    shared = "/" + made.json()["url"].split("/", 3)[3]
    assert "churn-3" in Client().get(shared, headers={"Accept": "text/html"}).content.decode()
    again = send(rest, "POST", f"{path}links/", {"snapshot": frozen["id"]}, **{"Idempotency-Key": "once"})
    assert again.status_code == 409  # the answer held a secret
    listed = rest.get(f"{path}links/").json()
    assert len(listed) == 1 and listed[0]["times"] == 1 and "url" not in listed[0]
    assert cast.dan.rest.get(f"{path}links/").status_code == 403
    assert send(cast.dan.rest, "POST", f"{path}links/", {}).status_code == 403
    assert send(rest, "POST", f"{path}links/", {"expires": "2020-01-01T00:00:00Z"}).status_code == 422
    assert rest.delete(f"{path}links/{listed[0]['id']}/").status_code == 204
    assert Client().get(shared).status_code == 404
