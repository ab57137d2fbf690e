"""The metrics of the model that was chosen, on each channel."""

from areas.algorithms.frame import scores as measures
from areas.algorithms.frame.training import Job
from areas.algorithms.linear_learner import losses


def report(job: Job, channel: str, scores, labels, threshold: float) -> None:
    """Print every metric of the predictor type. ``scores`` are (rows, outputs), before logistic function or softmax."""
    import numpy as np

    given, loss = job.given, losses.chosen(job.given)
    shaped = scores[:, None, :] if scores.shape[1] > 1 else scores
    cost = losses.value(loss, shaped, labels[:, None], given).mean(dtype=np.float64)
    job.log.quality(channel, losses.name(loss), cost)
    kind = given["predictor_type"]
    if kind == "regressor":
        found = _regression(scores[:, 0], labels)
    elif kind == "binary_classifier":
        found = _binary(scores[:, 0], labels, threshold, given["f_beta"])
    else:
        found = _classes(scores, labels, given)
    for name, (value, sort) in found.items():
        job.log.quality(channel, name, value, sort)


def _regression(scores, labels) -> dict:
    import numpy as np

    error = scores.astype(np.float64) - labels
    mse = float(np.mean(error * error))
    return {
        "mse": (mse, "loss"), "rmse": (mse**0.5, "loss"), "absolute_loss": (float(np.abs(error).mean()), "loss"),
    }  # fmt: skip


def _binary(scores, labels, threshold: float, beta: float) -> dict:
    found = measures.binary(labels, scores >= threshold, beta)
    return {
        "binary_classification_accuracy": (found["accuracy"], "score"),
        f"binary_f_{beta:.3f}": (found["f"], "score"),
        "precision": (found["precision"], "score"),
        "recall": (found["recall"], "score"),
        "roc_auc_score": (measures.auc(labels, scores), "score"),
    }


def _classes(scores, labels, given: dict) -> dict:
    import numpy as np

    labels = labels.astype(np.int64)
    own = scores[np.arange(len(labels)), labels]
    rank = (scores > own[:, None]).sum(axis=1)  # how many classes are thought likelier than the true one
    macro = measures.macro(labels, scores.argmax(axis=1), given["f_beta"], np.arange(scores.shape[1]))
    top = min(given["accuracy_top_k"], scores.shape[1])
    return {
        "multiclass_accuracy": (np.mean(rank == 0), "score"),
        f"multiclass_top_k_accuracy_{top}": (np.mean(rank < top), "score"),
        "dcg": (np.mean(1 / np.log2(rank + 2)), "score"),
        "macro_recall": (macro["recall"], "score"),
        "macro_precision": (macro["precision"], "score"),
        f"macro_f_{given['f_beta']:.3f}": (macro["f"], "score"),
    }
