"""The metrics that the image adds are those of scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics as judge

from areas.algorithms.xgboost.hyperparameters import CUSTOM_METRICS, UserError, check, eval_metrics, parse
from areas.algorithms.xgboost.metrics import classes, measure

RNG = np.random.default_rng(3)
BINARY = (RNG.integers(0, 2, 200).astype(np.float32), RNG.random(200, dtype=np.float32), "binary:logistic")
MULTI = (RNG.integers(0, 4, 200).astype(np.float32), RNG.random((200, 4), dtype=np.float32), "multi:softprob")
JUDGES = {
    "accuracy": judge.accuracy_score,
    "balanced_accuracy": judge.balanced_accuracy_score,
    "f1_macro": lambda true, guess: judge.f1_score(true, guess, average="macro"),
    "precision_macro": lambda true, guess: judge.precision_score(true, guess, average="macro"),
    "precision_micro": lambda true, guess: judge.precision_score(true, guess, average="micro"),
    "recall_macro": lambda true, guess: judge.recall_score(true, guess, average="macro"),
    "recall_micro": lambda true, guess: judge.recall_score(true, guess, average="micro"),
}
BINARY_JUDGES = {
    "f1": judge.f1_score,
    "f1_binary": judge.f1_score,
    "precision": judge.precision_score,
    "recall": judge.recall_score,
}


@pytest.mark.parametrize("name", JUDGES)
@pytest.mark.parametrize("labels, predictions, objective", [BINARY, MULTI], ids=["binary", "multi"])
def test_classification(name, labels, predictions, objective):
    guess = classes(predictions, objective)
    assert measure(name, predictions, labels, objective) == pytest.approx(JUDGES[name](labels, guess))


@pytest.mark.parametrize("name", BINARY_JUDGES)
def test_of_class_one(name):
    labels, predictions, objective = BINARY
    guess = classes(predictions, objective)
    assert measure(name, predictions, labels, objective) == pytest.approx(BINARY_JUDGES[name](labels, guess))


def test_regression():
    labels, predictions = RNG.normal(size=50), RNG.normal(size=50)
    assert measure("mse", predictions, labels, "") == pytest.approx(judge.mean_squared_error(labels, predictions))
    assert measure("r2", predictions, labels, "") == pytest.approx(judge.r2_score(labels, predictions))


def test_every_custom_metric_is_covered():
    assert set(CUSTOM_METRICS) == {*JUDGES, *BINARY_JUDGES, "mse", "r2"}


BAD = {
    "Hyperparameter eta: 1.5 is not in the range [0, 1]": {"eta": "1.5"},
    "Hyperparameter subsample: 0.0 is not in the range (0, 1]": {"subsample": "0"},
    "Hyperparameter max_depth: could not parse value 'six'": {"max_depth": "six"},
    "Hyperparameter booster: forest is not one of gbtree, gblinear, dart": {"booster": "forest"},
    "Hyperparameter tree_method: gpu_hist needs a GPU, and this engine runs XGBoost on CPUs.": {
        "tree_method": "gpu_hist"
    },
    "Metric 'auc' can only be applied for classification and ranking problems.": {"eval_metric": "rmse,auc"},
    "Metric 'aft-nloglik' can only be applied for 'survival:aft' objective.": {"eval_metric": "aft-nloglik"},
    "Threshold value 't' in 'error@t' expects float input.": {"eval_metric": "error@x"},
    "Linear updater should be one of these options: 'shotgun', 'coord_descent'.": {
        "booster": "gblinear",
        "updater": "prune",
    },
    "Only one tree grow plugin can be selected.": {"updater": "grow_colmaker,grow_histmaker"},
    "monotone_constraints can be used only when the tree_method parameter is set to either 'exact' or 'hist'.": {
        "monotone_constraints": "(1,0)"
    },
}


@pytest.mark.parametrize("words", BAD)
def test_hyperparameters_are_refused_in_the_algorithms_words(words):
    with pytest.raises(ValueError) as caught:
        check({"num_round": "3", **BAD[words]}, {"train": {"ContentType": "text/csv"}})
    assert str(caught.value) == words


def test_channels_are_checked():
    good = {"num_round": "1"}
    check(good, {"train": {}, "validation": {"ContentType": "csv"}})
    check({"sagemaker_program": '"train.py"'}, {})
    for channels, words in (
        ({}, "Missing required channel: train"),
        ({"train": {}, "test": {}}, "Extraneous channel found: test"),
        ({"train": {"ContentType": "text/csv;label_size=2"}}, "label_size must be equal to 1"),
        ({"train": {"ContentType": "image/png"}}, "image/png is not an accepted ContentType"),
        ({"train": {"TrainingInputMode": "Pipe"}}, "Pipe mode not supported for LibSVM."),
    ):
        with pytest.raises(UserError, match=words):
            check(good, channels)


def test_values_become_numbers_and_lists():
    given = {"num_round": " 7 ", "eval_metric": "rmse, error@0.3", "interaction_constraints": "[[0,1],[2]]"}
    assert parse({**given, "tree_method": "hist"}) == {
        "num_round": 7, "eval_metric": ["rmse", "error@0.3"], "interaction_constraints": "[[0, 1], [2]]",
        "tree_method": "hist",
    }  # fmt: skip
    assert eval_metrics("ndcg@10") == ["ndcg@10"]
