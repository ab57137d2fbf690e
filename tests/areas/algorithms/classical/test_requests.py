"""Requests in every content type, answers in every form, and what neither is."""

import json

import numpy as np
import pytest

from areas.algorithms.formats import recordio
from areas.algorithms.formats.table import Table
from areas.algorithms.frame import requests
from areas.algorithms.frame.serving import NotPredictable, Predictor, answering
from areas.algorithms.server import Request
from tests.areas.algorithms.data import as_csv

ROWS = np.array([[1.5, 0, 2], [0, 3, 0]], np.float32)
RECORDS = "application/x-recordio-protobuf"


def _predict(features, parameters):
    if features.shape[0] > 20:
        raise NotPredictable("too many")
    sums = np.asarray(features.sum(axis=1)).ravel().astype(np.float64)
    found = {"score": sums, "pair": np.column_stack([sums, -sums])}
    return found | ({"more": sums} if parameters.get("verbose") == "true" else {})


INVOKE = answering(Predictor(_predict, columns=3, key="sums"))


def post(body, content="text/csv", accept="", invoke=INVOKE):
    return invoke(Request("POST", "/invocations", {"content-type": content, "accept": accept}, body))


def _sparse(row):
    keys = [int(key) for key in np.flatnonzero(row)]
    return {"features": {"keys": keys, "shape": [3], "values": [float(row[key]) for key in keys]}}


BODIES = {
    "csv": (as_csv(ROWS), "text/csv"),
    "csv in words": (b"1.5, 0, 2\n0,3,0", "text/csv; charset=utf-8"),
    "json": (json.dumps({"instances": [{"features": row.tolist()} for row in ROWS]}).encode(), "application/json"),
    "json values": (
        json.dumps({"instances": [{"data": {"features": {"values": row.tolist()}}} for row in ROWS]}).encode(), "application/json",
    ),
    "json sparse": (json.dumps({"instances": [{"data": _sparse(row)} for row in ROWS]}).encode(), "application/json"),
    "jsonlines": (
        b"".join(json.dumps({"features": row.tolist()}).encode() + b"\n" for row in ROWS), "application/jsonlines",
    ),
    "jsonlines sparse": (
        b"".join(json.dumps({"data": _sparse(row)}).encode() + b"\n" for row in ROWS), "application/jsonlines",
    ),
    "records": (recordio.write(Table(ROWS)), RECORDS),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_rows_are_read_from_every_content_type(name):
    response = post(*BODIES[name])
    assert response.content_type == "application/json"
    assert json.loads(response.body) == {
        "sums": [{"score": 3.5, "pair": [3.5, -3.5]}, {"score": 3.0, "pair": [3.0, -3.0]}]
    }


def test_sparse_records_are_as_wide_as_the_model():
    import scipy.sparse

    body = recordio.write(Table(scipy.sparse.csr_matrix(ROWS[:, :2])))
    assert json.loads(post(body, RECORDS).body)["sums"][0]["score"] == 1.5


def test_answers_come_in_the_form_that_is_accepted():
    body = as_csv(ROWS)
    assert post(body, accept="text/csv").body == b"3.5,3.5,-3.5\n3.0,3.0,-3.0\n"
    lines = post(body, accept="application/jsonlines")
    assert [json.loads(line)["score"] for line in lines.body.splitlines()] == [3.5, 3.0]
    assert lines.content_type == "application/jsonlines"
    assert json.loads(post(body, accept="application/json; verbose=true").body)["sums"][0]["more"] == 3.5
    assert json.loads(post(body, accept="image/png, */*").body)["sums"]
    records = list(recordio.frames(post(body, accept=RECORDS).body))
    assert len(records) == 2
    assert b"score" in bytes(records[0])


def test_the_default_form_can_be_set(monkeypatch):
    monkeypatch.setenv("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "text/csv")
    assert post(as_csv(ROWS)).content_type.startswith("text/csv")
    assert post(as_csv(ROWS), accept="*/*").content_type.startswith("text/csv")


@pytest.mark.parametrize(
    ("body", "content", "accept", "status", "words"),
    [
        (b"1,2,3", "text/plain", "", 415, "Content-Type text/plain is not supported"),
        (b"1,2,x", "text/csv", "", 415, "column 3 is 'x'"),
        (b"1,,3", "text/csv", "", 415, "missing or infinite"),
        (b"{", "application/json", "", 415, "is not JSON of the form"),
        (b'{"instances": []}', "application/json", "", 415, "at least one"),
        (b'{"instances": [{"features": [1]}, {"features": [1, 2]}]}', "application/json", "", 415, "of one width"),
        (b'{"instances": [{"x": 1}]}', "application/json", "", 415, "instances must be"),
        (b'{"features": [1,2,3]}\n{', "application/jsonlines", "", 415, "line 2 is not JSON"),
        (b'{"instances": [{"features": {"keys": [-1], "values": [1]}}]}', "application/json", "", 415, "instances must be"),
        (b"abc", RECORDS, "", 415, "Not RecordIO"),
        (b"1,2,3", "text/csv", "image/png", 406, "Accept type image/png is not supported"),
        (b"1,2", "text/csv", "", 400, "has 2 features, but the model was trained on 3"),
        (b"1,2,3\n" * 21, "text/csv", "", 400, "too many"),
    ],
)  # fmt: skip
def test_what_can_not_be_answered_says_why(body, content, accept, status, words):
    response = post(body, content, accept)
    assert response.status == status, response.body
    assert words in response.body.decode()


def test_few_lines_are_read_as_many_are():
    rows = np.random.default_rng(0).random((40, 5), np.float32)
    many = requests.read(as_csv(rows), "csv")
    few = np.concatenate([requests.read(as_csv(rows[at : at + 1]), "csv") for at in range(40)])
    assert (many == few).all()


def test_a_model_server_answers_as_the_protocol_says(trained, cancers, server):
    kmeans = trained("kmeans")
    kmeans.put("train", cancers[0])
    kmeans.fit(k=2, feature_dim=30)
    live = server("areas.algorithms.kmeans.serve:main")
    assert live.get("/ping")[0] == 200
    status, body = live.get("/execution-parameters")
    told = json.loads(body)
    assert (status, told["MaxPayloadInMB"], told["BatchStrategy"]) == (200, 6, "MULTI_RECORD")
    assert told["MaxConcurrentTransforms"] >= 1
    assert live.invoke(b"")[0] == 204
    assert live.invoke(as_csv(cancers[0][:3]), accept="text/csv")[1].count(b"\n") == 3
    assert live.invoke(b"1", content_type="text/plain")[0] == 415
    assert live.get("/nothing")[0] == 404
