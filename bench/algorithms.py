"""Training by each built-in algorithm against the library that does the same: fresh Python processes that read one file.

One thread each. The first row of a case is the clock of a fresh process, interpreter and imports included on both sides; the second
the CPU of doing it once more in that process, without them on either side. A library's row is a Case in CASES; modules
``bench.algorithms_<name>`` beside this one have further ones.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from areas.images import images
from bench.report import Row, median
from bench.stage import ROOT, scaled
from engine.runtime.container import THREADS

TIMES = scaled(3, 1)
BUDGET = "≤ 1.25"  # of the library's time: 0.8 × its speed
READ = """
import sys, numpy, pandas
table = pandas.read_csv(sys.argv[1], header=None, dtype="float32").to_numpy()
"""
TWICE = """
import json, os, sys, time
program, times, marks = sys.argv.pop(1), sys.argv.pop(1), []
for _ in range(2):
    exec(program, {"__name__": "program"})
    marks.append((time.monotonic(), sum(os.times()[:4])))
with open(times, "w") as file:
    json.dump(marks, file)
"""


@dataclass(frozen=True)
class Case:
    """One algorithm: ``data`` makes its channel ``train`` (text), ``bare`` is the library's program (argv: the file, and a
    path for its model)."""

    what: str
    repository: str
    given: dict
    library: str
    bare: str
    data: Callable[[], str]
    content_type: str = "text/csv"
    channel: str = "train"
    distribution: str = "FullyReplicated"
    file: str = "train.csv"
    ours: str = ""  # our program, where it isn't what the image runs


def _csv(rows: int, columns: int, label: bool = True, counts: bool = False) -> str:
    import numpy

    rows, random = scaled(rows, 2000), numpy.random.default_rng(7)
    table = random.normal(size=(rows, columns)).astype("float32")
    # Rows around twenty centers, which clusters, neighbors and components have something to find in.
    table += 3 * random.normal(size=(20, columns))[random.integers(0, 20, rows)]
    if counts:
        table = numpy.rint(numpy.abs(table)).astype("float32")
    if label:
        truth = table[:, 0] + table[:, 1] + random.normal(size=rows) > 0
        table = numpy.column_stack([truth, table])
    lines = (",".join(f"{value:.5g}" for value in row) for row in table.tolist())
    return "\n".join(lines) + "\n"


CASES = (
    Case(
        "Linear Learner, one model, 200k × 30, 15 epochs", "linear-learner",
        {"predictor_type": "binary_classifier", "num_models": 1, "epochs": 15, "early_stopping_patience": 15},
        "scikit-learn's SGDClassifier",
        READ + """
from sklearn.linear_model import SGDClassifier
from sklearn.preprocessing import StandardScaler
rows = StandardScaler().fit_transform(table[:, 1:])
model = SGDClassifier(loss="log_loss", max_iter=15, tol=None).fit(rows, table[:, 0])
print(model.score(rows, table[:, 0]))
""",
        lambda: _csv(200_000, 30),
    ),
    Case(
        "Linear Learner, 8 models, 100k × 30, 15 epochs", "linear-learner",
        {"predictor_type": "binary_classifier", "num_models": 8, "epochs": 15, "early_stopping_patience": 15},
        "8 × scikit-learn's SGDClassifier",
        READ + """
from sklearn.linear_model import SGDClassifier
from sklearn.preprocessing import StandardScaler
rows = StandardScaler().fit_transform(table[:, 1:])
for step in range(8):
    model = SGDClassifier(loss="log_loss", alpha=10.0 ** -(step % 4 + 2), max_iter=15, tol=None).fit(rows, table[:, 0])
    print(model.score(rows, table[:, 0]))
""",
        lambda: _csv(100_000, 30),
    ),
    Case(
        "XGBoost, 200k × 30, 50 rounds", "sagemaker-xgboost",
        {"num_round": 50, "objective": "binary:logistic", "tree_method": "hist"}, "XGBoost",
        READ + """
import xgboost
data = xgboost.DMatrix(table[:, 1:], table[:, 0])
given = {"objective": "binary:logistic", "tree_method": "hist", "nthread": 1}
xgboost.train(given, data, 50, evals=[(data, "train")]).save_model(sys.argv[2])
""",
        lambda: _csv(200_000, 30),
    ),
    Case(
        "K-Means, 10 of 200k × 30", "kmeans", {"feature_dim": 30, "k": 10}, "scikit-learn's KMeans",
        READ + """
from sklearn.cluster import KMeans
print(KMeans(10, n_init=1).fit(table).inertia_)
""",
        lambda: _csv(200_000, 30, label=False), "text/csv;label_size=0",
    ),
    Case(
        "PCA, 10 of 200k × 50", "pca", {"feature_dim": 50, "num_components": 10, "mini_batch_size": 10000},
        "scikit-learn's PCA",
        READ + """
from sklearn.decomposition import PCA
print(PCA(10).fit(table).singular_values_)
""",
        lambda: _csv(200_000, 50, label=False), "text/csv;label_size=0",
    ),
    Case(
        "k-NN, 200k × 30", "knn",
        {"feature_dim": 30, "k": 5, "sample_size": 200_000, "predictor_type": "classifier"},
        "scikit-learn's KNeighborsClassifier",
        READ + """
from sklearn.neighbors import KNeighborsClassifier
print(KNeighborsClassifier(5).fit(table[:, 1:], table[:, 0]))
""",
        lambda: _csv(200_000, 30),
    ),
    Case(
        "Random Cut Forest, 100 trees, 200k × 30", "randomcutforest", {"feature_dim": 30},
        "scikit-learn's IsolationForest",
        READ + """
from sklearn.ensemble import IsolationForest
print(IsolationForest(n_estimators=100).fit(table))
""",
        lambda: _csv(200_000, 30, label=False), "text/csv;label_size=0", distribution="ShardedByS3Key",
    ),
    Case(
        "LDA, 10 topics of 5k × 200, 20 rounds", "lda",
        {"feature_dim": 200, "num_topics": 10, "mini_batch_size": 5000, "max_iterations": 20},
        "scikit-learn's LatentDirichletAllocation",
        READ + """
from sklearn.decomposition import LatentDirichletAllocation
print(LatentDirichletAllocation(10, max_iter=20).fit(table).bound_)
""",
        lambda: _csv(5_000, 200, label=False, counts=True), "text/csv;label_size=0",
    ),
)  # fmt: skip


def compare() -> list[Row]:
    return [row for case in (*CASES, *_of_others()) for row in _rows(case)]


def _of_others() -> list[Case]:
    """The cases of algorithms whose modules ``bench.algorithms_<name>`` lie beside this one."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("algorithms_*.py"))
    return [case for name in names for case in import_module(f"bench.{name}").CASES]


def _rows(case: Case) -> list[Row]:
    image = images()[case.repository]
    if image.missing:
        print(f"{case.what}: left out. {image.missing}", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "ml"
        file = base / "input" / "data" / case.channel / case.file
        file.parent.mkdir(parents=True)
        file.write_text(case.data())
        config = base / "input" / "config"
        config.mkdir()
        settings = {"TrainingInputMode": "File", "S3DistributionType": case.distribution}
        settings |= {"ContentType": case.content_type} if case.content_type else {}
        (config / "inputdataconfig.json").write_text(json.dumps({case.channel: settings}))
        (config / "hyperparameters.json").write_text(
            json.dumps({name: str(value) for name, value in case.given.items()})
        )
        module, _, function = image.train.partition(":")
        ours = case.ours or f"from {module} import {function} as run\nif code := run(): raise SystemExit(code)"
        env = {**os.environ, **dict.fromkeys(THREADS, "1"), "SAGEMAKER_BASE_DIR": str(base), "PYTHONPATH": str(ROOT)}
        # In turns, for a machine that varies.
        pairs = [[_spent(image.python, one, file, env) for one in (case.bare, ours)] for _ in range(TIMES)]
    theirs, own = ([median(list(column)) for column in zip(*side, strict=True)] for side in zip(*pairs, strict=True))
    return [
        Row(f"{case.what}{of}", case.library, theirs[at], own[at], "s", BUDGET)
        for at, of in enumerate(("", ": CPU, imports aside"))
    ]


def _spent(python: str, program: str, file: Path, env: dict) -> tuple[float, float]:
    """(seconds of the clock of a fresh process, seconds of the CPU of the program's second run in it)."""
    with tempfile.TemporaryDirectory() as folder:
        times, started = Path(folder) / "times.json", time.monotonic()
        command = [python, "-c", TWICE, program, str(times), str(file), f"{folder}/model.ubj"]
        done = subprocess.run(command, env=env, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{program[:80]}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
        (ended, first), (_, second) = json.loads(times.read_text())
    return ended - started, second - first
