"""Artifacts of MLflow's clients: through the engine into S3, and logged models with their files."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from catalog import bin
from catalog.models import Binned
from tests.areas.experiments.mlflow_stage import Raw


@pytest.fixture
def raw(aws) -> Raw:
    return Raw(aws)


@pytest.fixture
def run(raw) -> tuple[str, str]:
    """(experiment, run)"""
    experiment = raw.experiment()
    return experiment, raw.run(experiment)


def test_a_file_comes_back_and_lies_in_s3(aws, raw, run):
    experiment, number = run
    root = f"{experiment}/{number}/artifacts"
    whole = bytes(range(256)) * 9000  # more than S3 answers in one piece
    for name, body in (("a b/ü.bin", whole), ("empty", b""), ("a.txt", b"old"), ("a.txt", b"new")):
        assert raw.send("PUT", f"mlflow-artifacts/artifacts/{root}/{name}", body)[:2] == (200, b"{}")
    assert raw.send("GET", f"mlflow-artifacts/artifacts/{root}/a b/ü.bin")[1] == whole
    status, part, headers = raw.send("GET", f"mlflow-artifacts/artifacts/{root}/a b/ü.bin", Range="bytes=10-19")
    assert (status, part) == (206, whole[10:20]) and headers["content-disposition"] == "attachment"
    assert raw.send("GET", f"mlflow-artifacts/artifacts/{root}/empty")[:2] == (200, b"")
    body = aws.client("s3").get_object(Bucket=aws.connection.default_bucket, Key=f"mlflow/{root}/a.txt")["Body"].read()
    assert body == b"new"
    listed = raw("GET", "artifacts/list", run_id=number)[1]
    assert listed["root_uri"] == f"mlflow-artifacts:/{root}" == raw.whole(number)["info"]["artifact_uri"]
    assert [(one["path"], one["is_dir"], one.get("file_size")) for one in listed["files"]] == [
        ("a b", True, None), ("a.txt", False, 3), ("empty", False, 0),
    ]  # fmt: skip
    below = raw("GET", "artifacts/list", run_id=number, path="a b")[1]["files"]
    assert below == [{"path": "a b/ü.bin", "is_dir": False, "file_size": len(whole)}]
    assert (
        json.loads(raw.send("GET", "mlflow-artifacts/artifacts", None, {"path": f"{root}/a b"})[1])["files"][0]["path"]
        == "ü.bin"
    )
    assert raw.send("DELETE", f"mlflow-artifacts/artifacts/{root}/a b")[0] == 200
    assert [one["path"] for one in raw("GET", "artifacts/list", run_id=number)[1]["files"]] == ["a.txt", "empty"]


def test_a_path_that_leads_elsewhere_is_refused(raw, run):
    experiment, number = run
    root = f"mlflow-artifacts/artifacts/{experiment}/{number}/artifacts"
    for path in ("../x", "a/../../x", "a//b", "./a", "a%5Cb", "a%23b", "a%0Ab", "%2e%2e/x", "..%2fx"):
        status, body, _ = raw.send("PUT", f"{root}/{path}", b"x")
        assert (status, json.loads(body)["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), path
    for path in (
        "1/2/artifacts/x",
        f"{experiment}/{'0' * 32}/artifacts/x",
        f"999999/{number}/artifacts/x",
        "x",
        "a/b/c/d",
    ):
        assert raw.send("PUT", f"mlflow-artifacts/artifacts/{path}", b"x")[0] == 404, path
    assert raw.send("GET", f"{root}/nothing")[0] == 404
    assert raw("GET", "artifacts/list", run_id=number)[1]["files"] == []


def test_a_large_file_comes_in_parts(raw, run):
    experiment, number = run
    parts = [b"a" * (5 << 20), b"b" * 100]
    root = f"{experiment}/{number}/artifacts"
    begin = {"path": "/home/me/big.bin", "num_parts": 2}
    status, body, _ = raw.send("POST", f"mlflow-artifacts/mpu/create/{root}/sub", json.dumps(begin).encode())
    made = json.loads(body)
    assert status == 200 and [one["part_number"] for one in made["credentials"]] == [1, 2]
    sent = []
    for one, part in zip(made["credentials"], parts, strict=True):
        status, _, headers = Raw.send(raw, "PUT", one["url"], part, **one["headers"])
        assert status == 200
        sent.append({"part_number": one["part_number"], "etag": headers["etag"], "url": one["url"]})
    stranger = raw.authorization
    raw.authorization = ""
    assert raw.send("PUT", made["credentials"][0]["url"], b"x")[0] == 401  # the address alone opens nothing
    raw.authorization = stranger
    done = {"path": "/home/me/big.bin", "upload_id": made["upload_id"], "parts": sent}
    assert raw.send("POST", f"mlflow-artifacts/mpu/complete/{root}/sub", json.dumps(done).encode())[0] == 200
    assert raw.send("GET", f"mlflow-artifacts/artifacts/{root}/sub/big.bin")[1] == b"".join(parts)


def test_a_logged_model_is_made_filled_and_found(raw, run):
    experiment, number = run
    given = {
        "experiment_id": experiment, "name": "clf", "model_type": "Classifier", "source_run_id": number,
        "params": [{"key": "C", "value": "0.5"}], "tags": [{"key": "stage", "value": "new"}],
    }  # fmt: skip
    info = raw("POST", "logged-models", given)[1]["model"]["info"]
    model = info["model_id"]
    assert (info["status"], info["artifact_uri"]) == (
        "LOGGED_MODEL_PENDING", f"mlflow-artifacts:/{experiment}/models/{model}/artifacts",
    )  # fmt: skip
    assert (
        raw.send("PUT", f"mlflow-artifacts/artifacts/{experiment}/models/{model}/artifacts/MLmodel", b"flavors: {}")[0]
        == 200
    )
    files = raw("GET", f"logged-models/{model}/artifacts/directories")[1]["files"]
    assert files == [{"path": "MLmodel", "is_dir": False, "file_size": 11}]
    raw("PATCH", f"logged-models/{model}", {"model_id": model, "status": 2})
    raw(
        "PATCH",
        f"logged-models/{model}/tags",
        {"tags": [{"key": "stage", "value": "ready"}, {"key": "x", "value": ""}]},
    )
    assert raw("DELETE", f"logged-models/{model}/tags/x")[0] == 200
    raw("POST", "runs/outputs", {"run_id": number, "models": [{"model_id": model, "step": 3}]})
    for step, value in ((1, 0.7), (2, 0.9), (1, 0.1)):
        raw("POST", "runs/log-metric", {
            "run_id": number, "key": "auc", "value": value, "timestamp": 1700000000000, "step": step, "model_id": model,
            "dataset_name": "test", "dataset_digest": "d1",
        })  # fmt: skip
    whole = raw("GET", f"logged-models/{model}")[1]["model"]
    assert (whole["info"]["status"], whole["info"]["tags"]) == (
        "LOGGED_MODEL_READY",
        [{"key": "stage", "value": "ready"}],
    )
    assert [(one["key"], one["value"], one["dataset_name"], one["run_id"]) for one in whole["data"]["metrics"]] == [
        ("auc", 0.9, "test", number)
    ]
    assert raw.whole(number)["outputs"]["model_outputs"] == [{"model_id": model, "step": 3}]
    raw("POST", "logged-models", {"experiment_id": experiment, "name": "other"})

    def names(**search) -> list[str]:
        found = raw("POST", "logged-models/search", {"experiment_ids": [experiment], **search})[1]["models"]
        return [one["info"]["name"] for one in found]

    assert names() == ["other", "clf"] and names(order_by=[{"field_name": "name"}]) == ["clf", "other"]
    assert names(filter="metrics.auc > 0.8 AND params.C = '0.5'") == names(filter="tags.stage LIKE 'r%'") == ["clf"]
    assert names(filter="metrics.auc > 0.8", datasets=[{"dataset_name": "train"}]) == []
    assert names(order_by=[{"field_name": "metrics.auc", "ascending": False}], max_results=1) == ["clf"]
    assert names(filter="name = 'other'") == names(filter="params.C IS NULL") == ["other"]
    assert raw("DELETE", f"logged-models/{model}")[0] == 200
    assert raw("GET", f"logged-models/{model}")[0] == 404 and names() == ["other"]


def test_what_leaves_the_bin_takes_its_files_along(aws, raw, run):
    experiment, number = run
    kept = raw.run(experiment)
    for one in (number, kept):
        raw.send("PUT", f"mlflow-artifacts/artifacts/{experiment}/{one}/artifacts/a/b.txt", b"x")
    raw("POST", "runs/delete", {"run_id": number})
    Binned.objects.filter(record__name=number).update(at=timezone.now() - timedelta(days=400))
    bin.purge(timezone.now() - timedelta(days=399))
    assert raw("GET", "runs/get", run_id=number)[0] == 404
    listed = aws.client("s3").list_objects_v2(Bucket=aws.connection.default_bucket, Prefix="mlflow/")["Contents"]
    assert [one["Key"] for one in listed] == [f"mlflow/{experiment}/{kept}/artifacts/a/b.txt"]
