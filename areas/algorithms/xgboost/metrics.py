"""The metrics that the image adds to XGBoost's own, by numpy.

Predictions come transformed by the objective: probabilities, (rows, classes) for multi:softprob, else values.
"""

from collections.abc import Callable

from areas.algorithms.xgboost.hyperparameters import CUSTOM_METRICS, MAXIMIZED

__all__ = ["MAXIMIZED", "added", "native"]


def added(names: list[str], objective: str) -> Callable | None:
    """A function (predictions, matrix) → [(name, value)] for those of ``names`` that XGBoost lacks; None for none."""
    ours = [name for name in names if name in CUSTOM_METRICS]
    if not ours:
        return None

    def evaluate(predictions, matrix) -> list[tuple[str, float]]:
        labels = matrix.get_label()
        return [(name, float(measure(name, predictions, labels, objective))) for name in ours]

    return evaluate


def native(names: list[str]) -> list[str]:
    return [name for name in names if name not in CUSTOM_METRICS]


def measure(name: str, predictions, labels, objective: str) -> float:
    """One of CUSTOM_METRICS. precision, recall and f1 are those of class 1; without suffix f1 is f1_macro for classes."""
    import numpy as np

    if name == "mse":
        return np.mean((labels - predictions) ** 2)
    if name == "r2":
        spread = ((labels - labels.mean()) ** 2).sum()
        return 1 - ((labels - predictions) ** 2).sum() / spread if spread else 0.0
    true, guess = labels.astype(np.int64), classes(predictions, objective)
    if name == "accuracy" or name.endswith("_micro"):
        return np.mean(true == guess)
    kinds = np.unique(np.concatenate([true, guess]))
    hits = np.array([np.sum((true == kind) & (guess == kind)) for kind in kinds], float)
    actual = np.array([np.sum(true == kind) for kind in kinds], float)
    claimed = np.array([np.sum(guess == kind) for kind in kinds], float)
    recall, precision = _ratio(hits, actual), _ratio(hits, claimed)
    if name == "balanced_accuracy":
        return recall[actual > 0].mean()
    scores = {"precision": precision, "recall": recall, "f1": _ratio(2 * hits, actual + claimed)}[
        name.partition("_")[0]
    ]
    if name.endswith("_macro") or (name == "f1" and len(kinds) > 2):
        return scores.mean()
    return scores[kinds == 1].sum()


def classes(predictions, objective: str):
    """Predicted classes: the largest of a row, or the side of the objective's threshold."""
    import numpy as np

    if predictions.ndim == 2:
        return predictions.argmax(axis=1)
    if objective == "binary:logitraw":
        return (predictions > 0).astype(np.int64)
    if objective.startswith("binary:"):
        return (predictions > 0.5).astype(np.int64)
    return np.rint(predictions).astype(np.int64)


def _ratio(part, whole):
    import numpy as np

    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
