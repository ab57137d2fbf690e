"""What the charts of runs are drawn from: exact, thinned, grouped, against another metric, live, and only for who may see it."""

import csv
import io
import json
import math

import numpy as np
import pytest

from areas.experiments import cursors
from areas.experiments.colours import colour_of, colours_of
from areas.experiments.grouping import mean_of
from tests.areas.experiments import curves_stage as stage


@pytest.fixture
def ask(cast):
    def ask(status: int = 200, browser=None, **query):
        response = (browser or cast.alice.browser).get("/run-series/", query)
        assert response.status_code == status, response.content[:500]
        return json.loads(response.content) if response.content.startswith(b"{") else response

    return ask


def test_every_point_of_every_run_and_nan_and_infinity(aws, ask):
    one = stage.run(aws.connection, label="first", curves={"loss": [1, math.nan, math.inf, -math.inf, 0.1]})
    two = stage.run(aws.connection, status="InProgress", curves={"loss": [3, 2], "acc": [0.5]})
    told = ask(runs=f"{two.name},{one.name},gone", keep=100)
    assert list(told["runs"]) == [two.name, one.name]
    assert told["missing"] == ["gone"]
    assert told["runs"][one.name]["label"] == "first"
    assert told["runs"][one.name]["ended"] and not told["runs"][two.name]["ended"] and not told["ended"]
    loss = told["series"][one.name]["loss"]
    assert loss["value"] == [1, None, "Infinity", "-Infinity", 0.1]
    assert loss["step"] == [0, 1, 2, 3, 4]
    assert loss["time"] == [stage.BEGIN + i for i in range(5)]
    metrics = {one["name"]: one for one in told["metrics"]}
    assert (metrics["loss"]["runs"], metrics["loss"]["lower"]) == (2, True)
    assert (metrics["acc"]["runs"], metrics["acc"]["lower"]) == (1, False)
    assert not told["thinned"]


def test_only_what_is_new_comes_after_a_cursor_and_304_while_nothing_is(aws, ask, cast):
    run = stage.run(aws.connection, status="InProgress", curves={"loss": [3, 2], "acc": [0.5]})
    since = ",".join(ask(runs=run.name)["cursors"].values())
    response = cast.alice.browser.get("/run-series/", {"runs": run.name, "since": since})
    assert json.loads(response.content)["series"] == {}
    same = {"HTTP_IF_NONE_MATCH": response["ETag"]}
    assert cast.alice.browser.get("/run-series/", {"runs": run.name, "since": since}, **same).status_code == 304
    stage.log(run, {"loss": [1.5], "new": [7]}, first=2)
    response = cast.alice.browser.get("/run-series/", {"runs": run.name, "since": since}, **same)
    told = json.loads(response.content)
    new = {name: (one["value"], one.get("from")) for name, one in told["series"][run.name].items()}
    assert new == {"loss": ([1.5], 2), "new": ([7], None)}


def test_thinned_to_what_is_kept_and_in_full_where_it_is_zoomed(aws, ask):
    run = stage.run(aws.connection, curves={"loss": [math.sin(i / 50) for i in range(3000)]})
    told = ask(runs=run.name, keep=200)
    assert told["thinned"] and len(told["series"][run.name]["loss"]["step"]) <= 200
    told = ask(runs=run.name, keep=200, steps="100,180")
    assert told["series"][run.name]["loss"]["step"] == list(range(100, 181))
    assert not told["thinned"]


def test_the_first_metrics_or_named_ones(aws, ask):
    run = stage.run(aws.connection, curves={"train/loss": [1], "val/loss": [2], "system/cpu": [3], "a,b": [4]})
    told = ask(runs=run.name, first=2)
    assert list(told["series"][run.name]) == ["a,b", "val/loss"]
    assert len(told["metrics"]) == 4
    assert told["metrics"][-1]["name"] == "system/cpu"
    assert list(ask(runs=run.name, metrics="a%2Cb,nothing")["series"][run.name]) == ["a,b"]


def test_against_another_metric(aws, ask):
    run = stage.run(aws.connection, curves={"loss": [4, 3, 2, 1], "tokens": [10, 20, 30]})
    loss = ask(runs=run.name, metrics="loss", against="tokens")["series"][run.name]["loss"]
    assert loss["x"] == [10, 20, 30, None]


def test_groups_of_seeds(aws, ask):
    trial = stage.experiment(aws.connection)[1]
    for lr in (0.1, 0.2):
        for seed in (1, 2, 3):
            values = [lr * 10 + seed, lr * 10 + seed * 2]
            stage.run(
                aws.connection, trial=trial, parameters={"lr": lr, "seed": seed, "same": "x"}, curves={"loss": values}
            )
    told = ask(experiment=trial.parent, group="parameters", sort="created")
    groups = {one["label"]: one for one in told["groups"].values()}
    assert set(groups) == {"lr 0.1", "lr 0.2"}
    loss = groups["lr 0.1"]["series"]["loss"]
    assert (loss["x"], loss["mean"], loss["low"], loss["high"], loss["count"]) == (
        [0, 1],
        [3, 5],
        [2, 3],
        [4, 7],
        [3, 3],
    )
    assert loss["sd"] == pytest.approx([1, 2])
    assert loss["ci"][0] == pytest.approx(4.303 / math.sqrt(3), rel=1e-3)
    assert len(ask(experiment=trial.parent, q="params.lr = 0.2")["runs"]) == 3


def test_means_leave_out_what_is_not_there():
    long = (np.arange(4.0), np.array([0.0, 2.0, 4.0, 6.0]))
    short = (np.array([0.0, 2.0]), np.array([2.0, np.nan]))
    told = mean_of([long, short], 100)
    assert told["count"].tolist() == [2, 1, 1, 1]
    assert told["mean"].tolist() == [1, 2, 4, 6]
    assert told["sd"].tolist() == [pytest.approx(math.sqrt(2)), 0, 0, 0]
    assert mean_of([], 10)["x"].tolist() == []


@pytest.mark.parametrize(
    "query", [{"steps": "a"}, {"x": "sideways"}, {"experiment": "no-such"}, {"q": "lr >", "experiment": ""}]
)
def test_what_cannot_be_read_is_said(aws, ask, query):
    assert "error" in ask(400, **query)


def test_outsiders_see_nothing(aws, cast, ask):
    run = stage.run(aws.connection, curves={"loss": [1]})
    assert cast.charlie.browser.get("/run-series/", {"runs": run.name}).status_code in (302, 403, 404)
    assert cast.charlie.browser.get("/run-series.csv", {"runs": run.name}).status_code in (302, 403, 404)


def test_csv_has_every_point(aws, cast):
    run = stage.run(aws.connection, label="=cmd()", curves={"loss": [1.25, math.nan], "+acc": [0.5]})
    text = b"".join(cast.alice.browser.get("/run-series.csv", {"runs": run.name}).streaming_content).decode()
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[1:] == [
        [run.name, "'=cmd()", "'+acc", "0", str(stage.BEGIN), "0.5"],
        [run.name, "'=cmd()", "loss", "0", str(stage.BEGIN), "1.25"],
        [run.name, "'=cmd()", "loss", "1", str(stage.BEGIN + 1), "nan"],
    ]


def test_colours_are_kept_and_do_not_clash_among_seven():
    assert colour_of("run-1") == colour_of("run-1")
    names = [f"run-{i}" for i in range(7)]
    assert sorted(colours_of(names).values()) == [1, 2, 3, 4, 5, 6, 7]
    assert colours_of(names, baseline="run-3")["run-3"] == 0
    assert {colour_of(f"run-{i}") for i in range(100)} == {1, 2, 3, 4, 5, 6, 7}


def test_cursors_come_back():
    counts = {5: 10, 6: 10, 40: 3, 100_000: 10**9}
    assert cursors.read(cursors.write(counts)) == counts
    assert cursors.read("no cursor!") == {} == cursors.read("")
    assert len(cursors.write({1000 + i: 50 for i in range(1000)})) < 3000
