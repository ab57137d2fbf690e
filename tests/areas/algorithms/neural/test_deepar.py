"""DeepAR learns seasons, answers what the configuration asks for, and says what it can't use."""

import gzip
import io
import json
import os
import signal

import numpy as np
import pytest

from tests.areas.algorithms.neural.stage import wait_for

HOURS = {
    "context_length": 12, "prediction_length": 6, "time_freq": "1H", "mini_batch_size": 16, "num_layers": 1, "num_cells": 20,
}  # fmt: skip
START = "2024-01-01 00:00:00"


def waves(count: int = 6, days: int = 12, seed: int = 1) -> list[np.ndarray]:
    """Daily waves of different height with noise of deviation 1."""
    rng, hours = np.random.default_rng(seed), np.arange(24 * days)
    return [
        (10 + at) * (1 + 0.5 * np.sin(2 * np.pi * hours / 24)) + rng.normal(0, 1, len(hours)) for at in range(count)
    ]


def lines(targets, **more) -> str:
    rows = ({"start": START, "target": [float(value) for value in target], **more} for target in targets)
    return "\n".join(json.dumps(row) for row in rows)


@pytest.fixture(scope="module")
def trained(works):
    """A model of the waves, trained from JSON Lines, scored on the last 24 hours; its server."""
    work, series = works("waves"), waves()
    work.put("train", "t.json", lines(one[:-24] for one in series), "application/jsonlines")
    work.put("test", "deep/t.json.gz", gzip.compress(lines(series).encode()))
    given = HOURS | {"context_length": 24, "prediction_length": 24, "num_cells": 40, "mini_batch_size": 32}
    assert work.train("deepar", **given, epochs=16, learning_rate=0.02) == 0, work.log
    work.serve("deepar")
    return work, series


def test_it_beats_the_same_hour_of_the_day_before(trained):
    work, series = trained
    found = work.metrics("forecasting-deepar")
    day_before = np.sqrt(np.mean([(one[-24:] - one[-48:-24]) ** 2 for one in series]))
    assert found["test:RMSE"][0] < day_before
    assert 0 < found["test:mean_wQuantileLoss"][0] < 0.1
    assert len(found["train:loss"]) == 16
    assert found["train:final_loss"][0] == min(found["train:loss"]) < found["train:loss"][0]
    assert found["train:progress"][-1] == 100


def test_every_quantile_has_prediction_length_values(trained):
    work, series = trained
    [answer] = work.answers(
        [{"start": "2024-01-01", "target": series[0][:-24].tolist()}],
        num_samples=80, output_types=["mean", "quantiles", "samples"], quantiles=["0.1", "0.5", "0.9"],
    )  # fmt: skip
    assert set(answer) == {"mean", "quantiles", "samples"}
    assert {name: len(values) for name, values in answer["quantiles"].items()} == {"0.1": 24, "0.5": 24, "0.9": 24}
    assert len(answer["mean"]) == 24
    paths = np.array(answer["samples"])
    assert paths.shape == (80, 24)
    assert np.allclose(paths.mean(0), answer["mean"], atol=1e-3)
    assert np.allclose(np.quantile(paths, 0.9, axis=0), answer["quantiles"]["0.9"], atol=1e-3)
    held = series[0][-24:]
    inside = (answer["quantiles"]["0.1"] <= held) & (held <= answer["quantiles"]["0.9"])
    assert inside.mean() > 0.3


def test_a_short_history_with_gaps_and_json_lines(trained):
    work, series = trained
    gap = [None if at % 5 == 0 else "NaN" if at % 7 == 0 else value for at, value in enumerate(series[1][:30].tolist())]
    body = json.dumps({"start": START, "target": gap}) + "\n" + json.dumps({"start": START, "target": [1.0]})
    status, answer = work.invoke(body, "application/jsonlines")
    assert status == 200, answer
    rows = [json.loads(line) for line in answer.splitlines()]
    assert [set(row) for row in rows] == [{"mean", "quantiles"}] * 2
    assert len(rows[0]["quantiles"]) == 9
    assert np.isfinite([row["mean"] for row in rows]).all()


def test_what_cannot_be_forecast_is_said(trained):
    work, _ = trained
    good = {"start": START, "target": [1, 2, 3]}
    wrong = {
        "has no 'target'": {"instances": [{"start": START}]},
        "without a time zone": {"instances": [{**good, "start": "2024-01-01T00:00:00+01:00"}]},
        "not a list of numbers": {"instances": [{**good, "target": ["a"]}]},
        "num_samples must be": {"instances": [good], "configuration": {"num_samples": 0}},
        "output_types must be": {"instances": [good], "configuration": {"output_types": ["median"]}},
        "quantiles must be": {"instances": [good], "configuration": {"quantiles": ["1.5"]}},
        "configuration has no 'samples'": {"instances": [good], "configuration": {"samples": 1}},
    }
    for words, body in wrong.items():
        status, answer = work.invoke(body)
        assert status == 400, (body, answer)
        assert words in answer.decode()
    assert work.invoke(b"{", "application/json")[0] == 415
    assert work.invoke(b"1,2", "text/csv")[0] == 415
    assert work.invoke({"instances": [good]}, accept="image/png")[0] == 406
    assert work.request("POST", "/invocations", b"")[0] == 204
    assert json.loads(work.request("GET", "/execution-parameters")[1])["BatchStrategy"] == "SINGLE_RECORD"


def test_categories_and_dynamic_features_change_the_forecast(work):
    """Two groups that differ in level only after a switch that the dynamic feature announces."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng, rows = np.random.default_rng(0), []
    for at in range(12):
        switch = (rng.random(60) < 0.5).astype(float)
        target = 5 + switch * (10 if at % 2 else -4) + rng.normal(0, 0.1, 60)
        rows.append({"start": START, "target": target.tolist(), "cat": [at % 2], "dynamic_feat": [switch.tolist()]})
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), file)
    work.put("train", "t.parquet", file.getvalue())
    assert work.train("deepar", **HOURS, epochs=8, learning_rate=0.05, likelihood="gaussian") == 0, work.log
    work.serve("deepar")

    def forecast(cat: int, switch: float) -> float:
        one = {**rows[cat], "dynamic_feat": [rows[cat]["dynamic_feat"][0] + [switch] * 6]}
        return float(np.mean(work.answers([one])[0]["mean"]))

    assert forecast(1, 1.0) > forecast(1, 0.0) + 4
    assert forecast(0, 1.0) < forecast(0, 0.0) - 1
    for words, change in {
        "must have 1 values": {"cat": []},
        "training has seen 0 to 1": {"cat": [2]},
        "must be 1 arrays of 66 values": {},
    }.items():
        status, answer = work.invoke({"instances": [{**rows[0], **change}]})
        assert (status, words in answer.decode()) == (400, True), answer


@pytest.mark.parametrize("likelihood", ["beta", "negative-binomial", "deterministic-L1"])
def test_likelihoods_stay_in_their_range(work, likelihood):
    rng = np.random.default_rng(3)
    season = np.tile([0.2, 0.8, 0.5, 0.3], 30)
    targets = [np.clip(season + rng.normal(0, 0.05, 120), 0, 1) for _ in range(4)]
    if likelihood == "negative-binomial":
        targets = [rng.poisson(5 * target) for target in targets]
    work.put("train", "t.json", lines(targets), "json")
    given = {**HOURS, "time_freq": "6H", "epochs": 3, "learning_rate": 0.02, "likelihood": likelihood}
    assert work.train("deepar", **given) == 0, work.log
    losses = work.metrics("forecasting-deepar")["train:loss"]
    assert min(losses) < losses[0]
    work.serve("deepar")
    one = [{"start": START, "target": [float(value) for value in targets[0]]}]
    samples = np.array(work.answers(one, num_samples=20, output_types=["samples"])[0]["samples"])
    if likelihood == "beta":
        assert ((samples > 0) & (samples < 1)).all()
    elif likelihood == "negative-binomial":
        assert ((samples >= 0) & (samples == np.rint(samples))).all()
    else:
        assert (samples == samples[0]).all()


def test_what_cannot_be_trained_is_said(work):
    def failure(records: list, **given) -> str:
        work.put("train", "t.json", "\n".join(json.dumps(record) for record in records))
        assert work.train("deepar", **{**HOURS, "epochs": 1, **given}) == 2
        return work.failure

    one = {"start": START, "target": [1.0] * 30}
    assert "The hyperparameter epochs must be an integer at least 1" in failure([one], epochs=0)
    assert "time_freq must be an integer followed by M, W, D, H or min" in failure([one], time_freq="1Y")
    assert "likelihood must be one of" in failure([one], likelihood="normal")
    assert "ClientError: Additional properties are not allowed ('cells' was unexpected)" in failure([one], cells=3)
    assert "all values must lie in [0, 1]" in failure([{**one, "target": [2.0]}], likelihood="beta")
    assert "must be counts" in failure([{**one, "target": [0.5]}], likelihood="negative-binomial")
    assert "Series 2 of channel 'train' has 0 values in cat" in failure([{**one, "cat": [0]}, one])
    assert "cardinality is 1" in failure([{**one, "cat": [1]}], cardinality="[1]")
    assert "num_dynamic_feat is 2" in failure([one], num_dynamic_feat=2)
    assert "dynamic feature of series 1" in failure([{**one, "dynamic_feat": [[1, 2]]}])
    assert "Line 1 of file 't.json' is not JSON" in failure([]) or "No time series" in work.failure


def test_sigterm_saves_the_best_model_and_patience_ends_early(work):
    work.put("train", "t.json", lines(waves(2)))
    child = work.start("deepar", **HOURS, epochs=10000)
    wait_for(lambda: work.log_file.exists() and "epoch=2, train loss" in work.log)
    os.kill(child, signal.SIGTERM)
    assert work.preloaded.ask(reap=child) == 0, work.log
    assert (work.base / "model" / "model.pt").stat().st_size > 1000
    assert "final_loss" in work.log
    work.put("train", "t.json", lines([np.ones(40)] * 2))
    assert work.train("deepar", **HOURS, epochs=400, early_stopping_patience=2, learning_rate=0.5) == 0
    assert "Stopping early" in work.log
