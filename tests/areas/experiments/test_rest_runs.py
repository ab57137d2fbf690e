"""Runs by REST: found, measured, changed, archived, put into the bin and brought back."""

import io
import json

import pyarrow.parquet as pq
import pytest

from catalog import bin as bin_
from catalog.models import Record
from catalog.runs import RunRow

RUNS = "/api/v1/trial-components"


@pytest.fixture
def churn(aws):
    """An experiment of three runs."""
    sagemaker = aws.client("sagemaker")
    sagemaker.create_experiment(ExperimentName="churn")
    sagemaker.create_trial(TrialName="trees", ExperimentName="churn")
    for place in (1, 2, 3):
        name = f"tree-{place}"
        sagemaker.create_trial_component(TrialComponentName=name, Parameters={"depth": {"NumberValue": place}})
        sagemaker.associate_trial_component(TrialComponentName=name, TrialName="trees")


def send(client, method: str, path: str, body=None, **headers):
    content = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    return client.generic(method, path, **content, headers=headers)


def test_points_that_were_sent_are_read_again_in_every_form(cast, churn):
    rest = cast.alice.rest
    points = [
        {"name": "auc", "value": place / 40, "step": place, "time": "2026-01-01T00:00:00Z"} for place in range(25)
    ]
    points += [{"name": "odd", "value": "NaN"}, {"name": "odd", "value": "Infinity", "step": 1}]
    answer = send(rest, "POST", f"{RUNS}/tree-1/metrics/", {"points": points})
    assert (answer.status_code, answer.json()) == (200, {"added": 27})
    told = {one["name"]: one for one in rest.get(f"{RUNS}/tree-1/metrics/").json()}
    assert (told["auc"]["last"], told["auc"]["max_step"], told["auc"]["count"]) == (0.6, 24, 25)
    assert told["odd"]["last"] == "Infinity" and told["odd"]["count"] == 2
    read = f"{RUNS}/tree-1/metrics/points/?metric=auc"
    found = rest.get(f"{read}&steps=5,7").json()
    assert found["step"] == [5, 6, 7] and found["value"] == [0.125, 0.15, 0.175] and found["count"] == 25
    lines = rest.get(read, headers={"Accept": "text/csv"}).content.decode().splitlines()
    assert lines[1] == "auc,0,1767225600.0,0.0" and len(lines) == 26
    table = pq.read_table(io.BytesIO(rest.get(read, headers={"Accept": "application/vnd.apache.parquet"}).content))
    assert table["step"].to_pylist() == list(range(25))
    assert rest.get(f"{RUNS}/tree-1/metrics/points/?metric=none").status_code == 404


def test_runs_of_an_experiment_by_query_in_pages_with_columns(cast, churn):
    rest = cast.vera.rest
    send(cast.alice.rest, "POST", f"{RUNS}/tree-2/metrics/", {"points": [{"name": "val, loss", "value": 0.5}]})
    columns = 'params.depth,metrics."val, loss".min,status'
    query = {"q": "params.depth > 1", "sort": "-params.depth", "columns": columns}
    found = rest.get("/api/v1/experiments/churn/runs/", {**query, "limit": 1})
    page = found.json()
    assert [one["name"] for one in page["items"]] == ["tree-3"] and 'rel="next"' in found["Link"]
    again = rest.get("/api/v1/experiments/churn/runs/", {**query, "cursor": page["next_cursor"]})
    item = again.json()["items"][0]
    assert item["name"] == "tree-2" and item["values"] == {
        "params.depth": 2.0, 'metrics."val, loss".min': 0.5, "status": item["values"]["status"],
    }  # fmt: skip
    assert again.json()["next_cursor"] is None
    for wrong in ({"q": "params.depth >"}, {"columns": "nothing"}, {"sort": "what is this"}):
        assert rest.get("/api/v1/experiments/churn/runs/", wrong).status_code == 422, wrong
    assert rest.get("/api/v1/experiments/none/runs/").status_code == 404


def test_parameters_notes_and_the_archive(cast, churn):
    rest = cast.alice.rest
    changed = send(
        rest, "PATCH", f"{RUNS}/tree-1/parameters/", {"parameters": {"depth": None, "lr": 0.1, "kind": "adam"}}
    )
    assert (
        changed.json() == {"parameters": {"lr": 0.1, "kind": "adam"}} == rest.get(f"{RUNS}/tree-1/parameters/").json()
    )
    tag = rest.get(f"{RUNS}/tree-1/note/")["ETag"]
    assert send(rest, "PUT", f"{RUNS}/tree-1/note/", {"note": "good"}, **{"If-Match": tag}).json() == {"note": "good"}
    assert send(rest, "PUT", f"{RUNS}/tree-1/note/", {"note": "late"}, **{"If-Match": tag}).status_code == 412
    assert [rest.post(f"{RUNS}/tree-1/{act}/").json()["changed"] for act in ("archive", "archive", "unarchive")] == [
        True,
        False,
        True,
    ]
    assert rest.post(f"{RUNS}/tree-1/archive/").status_code == 200
    names = {one["name"] for one in rest.get("/api/v1/experiments/churn/runs/").json()["items"]}
    assert names == {"tree-2", "tree-3"}
    assert len(rest.get("/api/v1/experiments/churn/runs/?archived=true").json()["items"]) == 3


def test_a_request_that_comes_twice_is_done_once(cast, churn):
    body = {"points": [{"name": "auc", "value": 0.5}]}
    answers = [
        send(cast.alice.rest, "POST", f"{RUNS}/tree-1/metrics/", body, **{"Idempotency-Key": "k"}) for _ in range(2)
    ]
    assert answers[1]["Idempotent-Replayed"] == "true"
    assert cast.alice.rest.get(f"{RUNS}/tree-1/metrics/").json()[0]["count"] == 1


def test_the_bin_gives_back(cast, aws, churn):
    bin_.put(Record.objects.get(connection=aws.connection, kind="TrialComponent", name="tree-3"))
    found = cast.vera.rest.get("/api/v1/deleted-runs/").json()["items"]
    assert [one["name"] for one in found] == ["tree-3"] and found[0]["gone"] > found[0]["deleted"]
    restore = f"/api/v1/deleted-runs/{found[0]['id']}/restore/"
    assert cast.vera.rest.post(restore).status_code == 403
    assert cast.alice.rest.post(restore).status_code == 204
    assert cast.alice.rest.get(f"{RUNS}/tree-3/").status_code == 200
    assert cast.alice.rest.post(restore).status_code == 404


def test_who_only_views_changes_nothing(cast, aws, churn):
    rest = cast.vera.rest
    asked = [("POST", "metrics/", {"points": [{"name": "a", "value": 1}]}), ("PATCH", "parameters/", {"parameters": {}}),
             ("PUT", "note/", {"note": "x"}), ("POST", "archive/", None), ("POST", "stop/", None)]  # fmt: skip
    assert [send(rest, method, f"{RUNS}/tree-1/{path}", body).status_code for method, path, body in asked] == [403] * 5
    assert cast.charlie.rest.get("/api/v1/experiments/churn/runs/").status_code in (403, 404)
    assert not RunRow.objects.filter(record__connection=aws.connection).exclude(note="").exists()


def test_a_run_without_a_job_is_marked_as_stopped_once(cast, churn):
    assert cast.alice.rest.post(f"{RUNS}/tree-1/stop/").status_code == 204
    assert cast.alice.rest.get(f"{RUNS}/tree-1/").json()["document"]["Status"]["PrimaryStatus"] == "Stopped"
    assert cast.alice.rest.post(f"{RUNS}/tree-1/stop/").status_code == 409
