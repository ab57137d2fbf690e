"""Training Factorization Machines: epochs of batches, and what they are worth on ``test``."""

import sys
import time

from areas.algorithms.container import AlgorithmError, UserError
from areas.algorithms.factorization_machines.declaration import ALGORITHM
from areas.algorithms.factorization_machines.model import Trainer, begin, probability
from areas.algorithms.frame import scores
from areas.algorithms.frame.training import Job, run


def main() -> int:
    return run(ALGORITHM, train)


def train(job: Job) -> None:
    import numpy as np

    given = job.given
    table = _checked(job, "train")
    job.stop.training = True
    random = np.random.default_rng(0)
    machine = begin(given, given["feature_dim"], random)
    trainer, size = Trainer(machine, given), given["mini_batch_size"]
    for epoch in range(given["epochs"]):
        started = time.perf_counter()
        order = random.permutation(table.rows)
        found = np.empty(table.rows, np.float32)
        for start in range(0, table.rows, size):
            rows = order[start : start + size]
            found[rows] = trainer.step(table.features[rows], table.labels[rows])
            if job.stop.asked:
                break
        if job.stop.asked:
            break
        if not np.isfinite(machine.bias).all() or not np.isfinite(machine.factors).all():
            raise AlgorithmError("The weights grew beyond all bounds: choose smaller learning rates")
        _report(job, "train", table.labels, found, epoch=epoch)
        job.log.epoch(epoch, given["epochs"], table.rows, time.perf_counter() - started)
    if job.has("test"):
        held = _checked(job, "test")
        _report(job, "test", held.labels, machine.predict(held.features))
    meta = {"features": given["feature_dim"], "predictor_type": given["predictor_type"]}
    job.save(meta, bias=machine.bias, linear=machine.linear, factors=machine.factors)


def _checked(job: Job, channel: str):
    table = job.load(channel, job.given["feature_dim"])
    if job.given["predictor_type"] == "binary_classifier":
        wrong = (table.labels != 0) & (table.labels != 1)
        if wrong.any():
            row = int(wrong.argmax())
            raise UserError(
                f"The labels of a binary_classifier must be 0 or 1, but row {row + 1} of channel '{channel}' has "
                f"{table.labels[row]:g}"
            )
    return table


def _report(job: Job, channel: str, labels, found, epoch=None) -> None:
    import numpy as np

    if job.given["predictor_type"] == "regressor":
        error = found.astype(np.float64) - labels
        mse = float(np.mean(error * error))
        for name, value in (("rmse", mse**0.5), ("mse", mse), ("absolute_loss", float(np.abs(error).mean()))):
            job.log.quality(channel, name, value, epoch=epoch)
        return
    chance = np.clip(probability(found.astype(np.float64)), 1e-12, 1 - 1e-12)
    entropy = -np.mean(np.where(labels > 0.5, np.log(chance), np.log(1 - chance)))
    measured = scores.binary(labels, chance > 0.5)
    job.log.quality(channel, "binary_classification_accuracy", measured["accuracy"], "score", epoch=epoch)
    job.log.quality(channel, "binary_classification_cross_entropy", entropy, epoch=epoch)
    job.log.quality(channel, "binary_f_1.000", measured["f"], "score", epoch=epoch)


if __name__ == "__main__":
    sys.exit(main())
