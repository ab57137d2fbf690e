"""Metrics of classifiers in numpy: what the algorithms report, in their own sense of the words."""


def binary(truth, predicted, beta: float = 1.0) -> dict[str, float]:
    """accuracy, precision, recall and f (F-beta) of labels 0 and 1."""
    import numpy as np

    truth, predicted = np.asarray(truth) > 0.5, np.asarray(predicted) > 0.5
    hits = float((truth & predicted).sum())
    precision, recall = hits / max(float(predicted.sum()), 1), hits / max(float(truth.sum()), 1)
    return {
        "accuracy": float((truth == predicted).mean()),
        "precision": precision,
        "recall": recall,
        "f": f_beta(precision, recall, beta),
    }


def f_beta(precision, recall, beta: float = 1.0):
    """F-beta of numbers or arrays; 0 where both are 0."""
    import numpy as np

    below = beta * beta * precision + recall
    found = (1 + beta * beta) * precision * recall / np.where(below > 0, below, 1)
    return float(found) if np.ndim(found) == 0 else found


def macro(truth, predicted, beta: float = 1.0, classes=None) -> dict[str, float]:
    """precision, recall and f, each the mean over the classes (those that occur, unless given)."""
    import numpy as np

    truth, predicted = np.asarray(truth), np.asarray(predicted)
    classes = np.union1d(truth, predicted) if classes is None else np.asarray(classes)
    at, guess = np.searchsorted(classes, truth), np.searchsorted(classes, predicted)
    hits = np.bincount(at[at == guess], minlength=len(classes))
    precision = hits / np.maximum(np.bincount(guess, minlength=len(classes)), 1)
    recall = hits / np.maximum(np.bincount(at, minlength=len(classes)), 1)
    return {
        "precision": float(precision.mean()),
        "recall": float(recall.mean()),
        "f": float(np.mean(f_beta(precision, recall, beta))),
    }


def auc(truth, scores) -> float:
    """Area under the ROC curve; 0.5 where there is only one class."""
    import numpy as np

    truth, scores = np.asarray(truth) > 0.5, np.asarray(scores, np.float64)
    positive = int(truth.sum())
    negative = len(truth) - positive
    if not positive or not negative:
        return 0.5
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * negative))
