"""The algorithms for tables learn from folders of CSV as the libraries do, and answer in JumpStart's shapes."""

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from areas.algorithms.jumpstart.models import ALGORITHMS
from areas.algorithms.tabular.inference import handlers
from areas.images import images

ROOT = Path(__file__).resolve().parents[3]
TABULAR = images()["autogluon-training"]
extra = pytest.mark.skipif(bool(TABULAR.missing), reason=TABULAR.missing or "-")
ASK = """
import json, sys
from areas.algorithms.tabular.inference import handlers
model_fn, transform_fn = handlers(sys.argv[1])
model = model_fn(sys.argv[2])
print(json.dumps([json.loads(transform_fn(model, body, "text/csv", accept)[0]) for body, accept in json.loads(sys.argv[3])]))
"""


class Table:
    """A training job's container for one algorithm, in the environment that its image has: for our own, in this process."""

    def __init__(self, base: Path, name: str, monkeypatch):
        self.base, self.name, self.monkeypatch = base, name, monkeypatch
        self.python = TABULAR.python if name in ("catboost", "autogluon") else sys.executable
        self.environment = os.environ | {"SAGEMAKER_BASE_DIR": str(base), "OMP_NUM_THREADS": "1"}
        (base / "input" / "config").mkdir(parents=True)

    def put(self, path: str, rows) -> None:
        file = self.base / "input" / "data" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(rows if isinstance(rows, str) else text(rows))

    def train(self, problem: str, **given) -> int:
        config = self.base / "input" / "config"
        channels = {path.name: {} for path in (self.base / "input" / "data").iterdir()}
        (config / "inputdataconfig.json").write_text(json.dumps(channels))
        (config / "hyperparameters.json").write_text(json.dumps({name: str(value) for name, value in given.items()}))
        if self.python == sys.executable:
            return self._train_here(problem)
        code = f"from areas.algorithms.tabular.training import main; raise SystemExit(main({self.name!r}, {problem!r}))"
        done = subprocess.run(
            [self.python, "-c", code], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=280
        )
        self.log = done.stdout + done.stderr
        return done.returncode

    def _train_here(self, problem: str) -> int:
        from areas.algorithms.tabular.training import main

        before, printed = signal.getsignal(signal.SIGTERM), io.StringIO()
        self.monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(self.base))
        self.monkeypatch.setenv("OMP_NUM_THREADS", "1")
        try:
            with contextlib.redirect_stdout(printed):
                return main(self.name, problem)
        finally:
            signal.signal(signal.SIGTERM, before)
            self.log = printed.getvalue()

    def ask(self, *requests: tuple[str, str]) -> list[dict]:
        """The answers to (CSV, Accept)."""
        if self.python == sys.executable:
            model_fn, transform_fn = handlers(self.name)
            model = model_fn(str(self.base / "model"))
            return [json.loads(transform_fn(model, body, "text/csv", accept)[0]) for body, accept in requests]
        done = subprocess.run(
            [self.python, "-c", ASK, self.name, str(self.base / "model"), json.dumps(requests)],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=280,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    @property
    def failure(self) -> str:
        return (self.base / "output" / "failure").read_text()

    def metric(self, model_id: str, name: str) -> list[float]:
        regex = dict(ALGORITHMS[model_id].metrics)[name]
        return [float(found) for found in re.findall(regex, self.log)]


def text(rows) -> str:
    return "".join(",".join("" if value != value else f"{value:g}" for value in row) + "\n" for row in rows)


def features(rows) -> str:
    return text(row[1:] for row in rows)


@pytest.fixture
def table(tmp_path, monkeypatch):
    return lambda name: Table(tmp_path / name, name, monkeypatch)


def test_lightgbm_equals_lightgbm(table, cancer):
    import joblib
    import lightgbm

    train, validation = cancer
    job = table("lightgbm")
    job.put("training/training/a.csv", train[:200])
    job.put("training/training/b.csv", train[200:])
    job.put("training/validation/v.csv", validation)
    assert job.train("classification", num_boost_round=20, metric="auc", feature_fraction=1, bagging_freq=0) == 0, (
        job.log
    )
    data = lightgbm.Dataset(np.float32(np.loadtxt(text(train).splitlines(), delimiter=","))[:, 1:], train[:, 0])
    plain = lightgbm.train(
        {"objective": "binary", "num_leaves": 64, "max_depth": 6, "min_data_in_leaf": 3, "verbosity": -1, "num_threads": 1},
        data, joblib.load(job.base / "model" / "model.pkl").best_iteration,
    )  # fmt: skip
    answer, verbose = job.ask(
        (features(validation), "application/json"), (features(validation), "application/json;verbose")
    )
    mine = np.array(answer["probabilities"])
    held = np.float32(np.loadtxt(features(validation).splitlines(), delimiter=","))
    assert np.allclose(mine[:, 1], plain.predict(held), atol=1e-6)
    assert set(answer) == {"probabilities"} and verbose["labels"] == [0, 1]
    assert np.mean(np.array(verbose["predicted_label"]) == validation[:, 0]) > 0.93
    rounds = job.metric("lightgbm-classification-model", "auc")
    assert len(rounds) > 5 and max(rounds) > 0.96


def test_lightgbm_holds_rows_out_and_learns_numbers(table, diabetes):
    train, validation = diabetes
    job = table("lightgbm")
    job.put("train/rows.csv", train)
    assert job.train("regression", learning_rate=0.05) == 0, job.log
    assert "66 of 331 rows are held out" in job.log
    (answer,) = job.ask((features(validation), "application/json"))
    assert set(answer) == {"prediction"}
    spread = np.mean((validation[:, 0] - train[:, 0].mean()) ** 2)
    assert np.mean((validation[:, 0] - answer["prediction"]) ** 2) < 0.75 * spread
    assert min(job.metric("lightgbm-regression-model", "rmse")) < np.sqrt(spread)


def words_that_decide(count: int = 300) -> tuple[str, str, list[str]]:
    """Rows whose class is decided by a word and by a numbered category: (labelled CSV, CSV to ask, answers)."""
    rng = np.random.default_rng(4)
    rows = [(rng.choice(["red", "green", "blue"]), rng.integers(4), rng.random()) for _ in range(count)]
    labels = [
        "yes" if word == "red" or number == 2 else "maybe" if word == "blue" else "no" for word, number, _ in rows
    ]
    asked = [f"{word},{number},{noise:.3f}" for word, number, noise in rows]
    return "\n".join(f"{label},{row}" for label, row in zip(labels, asked, strict=True)), "\n".join(asked), labels


@pytest.mark.parametrize("name", ["lightgbm", pytest.param("catboost", marks=[extra, pytest.mark.slow])])
def test_words_and_numbered_categories_are_learned(table, name):
    rows, asked, labels = words_that_decide()
    job = table(name)
    job.put("training/train.csv", rows)
    job.put("training/categorical_index.json", '{"cat_index_list": [2]}')
    assert job.train("classification", learning_rate=0.2, early_stopping_rounds=30) == 0, job.log
    assert "2 of them categories, 3 classes" in job.log
    found, unknown = job.ask((asked, "application/json; verbose"), ("purple,9,\n", "application/json"))
    assert found["labels"] == ["maybe", "no", "yes"]
    assert np.mean(np.array(found["predicted_label"]) == labels) > 0.97
    assert sum(unknown["probabilities"][0]) == pytest.approx(1)  # a word that nobody has seen is answered, too


@extra
@pytest.mark.slow
@pytest.mark.parametrize("problem", ["classification", "regression"])
def test_catboost_learns_and_tells_its_best(table, cancer, diabetes, problem):
    train, validation = cancer if problem == "classification" else diabetes
    job = table("catboost")
    job.put("training/training/a.csv", train)
    job.put("validation/v.csv", validation)
    assert job.train(problem, learning_rate=0.1, iterations=80, max_bin="Auto") == 0, job.log
    assert (job.base / "model" / "model").is_file()
    (answer,) = job.ask((features(validation), "application/json;verbose"))
    if problem == "classification":
        assert np.mean(np.array(answer["predicted_label"]) == validation[:, 0]) > 0.93
        assert job.metric("catboost-classification-model", "Logloss")[-1] < 0.2
    else:
        spread = np.mean((validation[:, 0] - train[:, 0].mean()) ** 2)
        assert np.mean((validation[:, 0] - answer["prediction"]) ** 2) < 0.75 * spread


@extra
@pytest.mark.slow
def test_autogluon_makes_an_ensemble(table, penguins):
    train, validation = penguins
    job = table("autogluon")
    job.put("training/training/a.csv", train)
    job.put("training/validation/v.csv", validation)
    assert job.train("classification") == 0, job.log[-3000:]
    assert "WeightedEnsemble" in job.log
    (answer,) = job.ask((features(validation), "application/json;verbose"))
    assert np.mean(np.array(answer["predicted_label"]) == validation[:, 0]) > 0.95
    assert answer["labels"] == [0, 1, 2]


@pytest.mark.parametrize(
    ("rows", "given", "sentence"),
    [
        ("1,2\n0,3\n" * 9, {"num_leaves": "1"}, "The hyperparameter num_leaves must be an integer from 2 to 131072"),
        ("1,2\n0,3\n" * 9, {"leaves": "1"}, "Additional properties are not allowed ('leaves' was unexpected)"),
        ("1,2\n0,3\n" * 9, {"metric": "rmse"}, "The metric rmse is not for binary data"),
        ("1\n0\n" * 9, {}, "The training data has 1 column"),
        ("1,2\n1,3\n" * 9, {}, "The first column has one value only"),
        (",2\n0,3\n1,4\n" * 9, {}, "The training data has no label in row 1"),
        ("1,2\n0,3\n", {}, "The training data has 2 rows"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(table, rows, given, sentence):
    job = table("lightgbm")
    job.put("training/a.csv", rows)
    assert job.train("classification", **given) == 1
    assert job.failure.startswith("ClientError: ") and sentence in job.failure


def test_every_metric_of_an_id_is_one_that_the_algorithm_takes():
    from areas.algorithms.jumpstart.models import MODELS
    from areas.algorithms.tabular import catboost, lightgbm

    for model in MODELS:
        known = {"lightgbm": lightgbm.NAMES, "catboost": catboost.NAMES}.get(model.algorithm)
        assert known is None or {name for name, _ in model.metrics} <= set(known), model.id
