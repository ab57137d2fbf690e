"""Training Linear Learner: many models at once, the best of which is kept.

Source: the developer guide's "How Linear Learner Works": preprocess, train, validate.
"""

import sys
import time

from areas.algorithms.container import AlgorithmError
from areas.algorithms.formats.table import dense
from areas.algorithms.frame.training import Job, run
from areas.algorithms.linear_learner import choosing, losses, preparing
from areas.algorithms.linear_learner.declaration import ALGORITHM
from areas.algorithms.linear_learner.models import Models
from areas.algorithms.linear_learner.report import report

FEW = 20  # batches an epoch that small data is cut into
BLOCK = 8192


def main() -> int:
    return run(ALGORITHM, train)


def train(job: Job) -> None:
    """Leave ``weights`` (features, outputs) and ``bias`` (outputs,) that apply to rows as they are sent, and the threshold."""
    import numpy as np

    given = job.given
    width = None if given["feature_dim"] == "auto" else given["feature_dim"]
    table = preparing.checked(job.load("train", width), given, "train")
    width = table.columns
    held = preparing.checked(job.load("validation", width), given, "validation") if job.has("validation") else None
    test = preparing.checked(job.load("test", width), given, "test") if job.has("test") else None
    outputs = given["num_classes"] if given["predictor_type"] == "multiclass_classifier" else 1
    job.stop.training = True
    scaler = preparing.Scaler(table, given)
    judges = held or table
    rows = (scaler.features(table.features), scaler.labels(table.labels))
    judging = rows if held is None else (scaler.features(held.features), scaler.labels(held.labels))
    size = _batch(job, table.rows)
    models = Models(given, width, outputs, given["epochs"] * -(-table.rows // size))
    fit(job, models, rows, judging if held is not None else None, size)
    costs = models.costs(*judging)
    if not np.isfinite(costs).any():
        raise AlgorithmError("The weights of all models grew beyond all bounds: choose a smaller learning_rate")
    limit = given["num_calibration_samples"]
    scores = None
    if given["predictor_type"] == "binary_classifier":
        scores = _in_blocks(models.scores, judging[0][:limit])
    number, threshold = choosing.best(given, costs, scores, judges.labels[:limit])
    job.log.say(
        f"Best model is number {number} of {models.count}: learning_rate {models.settings.rates[number]:g}, "
        f"l1 {models.settings.l1[number]:g}, wd {models.settings.wd[number]:g}"
    )
    weights, bias = scaler.undone(*_one(models, number))
    for channel, part in (("train", table), ("validation", held), ("test", test)):
        if part is not None:
            report(
                job, channel, _in_blocks(lambda block: block @ weights + bias, part.features), part.labels, threshold
            )
    meta = {
        "features": width, "predictor_type": given["predictor_type"], "loss": models.loss, "threshold": threshold,
    }  # fmt: skip
    job.save(meta, weights=weights, bias=bias)


def fit(job: Job, models: Models, rows: tuple, held: tuple | None, size: int) -> None:
    """Go through the data until the best model's loss stays, and take the weights of the best epoch."""
    import numpy as np

    features, labels = rows
    given, random = job.given, np.random.default_rng(0)
    counts = preparing.row_weights(given, labels, models.outputs)
    least, patience, kept = np.inf, 0, None
    for epoch in range(given["epochs"]):
        started, order, costs = time.perf_counter(), random.permutation(len(labels)), np.zeros(models.count)
        for start in range(0, len(order), size):
            at = order[start : start + size]
            weights = None if counts is None else counts[at]
            costs += models.step(features[at], labels[at], weights) * len(at)
            if job.stop.asked:
                return
        costs /= len(order)
        job.log.quality("train", losses.name(models.loss), np.nanmin(costs), epoch=epoch)
        if held is not None:
            costs = models.costs(*held)
            job.log.quality("validation", losses.name(models.loss), np.nanmin(costs), epoch=epoch)
        job.log.epoch(epoch, given["epochs"], len(order), time.perf_counter() - started)
        now = float(np.nanmin(costs))
        if now < least * (1 - given["early_stopping_tolerance"]):
            least, patience = now, 0
            kept = models.taken()
        else:
            patience += 1
            if patience >= given["early_stopping_patience"]:
                job.log.say(f"The loss has not become better for {patience} epochs: training ends.")
                break
    if kept:
        models.put_back(kept)


def _batch(job: Job, rows: int) -> int:
    size = job.given["mini_batch_size"]
    if rows >= size:
        return size
    smaller = max(1, min(rows, max(rows // FEW, 16)))
    job.log.say(
        f"mini_batch_size is {size}, but there are only {rows} rows: batches of {smaller} rows are used. AWS refuses this."
    )
    return smaller


def _one(models: Models, number: int) -> tuple:
    """Weights (features, outputs) and bias (outputs,) of one model."""
    columns = slice(number * models.outputs, (number + 1) * models.outputs)
    return models.weights[:, columns], models.bias[columns]


def _in_blocks(function, features):
    import numpy as np

    parts = [function(features[start : start + BLOCK]) for start in range(0, features.shape[0], BLOCK)]
    return np.concatenate([dense(part) for part in parts])


if __name__ == "__main__":
    sys.exit(main())
