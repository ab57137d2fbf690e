"""What matters for a metric, on data where the answer is known."""

import json
import random

import pytest

from areas.experiments import importance
from areas.experiments.forest import judge
from tests.areas.experiments import curves_stage as stage


@pytest.fixture(scope="module")
def known():
    """y = 3 lr + 2 where the optimizer is adam + a little noise; the rest says nothing."""
    chance = random.Random(1)
    runs = range(80)
    lr, dead = ([chance.random() for _ in runs] for _ in range(2))
    optimizer = [chance.choice(["sgd", "adam", "lion"]) for _ in runs]
    y = [3 * a + 2 * (o == "adam") + chance.gauss(0, 0.05) for a, o in zip(lr, optimizer, strict=True)]
    columns = {
        "dead": dead,
        "lr": lr,
        "optimizer": optimizer,
        "same": ["x"] * 80,
        "path": [f"s3://b/{i}" for i in runs],
    }
    return columns, y


def test_finds_what_matters(known):
    told = judge(*known)
    order = [one["name"] for one in told["parameters"]]
    assert set(order[:2]) == {"lr", "optimizer"} and order[2] == "dead"
    by_name = {one["name"]: one for one in told["parameters"]}
    assert by_name["dead"]["importance"] < 0.05 < 0.3 < by_name["lr"]["importance"]
    assert by_name["lr"]["correlation"] > 0.5 and by_name["optimizer"]["kind"] == "text"
    assert told["r2"] > 0.9
    assert {one["name"]: one["why"] for one in told["left_out"]} == {
        "same": "the same in all runs", "path": "another text in nearly every run"
    }  # fmt: skip


def test_says_when_there_is_nothing_to_learn_from(known):
    columns, y = known
    assert "fewest" in judge({"lr": columns["lr"][:5]}, y[:5])["problem"]
    assert "same in all" in judge(columns, [1.0] * 80)["problem"]
    assert "No parameter differs" in judge({"same": ["x"] * 80}, y)["problem"]
    assert judge(columns, [None] * 80)["runs"] == 0


def test_numbers_that_are_missing_or_mixed_with_texts(known):
    columns, y = known
    holes = [None if i % 5 == 0 else value for i, value in enumerate(columns["lr"])]
    mixed = ["auto" if i % 2 else 1.0 for i in range(80)]
    told = judge({"lr": holes, "mixed": mixed, "part": [1.0] * 40 + [None] * 40}, y)
    kinds = {one["name"]: one["kind"] for one in told["parameters"]}
    assert kinds == {"lr": "number", "mixed": "text", "part": "number"}


@pytest.mark.slow
def test_in_a_process_of_its_own_and_once(aws, cast, monkeypatch):
    chance = random.Random(2)
    trial = stage.experiment(aws.connection)[1]
    for seed in range(12):
        lr = chance.random()
        stage.run(aws.connection, trial=trial, parameters={"lr": lr, "seed": seed}, curves={"loss": [9, lr]})
    query = {"experiment": trial.parent, "metric": "loss"}
    told = json.loads(cast.alice.browser.get("/run-importance/", query).content)
    assert [one["name"] for one in told["parameters"]] == ["lr"]  # seeds are no parameters
    assert (told["runs"], told["parameters"][0]["share"]) == (12, 1.0)
    monkeypatch.setattr(importance.subprocess, "run", None)
    assert json.loads(cast.alice.browser.get("/run-importance/", query).content) == told
