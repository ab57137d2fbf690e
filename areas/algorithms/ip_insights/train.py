"""Training IP Insights: rows that were seen against addresses that are made up or shuffled."""

import sys
import time

from areas.algorithms.container import UserError
from areas.algorithms.frame import scores
from areas.algorithms.frame.training import Job, run
from areas.algorithms.ip_insights.declaration import ALGORITHM
from areas.algorithms.ip_insights.model import Trainer, begin


def main() -> int:
    return run(ALGORITHM, train)


def train(job: Job) -> None:
    import numpy as np

    given, random = job.given, np.random.default_rng(0)
    if not given["random_negative_sampling_rate"] + given["shuffled_negative_sampling_rate"]:
        raise UserError("random_negative_sampling_rate and shuffled_negative_sampling_rate can't both be 0")
    pairs = job.load("train").features
    held = job.load("validation").features if job.has("validation") else None
    job.stop.training = True
    model = begin(given["num_entity_vectors"], given["vector_dim"], given["num_ip_encoder_layers"], random)
    trainer = Trainer(model, given["learning_rate"], given["weight_decay"])
    for epoch in range(given["epochs"]):
        if not _epoch(job, trainer, pairs, epoch, random):
            break
        if held is not None:
            rows, labels = _with_negatives(given, held, held, np.random.default_rng(1))
            job.log.quality(
                "validation", "discriminator_auc", scores.auc(labels, model.products(rows)), "score", epoch=epoch
            )
    arrays = {f"weights_{number}": layer[0] for number, layer in enumerate(model.layers)}
    arrays |= {f"bias_{number}": layer[1] for number, layer in enumerate(model.layers)}
    job.save({"layers": len(model.layers)}, entities=model.entities, **arrays)


def _epoch(job: Job, trainer: Trainer, pairs, epoch: int, random) -> bool:
    """Go through the data once; False if the job shall stop."""
    import numpy as np

    given, started = job.given, time.perf_counter()
    order, size = random.permutation(len(pairs)), given["mini_batch_size"]
    right = entropy = seen = 0.0
    for batch, start in enumerate(range(0, len(order), size)):
        rows, labels = _with_negatives(given, pairs[order[start : start + size]], pairs, random)
        products = trainer.step(rows, labels)
        accuracy = float(((products > 0) == (labels > 0.5)).mean())
        loss = float(np.logaddexp(0, np.where(labels > 0.5, -products, products)).mean())
        right, entropy, seen = right + accuracy * len(rows), entropy + loss * len(rows), seen + len(rows)
        if (batch + 1) % given["batch_metrics_publish_interval"] == 0:
            _report(job, accuracy, loss, epoch=epoch, batch=batch)
        if job.stop.asked:
            return False
    _report(job, right / seen, entropy / seen, epoch=epoch)
    job.log.epoch(epoch, given["epochs"], len(pairs), time.perf_counter() - started)
    return True


def _report(job: Job, accuracy: float, loss: float, **where) -> None:
    job.log.quality("train", "binary_classification_accuracy", accuracy, "score", **where)
    job.log.quality("train", "binary_classification_cross_entropy", loss, **where)


def _with_negatives(given: dict, seen, pool, random):
    """(pairs, labels): those that were seen (1), and for each of their entities addresses at random and of others (0)."""
    import numpy as np

    made, shuffled = given["random_negative_sampling_rate"], given["shuffled_negative_sampling_rate"]
    parts = [seen]
    for rate, addresses in (
        (made, lambda count: random.integers(0, 1 << 32, count)),
        (shuffled, lambda count: pool[random.integers(0, len(pool), count), 1]),
    ):
        entities = np.tile(seen[:, 0], rate)
        parts.append(np.column_stack([entities, addresses(len(entities))]))
    pairs = np.concatenate(parts)
    labels = np.zeros(len(pairs), np.float32)
    labels[: len(seen)] = 1
    return pairs, labels


if __name__ == "__main__":
    sys.exit(main())
