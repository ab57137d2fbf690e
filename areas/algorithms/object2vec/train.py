"""Training Object2Vec."""

import sys
import time

from areas.algorithms.container import UserError
from areas.algorithms.frame.training import Job, run
from areas.algorithms.neural import library
from areas.algorithms.neural.optimizers import Optimizer
from areas.algorithms.object2vec import network
from areas.algorithms.object2vec.data import Pairs, load, padded, pretrained
from areas.algorithms.object2vec.declaration import ALGORITHM

CLIP = 10.0  # the gradient's norm


def main() -> int:
    return run(ALGORITHM, train)


def train(job: Job) -> None:
    """Learn from ``train``, stop by ``validation`` if there is one, measure on ``test``, leave the best model."""
    given = job.given
    config = {"algorithm": ALGORITHM.repository, **network.configure(given)}
    pairs = {name: load(job.box, name, config) for name in ("train", "validation", "test") if job.has(name)}
    library.prepare(heavy=given["enc_dim"] * given["mini_batch_size"] > 20_000)
    model = network.build(config)
    for number in (0, 1):
        use_pretrained(model.encoders[number], f"enc{number}", config["encoders"][number], job)
    fit(model, pairs, config, job)
    if "test" in pairs:
        report(job, "test", measure(model, pairs["test"], config, given["mini_batch_size"]))
    library.save(job.box.model, model, config)


def fit(model, pairs: dict[str, Pairs], config: dict, job: Job) -> None:
    """Train until the epochs, the patience or the job's time end; leaves the best weights on ``validation``."""
    import numpy as np

    given, data = job.given, pairs["train"]
    optimizer = Optimizer(
        given["optimizer"], model.parameters(), given["learning_rate"], decay=given["weight_decay"], norm=CLIP
    )
    rng = np.random.default_rng(0)
    best = library.Best(tolerance=given["early_stopping_tolerance"], absolute=True)
    job.stop.training = True
    for epoch in range(given["epochs"]):
        began, sums, done = time.monotonic(), np.zeros(2), 0
        model.train()
        for rows in batches(data, given["mini_batch_size"], given["bucket_width"], rng):
            left, right, labels = with_negatives(data, rows, given["negative_sampling_rate"], rng)
            loss, right_ones = losses(model(padded(left), padded(right)), labels, config)
            optimizer.step(loss / len(labels))
            sums += loss.item(), right_ones
            done += len(labels)
            if job.stop.asked:
                break
        found = figures(sums, done, config)
        report(job, "train", found, epoch=epoch)
        if "validation" in pairs:
            found = measure(model, pairs["validation"], config, given["mini_batch_size"])
            report(job, "validation", found, epoch=epoch)
        job.log.epoch(epoch, given["epochs"], done, time.monotonic() - began)
        best.offer(next(iter(found.values())), epoch, model)
        if job.stop.asked:
            break
        if best.since >= given["early_stopping_patience"]:
            job.log.say(f"The loss has not improved for {best.since} epochs. Stopping early.")
            break
    best.restore(model)


def batches(data: Pairs, size: int, bucket_width: int, rng):
    """Rows of each batch in random order; with ``bucket_width`` those of about the same length come together."""
    import numpy as np

    order = rng.permutation(len(data))
    if bucket_width:
        lengths = np.array([max(len(data.sides[0][row]), len(data.sides[1][row])) for row in order])
        order = order[np.argsort(lengths // bucket_width, kind="stable")]
    found = [order[start : start + size] for start in range(0, len(order), size)]
    if bucket_width:
        rng.shuffle(found)
    return found


def with_negatives(data: Pairs, rows, rate: int, rng):
    """The pairs of a batch, and for each that belongs together ``rate`` more whose second side is any other's, label 0."""
    import numpy as np
    import torch

    left = [data.sides[0][row] for row in rows]
    right = [data.sides[1][row] for row in rows]
    labels = data.labels[rows]
    positive = np.repeat(rows[labels != 0], rate)
    if len(positive):
        left += [data.sides[0][row] for row in positive]
        right += [data.sides[1][row] for row in rng.integers(len(data), size=len(positive))]
        labels = np.concatenate([labels, np.zeros(len(positive), np.float32)])
    return left, right, torch.as_tensor(labels)


def losses(outputs, labels, config: dict):
    """(summed loss, how many are right)."""
    from torch.nn import functional

    if config["output_layer"] == "softmax":
        loss = functional.cross_entropy(outputs, labels.long(), reduction="sum")
        return loss, (outputs.argmax(1) == labels.long()).sum().item()
    return ((outputs[:, 0] - labels) ** 2).sum(), 0


def measure(model, data: Pairs, config: dict, size: int) -> dict[str, float]:
    """Loss and accuracy of pairs, without dropout."""
    import numpy as np
    import torch

    model.eval()
    sums = np.zeros(2)
    with torch.no_grad():
        for start in range(0, len(data), size):
            span = slice(start, start + size)
            outputs = model(padded(data.sides[0][span]), padded(data.sides[1][span]))
            loss, right = losses(outputs, torch.as_tensor(data.labels[span]), config)
            sums += loss.item(), right
    return figures(sums, len(data), config)


def figures(sums, pairs: int, config: dict) -> dict[str, float]:
    """Means, the loss first."""
    if config["output_layer"] == "softmax":
        return {"cross_entropy": sums[0] / pairs, "accuracy": sums[1] / pairs}
    return {"mean_squared_error": sums[0] / pairs}


def report(job: Job, channel: str, found: dict[str, float], epoch: int | None = None) -> None:
    for name, value in found.items():
        job.log.quality(channel, name, value, "score" if name == "accuracy" else "loss", epoch=epoch)


def use_pretrained(encoder, name: str, config: dict, job: Job) -> None:
    """Fill the encoder's embeddings from the auxiliary channel, if the job names files for it."""
    import torch

    given = job.given
    file = given[f"{name}_pretrained_embedding_file"]
    if not file:
        return
    if not job.has("auxiliary"):
        raise UserError(f"{name}_pretrained_embedding_file needs the channel 'auxiliary'")
    values = torch.as_tensor(pretrained(job.box, file, given[f"{name}_vocab_file"], config))
    known = ~values.isnan().any(1)
    with torch.no_grad():
        encoder.embedding.weight[known] = values[known]
    job.log.say(f"{int(known.sum())} of {config['vocab_size']} tokens of {name} have a pretrained embedding.")
    if given[f"{name}_freeze_pretrained_embedding"]:
        encoder.embedding.weight.requires_grad_(False)


if __name__ == "__main__":
    sys.exit(main())
