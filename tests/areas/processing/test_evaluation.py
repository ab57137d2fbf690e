"""Evaluation reports: what a script wrote becomes cards and charts; what it should not have written becomes nothing."""

import pytest

from areas.processing.evaluation import groups_of

REPORT = {
    "binary_classification_metrics": {
        "accuracy": {"value": 0.9, "standard_deviation": 0.01},
        "auc": {"value": 0.95, "standard_deviation": "NaN"},
        "confusion_matrix": {"0": {"0": 40, "1": 2}, "1": {"0": 3, "1": 55}},
        "receiver_operating_characteristic_curve": {
            "false_positive_rates": [0.0, 0.1, 1.0], "true_positive_rates": [0.0, 0.9, 1.0],
        },
        "precision_recall_curve": {"precisions": [0.5, 0.9, 1.0], "recalls": [1.0, 0.9, 0.0]},
    },
    "version": 1,
}  # fmt: skip


def test_a_report_becomes_numbers_and_charts():
    (group,) = groups_of(REPORT)
    assert group.title == "Binary classification"
    assert group.numbers == [("accuracy", "0.9", "0.01"), ("auc", "0.95", "")]
    matrix, roc, curve = group.charts
    assert [cell["text"] for cell in matrix["rows"][1]["cells"]] == ["3", "55"]
    assert (roc["x"], roc["y"]) == ("False positive rate", "True positive rate")
    assert len(roc["dots"]) >= 3
    assert curve["x"] == "Recall"


def test_regression_and_plain_numbers():
    (group,) = groups_of({"regression_metrics": {"rmse": {"value": 3}, "r2": 0.5, "notes": "fine", "on": True}})
    assert group.numbers == [("rmse", "3", ""), ("r2", "0.5", "")]


@pytest.mark.parametrize("hostile", [
    [], "text", {}, {"regression_metrics": []}, {"regression_metrics": {"mae": {"value": "<b>"}}},
    {"regression_metrics": {"mae": {"value": float("nan")}, "mse": float("inf"), "r2": 10**400}},
    {"binary_classification_metrics": {"confusion_matrix": {"0": [1, 2]}}},
    {"binary_classification_metrics": {"confusion_matrix": {"0": {"0": "x"}}}},
    {"binary_classification_metrics": {"receiver_operating_characteristic_curve": {"false_positive_rates": [1]}}},
    {"binary_classification_metrics": {"precision_recall_curve": {"precisions": [1, None], "recalls": [0, 1]}}},
])  # fmt: skip
def test_what_is_no_report_is_nothing(hostile):
    assert groups_of(hostile) == []


def test_long_curves_are_thinned_and_many_classes_cut():
    long = [number / 9999 for number in range(10_000)]
    many = {str(number): {str(number): 1} for number in range(200)}
    curve = {"false_positive_rates": long, "true_positive_rates": long}
    metrics = {"confusion_matrix": many, "receiver_operating_characteristic_curve": curve}
    (group,) = groups_of({"multiclass_classification_metrics": metrics})
    matrix, roc = group.charts
    assert len(matrix["rows"]) == 40
    assert len(roc["path"].split()) <= 502
