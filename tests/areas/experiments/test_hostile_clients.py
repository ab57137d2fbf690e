"""MLflow's API against clients that send what no client of MLflow's would: each is told so (4xx), and nobody waits for long."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.areas.experiments.mlflow_stage import Raw

HALF = "\ud800"  # half a surrogate pair, which JSON may write


@pytest.fixture
def raw(aws) -> Raw:
    return Raw(aws)


@pytest.fixture
def run(raw) -> str:
    return raw.run(raw.experiment())


@pytest.mark.parametrize(("path", "given"), [
    ("runs/log-parameter", {"key": "k", "value": HALF}), ("runs/set-tag", {"key": HALF, "value": "v"}),
    ("runs/update", {"status": []}), ("runs/update", {"status": {"a": 1}}),
    ("runs/update", {"run_name": "a\0b"}),
    ("runs/log-metric", {"key": "m", "value": 10**400, "timestamp": 1}),
    ("runs/log-metric", {"key": "m\0", "value": 1, "timestamp": 1}),
    ("runs/log-inputs", {"datasets": [{"dataset": 5}]}), ("runs/log-inputs", {"models": [{"model_id": "m", "step": "x"}]}),
    ("runs/outputs", {"models": [{"model_id": "m", "step": 10**30}]}), ("runs/log-model", {"model_json": "[" * 50_000}),
    ("runs/search", {"filter": "metrics.a > 1 AND " * 500 + "metrics.a > 1"}), ("runs/search", {"filter": "a " * 1_000_000}),
    ("runs/search", {"filter": f"params.a IN ({','.join(['1'] * 9)})"}), ("runs/search", {"order_by": ["metrics.m"] * 100}),
    ("runs/search", {"run_view_type": "9" * 5000}), ("experiments/search", {"filter": f"experiment_id = '{'9' * 5000}' x"}),
], ids=str)  # fmt: skip
def test_what_is_no_input_is_refused(raw, run, path, given):
    start = time.monotonic()
    status, said = raw("POST", path, {"run_id": run, "experiment_ids": ["1"], **given})
    assert 400 <= status < 500 and said["error_code"], said
    assert time.monotonic() - start < 10


def test_a_tag_that_says_nothing_of_models(raw, run):
    """MLflow 2's clients keep a list in it; somebody may have written anything."""
    model = json.dumps({"run_id": run, "artifact_path": "a", "utc_time_created": "x", "flavors": {"f": "\0"}})
    for value in ("5", "{}", "[", "[" * 7000):
        raw("POST", "runs/set-tag", {"run_id": run, "key": "mlflow.log-model.history", "value": value})
        assert raw("POST", "runs/log-model", {"run_id": run, "model_json": model})[0] == 200
        tagged = {one["key"]: one["value"] for one in raw.whole(run)["data"]["tags"]}
        assert [one["artifact_path"] for one in json.loads(tagged["mlflow.log-model.history"])] == ["a"]


def test_many_at_once_lose_nothing(raw, run):
    def log(number: int) -> list[int]:
        each = {"run_id": run, "timestamp": number}
        return [
            raw("POST", "runs/log-parameter", {**each, "key": f"p{number}", "value": "v"})[0],
            raw("POST", "runs/set-tag", {**each, "key": f"t{number}", "value": "v"})[0],
            raw("POST", "runs/log-metric", {**each, "key": "m", "value": number, "step": number})[0],
        ]

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(log, range(12)))
    assert {status for each in answers for status in each} == {200}
    data = raw.whole(run)["data"]
    assert {one["key"] for one in data["params"]} == {f"p{number}" for number in range(12)}
    assert {f"t{number}" for number in range(12)} <= {one["key"] for one in data["tags"]}
    points = raw("GET", "metrics/get-history", run_id=run, metric_key="m")[1]["metrics"]
    assert sorted(one["step"] for one in points) == list(range(12))


def test_an_experiment_goes_while_runs_are_logged(raw):
    """Whoever logs is told so once it is gone, never with a fault; nothing is lost of what was taken."""
    experiment = raw.experiment("gone")
    runs = [raw.run(experiment) for _ in range(3)]

    def log(run: str) -> list[int]:
        return [
            raw("POST", "runs/log-batch", {
                "run_id": run, "metrics": [{"key": "m", "value": 1, "timestamp": at, "step": at}],
                "params": [{"key": f"p{at}", "value": "v"}], "tags": [],
            })[0] for at in range(8)
        ]  # fmt: skip

    with ThreadPoolExecutor(4) as pool:
        logged = [pool.submit(log, run) for run in runs]
        deleted = pool.submit(raw, "POST", "experiments/delete", {"experiment_id": experiment}).result()
        answers = [one.result() for one in logged]
    assert deleted[0] == 200
    assert {status for each in answers for status in each} <= {200, 400, 404}, answers
    assert raw("POST", "experiments/restore", {"experiment_id": experiment})[0] == 200
    for run, statuses in zip(runs, answers, strict=True):
        assert len(raw.whole(run)["data"]["params"]) >= statuses.count(200)
