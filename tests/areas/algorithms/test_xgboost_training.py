"""The XGBoost image trains on real data, and what it trains is what XGBoost itself would."""

import gzip
import signal

import numpy as np
import pytest
import xgboost

from areas.algorithms.formats import recordio
from areas.algorithms.formats.table import Table
from areas.algorithms.xgboost.hyperparameters import OBJECTIVES
from tests.areas.algorithms.data import as_csv, as_libsvm, as_parquet


def trained(job, name="xgboost-model") -> xgboost.Booster:
    return xgboost.Booster(model_file=bytearray((job.base / "model" / name).read_bytes()))


def margins(booster, rows):
    return booster.predict(xgboost.DMatrix(rows[:, 1:]), output_margin=True)


def plain(rows, rounds, **parameters):
    return xgboost.train(parameters, xgboost.DMatrix(rows[:, 1:], label=rows[:, 0]), rounds)


def test_equals_plain_xgboost_and_prints_every_round(job, cancer):
    train, validation = cancer
    job.put("train", "a/part-0.csv", as_csv(train[:200]))
    job.put("train", "a/part-1.csv", as_csv(train[200:]))
    job.put("train", "_SUCCESS", "not data")
    job.put("train", ".hidden/x.csv", "not data either")
    job.put("validation", "v.csv", as_csv(validation))
    assert job.train(num_round=12, objective="binary:logistic", eta=0.2, eval_metric="auc,logloss") == 0, job.log
    same = plain(train, 12, objective="binary:logistic", eta=0.2)
    assert np.array_equal(margins(trained(job), validation), margins(same, validation))
    rounds = job.metrics()
    assert len(rounds) == 12
    assert set(rounds[0]) == {"train-auc", "train-logloss", "validation-auc", "validation-logloss"}
    assert rounds[-1]["validation-auc"] > 0.95
    assert [path.name for path in (job.base / "model").iterdir()] == ["xgboost-model"]


@pytest.mark.parametrize("kind", ["text/csv", "tab", "gzip", "libsvm", None, "application/x-parquet", "recordio"])
def test_every_format_trains_the_same_model(job, penguins, kind):
    train, validation = penguins
    train = train[~np.isnan(train).any(axis=1)] if kind == "recordio" else train
    data, content_type = {
        "text/csv": lambda: (as_csv(train), "text/csv"),
        "tab": lambda: (as_csv(train, "\t"), "text/csv;label_size=1"),
        "gzip": lambda: (gzip.compress(as_csv(train)), "text/csv"),
        "libsvm": lambda: (as_libsvm(train), "text/libsvm"),
        None: lambda: (as_libsvm(train), None),
        "application/x-parquet": lambda: (as_parquet(train), "application/x-parquet"),
        "recordio": lambda: (recordio.write(Table(train[:, 1:], train[:, 0])), "application/x-recordio-protobuf"),
    }[kind]()
    job.put("train", "data.csv.gz" if kind == "gzip" else "data", data, content_type)
    assert job.train(num_round=5, objective="multi:softprob", num_class=3) == 0, job.log
    same = plain(train, 5, objective="multi:softprob", num_class=3)
    assert np.allclose(margins(trained(job), validation), margins(same, validation), atol=1e-6)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective(job, cancer, diabetes, penguins, objective):
    extra = {}
    if objective.startswith("multi:"):
        (train, validation), extra = penguins, {"num_class": 3}
    elif objective.startswith(("binary:", "rank:", "reg:logistic")):
        train, validation = cancer
    else:
        train, validation = diabetes
        train = train * np.array([0.01] + [1] * 10, np.float32)  # labels near one: pseudo-Huber diverges on large ones
    job.put("train", "t.csv", as_csv(train))
    job.put("validation", "v.csv", as_csv(validation))
    assert job.train(num_round=4, objective=objective, max_depth=3, **extra) == 0, job.log
    assert len(job.metrics()) == 4
    predicted = trained(job).predict(xgboost.DMatrix(validation[:, 1:]))
    assert np.isfinite(predicted).all()
    assert len(np.unique(predicted)) > 1, "it learned nothing"


@pytest.mark.parametrize(
    "parameters",
    [
        {"booster": "gblinear", "updater": "coord_descent", "lambda": 0.1},
        {"booster": "dart", "rate_drop": 0.2, "one_drop": 1},
        {"tree_method": "exact", "monotone_constraints": "(1,0,0,0,0,0,0,0,0,0)"},
        {"tree_method": "approx", "max_bin": 32},
        {"grow_policy": "lossguide", "max_leaves": 8, "subsample": 0.7, "colsample_bytree": 0.5, "seed": 3},
        {"tree_method": "hist", "interaction_constraints": "[[0,1],[2,3,4]]", "num_parallel_tree": 2},
    ],
    ids=lambda given: next(iter(given.values())),
)
def test_boosters_and_tree_methods_equal_plain_xgboost(job, diabetes, parameters):
    train, validation = diabetes
    job.put("train", "t.csv", as_csv(train))
    assert job.train(num_round=5, **parameters) == 0, job.log
    same = plain(train, 5, **parameters)
    assert np.allclose(margins(trained(job), validation), margins(same, validation), rtol=1e-5)


def test_hyperparameters_without_effect_are_said_to_be(job, diabetes):
    job.put("train", "t.csv", as_csv(diabetes[0]))
    assert job.train(num_round=1, sketch_eps=0.1, predictor="cpu_predictor", objective='"reg:linear"') == 0
    assert "sketch_eps has no effect" in job.log
    assert "predictor has no effect" in job.log


def test_weights_in_the_second_column(job, diabetes):
    train, validation = diabetes
    weights = np.linspace(0.1, 3, len(train), dtype=np.float32)
    job.put("train", "t.csv", as_csv(np.column_stack([train[:, :1], weights, train[:, 1:]])))
    job.put("validation", "v.csv", as_csv(validation))
    assert job.train(num_round=5, csv_weights=1) == 0, job.log
    same = xgboost.train({}, xgboost.DMatrix(train[:, 1:], label=train[:, 0], weight=weights), 5)
    assert np.array_equal(margins(trained(job), validation), margins(same, validation))


def test_groups_and_weights_of_libsvm(job, diabetes):
    train, validation = diabetes
    relevance = np.digitize(train[:, 0], [100, 200, 300]).astype(np.float32)
    groups = np.sort(np.arange(len(train)) % 7)
    lines = as_libsvm(np.column_stack([relevance, train[:, 1:]])).decode().splitlines()
    text = "\n".join(line.replace(" ", f" qid:{group} ", 1) for line, group in zip(lines, groups, strict=True))
    job.put("train", "t", text, "text/libsvm")
    assert job.train(num_round=4, objective="rank:ndcg", eval_metric="ndcg@5,ndcg") == 0, job.log
    matrix = xgboost.DMatrix(train[:, 1:], label=relevance, qid=groups)
    same = xgboost.train({"objective": "rank:ndcg"}, matrix, 4)
    assert np.allclose(margins(trained(job), validation), margins(same, validation), atol=1e-5)
    assert set(job.metrics()[-1]) == {"train-ndcg@5", "train-ndcg"}


def test_survival_labels_below_zero_are_censored(job, diabetes):
    train, _ = diabetes
    times = train.copy()
    times[::3, 0] *= -1
    job.put("train", "t.csv", as_csv(times))
    job.put("validation", "v.csv", as_csv(times))
    assert job.train(num_round=4, objective="survival:aft", eval_metric="aft-nloglik,interval-regression-accuracy") == 0
    matrix = xgboost.DMatrix(train[:, 1:])
    matrix.set_float_info("label_lower_bound", np.abs(times[:, 0]))
    matrix.set_float_info("label_upper_bound", np.where(times[:, 0] < 0, np.inf, times[:, 0]))
    same = xgboost.train({"objective": "survival:aft"}, matrix, 4)
    assert np.array_equal(margins(trained(job), train), margins(same, train))


def test_early_stopping_keeps_the_best_round(job, diabetes):
    train, validation = diabetes
    job.put("train", "t.csv", as_csv(train))
    job.put("validation", "v.csv", as_csv(validation))
    assert job.train(num_round=200, eta=0.9, early_stopping_rounds=4, eval_metric="mae,rmse") == 0, job.log
    scores = [line["validation-rmse"] for line in job.metrics()]
    best = int(np.argmin(scores))
    assert len(scores) == best + 5
    assert trained(job).num_boosted_rounds() == best + 1
    error = np.sqrt(np.mean((margins(trained(job), validation) - validation[:, 0]) ** 2))
    assert error == pytest.approx(scores[best], abs=1e-3)


def test_early_stopping_of_a_linear_model_and_of_a_maximized_metric(job, cancer):
    train, validation = cancer
    job.put("train", "t.csv", as_csv(train))
    job.put("validation", "v.csv", as_csv(validation))
    given = {"num_round": 60, "objective": "binary:logistic", "early_stopping_rounds": 3, "booster": "gblinear"}
    assert job.train(**given, _tuning_objective_metric="validation:accuracy") == 0, job.log
    scores = [line["validation-accuracy"] for line in job.metrics()]
    assert len(scores) == int(np.argmax(scores)) + 4
    predicted = trained(job).predict(xgboost.DMatrix(validation[:, 1:])) > 0.5
    assert np.mean(predicted == validation[:, 0]) == pytest.approx(max(scores), abs=1e-5)


def test_folds(job, cancer):
    train, validation = cancer
    job.put("train", "t.csv", as_csv(train))
    job.put("validation", "v.csv", as_csv(validation))
    assert job.train(num_round=3, objective="binary:logistic", _kfold=3, _num_cv_round=2, eval_metric="error") == 0, (
        job.log
    )
    names = sorted(path.name for path in (job.base / "model").iterdir())
    assert names == [f"xgboost-model-{number}" for number in range(6)]
    table = np.loadtxt(job.base / "output" / "data" / "predictions.csv", delimiter=",")
    assert table.shape == (len(train) + len(validation), 2)
    wrong = np.mean((table[:, 1] > 0.5) != table[:, 0])
    assert 0 < wrong < 0.12
    *folds, mean = job.metrics()
    assert mean["validation-error"] == pytest.approx(
        np.mean([line["validation-error"] for line in folds[2::3]]), abs=1e-5
    )


def test_continues_from_the_last_checkpoint_after_a_kill(job, diabetes):
    import os

    from tests.areas.algorithms.stage import wait_for

    train, validation = diabetes
    job.put("train", "t.csv", as_csv(np.tile(train, (30, 1))))
    checkpoints = job.base / "checkpoints"
    checkpoints.mkdir()
    pid = job.train(num_round=100_000, eta=0.01, wait=False)
    wait_for(lambda: any(checkpoints.glob("xgboost-checkpoint.*[0-9]")))
    os.kill(pid, signal.SIGKILL)
    done = max(int(path.suffix[1:]) for path in checkpoints.glob("xgboost-checkpoint.*[0-9]"))
    assert not (job.base / "model" / "xgboost-model").exists()
    assert job.train(num_round=done + 3, eta=0.01) == 0, job.log
    assert f"resuming from round {done}" in job.log
    assert [line.partition("]")[0] for line in job.log.splitlines() if line.startswith("[")] == [
        f"[{number}" for number in range(done, done + 3)
    ]
    same = plain(np.tile(train, (30, 1)), done + 3, eta=0.01)
    assert np.allclose(margins(trained(job), validation), margins(same, validation), rtol=1e-4)


@pytest.mark.parametrize("keep", ["true", "false"])
def test_sigterm_saves_the_model_as_far_as_it_is(job, diabetes, keep):
    import os

    from tests.areas.algorithms.stage import wait_for

    job.put("train", "t.csv", as_csv(diabetes[0]))
    pid = job.train(num_round=1_000_000, save_model_on_termination=keep, wait=False)
    wait_for(lambda: job.log_file.exists() and "[20]" in job.log)
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not os.path.exists(f"/proc/{pid}"))
    if keep == "true":
        assert trained(job).num_boosted_rounds() == len(job.metrics())
    else:
        assert not list((job.base / "model").iterdir())


def test_pipe_mode(job, diabetes, tmp_path):
    import os
    import threading

    train, validation = diabetes
    folder = job.base / "input" / "data"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "train_0")
    job.declare("train", "text/csv", mode="Pipe")
    writer = threading.Thread(target=lambda: (folder / "train_0").write_bytes(as_csv(train)))
    writer.start()
    assert job.train(num_round=3) == 0, job.log
    writer.join(5)
    assert np.array_equal(margins(trained(job), validation), margins(plain(train, 3), validation))


BAD = {
    "header": ("label,a,b\n1,2,3\n", {}, "File 't.csv' starts with a header ('label,a,b')"),
    "word": ("1,2,3\n1,red,3\n", {}, "File 't.csv' is not all numbers: line 2, column 2 is 'red'."),
    "ragged": ("1,2,3\n1,2\n", {}, "File 't.csv' has 2 columns instead of 3 in line 2."),
    "empty": ("", {}, "No data in training channel path"),
    "label only": ("1\n2\n", {}, "has one column only"),
    "no rounds": ("1,2\n", {"num_round": None}, "Missing required hyperparameter: num_round"),
    "unknown": ("1,2\n", {"x": 1}, "Extraneous hyperparameter found: x"),
    "classes": ("1,2\n", {"objective": "multi:softmax"}, "Require input for parameter 'num_class'"),
    "label": (
        "1,2\n7,3\n",
        {"objective": "binary:logistic"},
        "label must be in [0,1] for logistic regression, but row 2",
    ),
    "class": (
        "7,2\n1,3\n",
        {"objective": "multi:softmax", "num_class": 3},
        "in [0, num_class), that is 0 to 2, but row 1 of channel 'train' has 7.",
    ),
    "gamma": ("-1,2\n1,3\n", {"objective": "reg:gamma"}, "label must be positive for gamma regression"),
    "no label": (",2\n1,3\n", {}, "label must be a number, but row 1 of channel 'train' has nan."),
}


@pytest.mark.parametrize("case", BAD)
def test_what_the_user_must_change_is_said_in_one_sentence(job, case):
    data, given, words = BAD[case]
    job.put("train", "t.csv", data)
    given = {name: value for name, value in {"num_round": 2, **given}.items() if value is not None}
    assert job.train(**given) == 1
    assert job.failure.startswith("UserError: ")
    assert words in job.failure
    assert "\n" not in job.failure
    assert "Traceback" not in job.log


def test_channels_must_agree(job, diabetes):
    job.put("train", "t.csv", as_csv(diabetes[0]))
    job.put("validation", "v.csv", as_csv(diabetes[1][:, :-2]))
    assert job.train(num_round=2) == 1
    assert job.failure == "UserError: The validation channel has 8 features, but the train channel has 10."
    job.put("validation", "v.csv", "")
    assert job.train(num_round=2) == 1
    assert "No data in validation channel path" in job.failure
