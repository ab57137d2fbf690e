"""The XGBoost report: ROC for two classes only, residuals for regression only."""

import json

import numpy as np
import pytest

from areas.debugger.catalogue import RULES
from areas.debugger.report.xgboost import write
from areas.debugger.rules.base import NoTensors
from areas.debugger.trial import Trial
from tests.areas.debugger.test_hook import trained

KEPT = dict(RULES["CreateXgboostReport"].collections)


def report(folder, **given) -> dict:
    trained(folder / "tensors", 11, collections=KEPT, **given)
    trial = Trial(folder / "tensors")
    trial.refresh()
    write(trial, folder / "out")
    assert (folder / "out" / "xgboost_report.html").read_text().startswith("<!doctype html>")
    return {path.stem: json.loads(path.read_text()) for path in (folder / "out" / "xgboost-reports").glob("*.json")}


def test_two_classes_have_a_roc(tmp_path):
    found = report(tmp_path)
    assert set(found) == {
        "Loss", "FeatureImportance", "LabelDistribution", "ConfusionMatrix", "Evaluation", "DiagonalAccuracy", "ROC",
    }  # fmt: skip
    assert 0.7 < found["ROC"]["auc"] <= 1
    assert found["Evaluation"]["micro average"]["precision"] == pytest.approx(
        found["DiagonalAccuracy"]["accuracy"][1][-1]
    )
    assert np.sum(found["ConfusionMatrix"]) == 300


def test_the_roc_is_scikit_learns(tmp_path):
    from sklearn.metrics import roc_auc_score

    found = report(tmp_path)
    trial = Trial(tmp_path / "tensors")
    trial.refresh()
    expected = roc_auc_score(trial.tensor("labels").value(10), trial.tensor("predictions").value(10))
    assert found["ROC"]["auc"] == pytest.approx(expected)


def test_regression_has_residuals_and_no_roc(tmp_path):
    found = report(tmp_path, objective="reg:squarederror")
    assert set(found) == {"Loss", "FeatureImportance", "LabelDistribution", "Residuals", "AbsoluteError"}
    assert sum(found["Residuals"].values()) == 300
    assert len(found["AbsoluteError"]) == 10


def test_three_classes_have_neither_a_roc_nor_residuals(tmp_path):
    def three(features, labels):
        labels[:] = np.digitize(features[:, 0], [-0.5, 0.5])
        return features

    found = report(tmp_path, objective="multi:softprob", num_class=3, label=three)
    assert {"ROC", "Residuals"}.isdisjoint(found)
    assert np.shape(found["ConfusionMatrix"]) == (3, 3)


def test_nothing_saved_is_no_report(tmp_path):
    with pytest.raises(NoTensors, match="metrics, feature_importance"):
        write(Trial(tmp_path), tmp_path / "out")
