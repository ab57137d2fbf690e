"""What training makes small: each loss and its slope, of the scores of many models at once.

Scores are (rows, models), for softmax (rows, models, classes); labels (rows, 1): 0 and 1, numbers, or classes.
"""

NAMES = {
    "logistic": "binary_classification_cross_entropy",
    "squared_loss": "mse",
    "softmax_loss": "multiclass_cross_entropy",
}


def name(loss: str) -> str:
    """The loss in log lines: ``mse_objective``."""
    return f"{NAMES.get(loss, loss)}_objective"


def chosen(given: dict) -> str:
    """The job's loss, where ``auto`` is that of its predictor type."""
    from areas.algorithms.linear_learner.declaration import LOSSES

    return LOSSES[given["predictor_type"]][0] if given["loss"] == "auto" else given["loss"]


def value(loss: str, scores, labels, given: dict):
    """The loss of each row by each model: (rows, models)."""
    import numpy as np

    if loss == "logistic":
        return np.logaddexp(0, np.where(labels > 0.5, -scores, scores))
    if loss == "hinge_loss":
        return np.maximum(0, given["margin"] - np.where(labels > 0.5, scores, -scores))
    if loss == "softmax_loss":
        top = scores.max(axis=2, keepdims=True)
        total = np.log(np.exp(scores - top).sum(axis=2)) + top[:, :, 0]
        return total - np.take_along_axis(scores, labels.astype(np.int64)[:, :, None], axis=2)[:, :, 0]
    error = scores - labels
    if loss == "squared_loss":
        return error * error
    size = np.abs(error)
    if loss == "absolute_loss":
        return size
    if loss == "quantile_loss":
        return np.maximum(given["quantile"] * -error, (1 - given["quantile"]) * error)
    if loss == "huber_loss":
        delta = given["huber_delta"]
        return np.where(size <= delta, error * error / 2, delta * (size - delta / 2))
    beyond = np.maximum(0, size - given["loss_insensitivity"])
    return beyond * beyond if loss == "eps_insensitive_squared_loss" else beyond


def slope(loss: str, scores, labels, given: dict):
    """The loss's derivative by the scores, in their shape."""
    import numpy as np

    if loss == "logistic":
        return sigmoid(scores) - labels
    if loss == "hinge_loss":
        sign = np.where(labels > 0.5, np.float32(1), np.float32(-1))
        return np.where(sign * scores < given["margin"], -sign, np.float32(0))
    if loss == "softmax_loss":
        found = softmax(scores)
        found[np.arange(len(found)), :, labels[:, 0].astype(np.int64)] -= 1
        return found
    error = scores - labels
    if loss == "squared_loss":
        return 2 * error
    if loss == "absolute_loss":
        return np.sign(error)
    if loss == "quantile_loss":
        return np.where(error < 0, np.float32(-given["quantile"]), np.float32(1 - given["quantile"]))
    if loss == "huber_loss":
        return np.clip(error, -given["huber_delta"], given["huber_delta"])
    beyond = np.sign(error) * np.maximum(0, np.abs(error) - np.float32(given["loss_insensitivity"]))
    return 2 * beyond if loss == "eps_insensitive_squared_loss" else np.sign(beyond)


def sigmoid(values):
    """The logistic function, by the half of it that doesn't overflow."""
    import numpy as np

    return (1 + np.tanh(values / 2)) / 2


def softmax(scores):
    """Probabilities along the last axis."""
    import numpy as np

    found = np.exp(scores - scores.max(axis=-1, keepdims=True))
    found /= found.sum(axis=-1, keepdims=True)
    return found
