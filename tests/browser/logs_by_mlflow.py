"""Logs into one experiment by MLflow's client: scikit-learn's autolog, three times, then a run that waits for a line before it
goes on."""

import sys
import warnings

import mlflow

warnings.filterwarnings("ignore")
mlflow.set_experiment(sys.argv[1])


def say(word: str) -> None:
    print(word, flush=True)


def log(depth: int, steps: range) -> None:
    for step in steps:
        mlflow.log_metric("accuracy", 1 - 1 / (2 + depth + step), step=step)


mlflow.sklearn.autolog(log_models=False, log_datasets=False)
from sklearn.datasets import make_classification
from sklearn.tree import DecisionTreeClassifier

features, labels = make_classification(120, 4, random_state=0)
for depth in range(1, 4):
    with mlflow.start_run(run_name=f"tree-{depth}"):
        mlflow.log_params({"depth": depth, "rate": depth % 3 / 10})
        DecisionTreeClassifier(max_depth=depth, random_state=0).fit(features, labels)
        log(depth, range(3))
with mlflow.start_run(run_name="mlflow-live"):
    mlflow.log_params({"depth": 8, "rate": 0.2})
    log(8, range(10))
    say("logged")
    sys.stdin.readline()
    log(8, range(10, 20))
    say("logged")
    sys.stdin.readline()
