"""Training NTM: the evidence bound by batches, early stopping by its change, the topics' words in the log."""

import sys
import time

from areas.algorithms.container import Container, UserError
from areas.algorithms.formats.table import data_files
from areas.algorithms.frame.training import Job, run
from areas.algorithms.neural import library
from areas.algorithms.neural.optimizers import Optimizer
from areas.algorithms.ntm import network
from areas.algorithms.ntm.declaration import ALGORITHM

TOP = 10  # words of a topic in the log
VOCABULARY = "vocab.txt"


def main() -> int:
    return run(ALGORITHM, train)


def train(job: Job) -> None:
    """Learn from ``train``, stop by ``validation`` if there is one, measure on ``test``, leave the model."""
    given = job.given
    tables = {
        name: job.load(name, given["feature_dim"]).features for name in ("train", "validation", "test") if job.has(name)
    }
    for name, features in tables.items():
        check_counts(features, name)
    words = vocabulary(job.box, given["feature_dim"]) if job.has("auxiliary") else None
    topics = given["num_topics"]
    layers = (3 * topics, 2 * topics) if given["encoder_layers"] == "auto" else given["encoder_layers"]
    config = {
        "algorithm": ALGORITHM.repository, "feature_dim": given["feature_dim"], "num_topics": topics,
        "encoder_layers": list(layers), "activation": given["encoder_layers_activation"],
        "batch_norm": given["batch_norm"], "scale": typical_length(tables["train"]),
    }  # fmt: skip
    library.prepare(heavy=given["feature_dim"] * given["mini_batch_size"] > 1_000_000)
    model = network.build(config)
    fit(model, tables, given, job)
    show_topics(model, words, job)
    if "test" in tables:
        report(job, "test", measure(model, tables["test"], given["mini_batch_size"]))
    library.save(job.box.model, model, config)


def fit(model, tables: dict, given: dict, job: Job) -> None:
    """Train until the epochs, the loss's change or the job's time end."""
    import numpy as np
    import torch

    optimizer = Optimizer(
        given["optimizer"], model.parameters(), given["learning_rate"], decay=given["weight_decay"], momentum=0.9,
        clip=given["clip_gradient"], rescale=given["rescale_gradient"],
    )  # fmt: skip
    features, size, rng = tables["train"], given["mini_batch_size"], np.random.default_rng(0)
    rows = max(1, round(features.shape[0] * given["sub_sample"]))
    history: list[float] = []
    job.stop.training = True
    for epoch in range(given["epochs"]):
        began, sums = time.monotonic(), np.zeros(2)
        model.train()
        order = rng.permutation(features.shape[0])[:rows]
        done = 0
        for start in range(0, rows, size):
            chosen = order[start : start + size]
            if is_normalized(model) and len(chosen) < 2:
                break
            counts = torch.as_tensor(dense(features, chosen))
            kld, recons = network.losses(model, counts)
            optimizer.step((kld + recons) / len(chosen))
            sums += kld.item(), recons.item()
            done += len(chosen)
            if job.stop.asked:
                break
        found = figures(sums, done, features[order[:done]].sum())
        report(job, "train", found, epoch=epoch)
        if "validation" in tables:
            found = measure(model, tables["validation"], size)
            report(job, "validation", found, epoch=epoch)
        job.log.epoch(epoch, given["epochs"], done, time.monotonic() - began)
        history.append(found["total_loss"])
        if job.stop.asked:
            break
        if is_settled(history, given["num_patience_epochs"], given["tolerance"]):
            job.log.say("patience losses: the loss has settled. Stopping early.")
            break


def is_settled(losses: list[float], patience: int, tolerance: float) -> bool:
    """Whether the loss has become less by a smaller share than ``tolerance`` over the last ``patience`` epochs."""
    if len(losses) <= patience:
        return False
    before = min(losses[:-patience])
    return before - min(losses[-patience:]) < tolerance * abs(before)


def measure(model, features, size: int) -> dict[str, float]:
    """The losses of documents without noise."""
    import numpy as np
    import torch

    model.eval()
    sums = np.zeros(2)
    with torch.no_grad():
        for start in range(0, features.shape[0], size):
            rows = np.arange(start, min(start + size, features.shape[0]))
            kld, recons = network.losses(model, torch.as_tensor(dense(features, rows)))
            sums += kld.item(), recons.item()
    return figures(sums, features.shape[0], features.sum())


def figures(sums, documents: int, words: float) -> dict[str, float]:
    """Means over the documents; ``logppx`` is the total loss a word."""
    kld, recons = sums / max(documents, 1)
    return {"total_loss": kld + recons, "kld": kld, "recons": recons, "logppx": sums.sum() / max(float(words), 1.0)}


def report(job: Job, channel: str, found: dict[str, float], epoch: int | None = None) -> None:
    for name, value in found.items():
        job.log.quality(channel, name, value, epoch=epoch)


def show_topics(model, words: list[str] | None, job: Job) -> None:
    """The words that each topic makes more likely, and how many topics share them (tu: 1 where none do)."""
    import torch

    weights = model.topics.weight.detach()
    top = torch.topk(weights, min(TOP, len(weights)), 0).indices.T.tolist()
    uses = torch.bincount(torch.tensor([word for topic in top for word in topic]))
    unique = sum(1 / uses[word].item() for topic in top for word in topic) / sum(map(len, top))
    job.log.say(f"Topics from epoch:final (num_topics:{len(top)}) [tu {unique:.2f}]:")
    for topic in top:
        named = [words[word] if words else str(word) for word in topic]
        print(f"[tu {sum(1 / uses[word].item() for word in topic) / len(topic):.2f}] {' '.join(named)}", flush=True)


def vocabulary(box: Container, size: int) -> list[str]:
    """The words of ``vocab.txt`` in the auxiliary channel; UserError if it isn't there or has another number of words."""
    files = {path.name: path for path in data_files(box.channel("auxiliary"))}
    if VOCABULARY not in files:
        raise UserError(f"Channel 'auxiliary' has no {VOCABULARY}, but {', '.join(files) or 'nothing'}")
    words = files[VOCABULARY].read_text("utf-8", "replace").splitlines()
    if len(words) != size:
        raise UserError(f"{VOCABULARY} has {len(words)} words, but feature_dim is {size}")
    return words


def check_counts(features, channel: str) -> None:
    """UserError if a count is negative."""
    values = features.data if hasattr(features, "indptr") else features
    if values.size and values.min() < 0:
        raise UserError(f"The data of channel '{channel}' has a negative value: NTM takes counts of words")


def typical_length(features) -> float:
    """Words in an average document."""
    return max(1.0, float(features.sum()) / features.shape[0])


def is_normalized(model) -> bool:
    """Whether the network normalizes over the batch, so that a batch of one row can't be."""
    return any(type(part).__name__ == "BatchNorm1d" for part in model.modules())


def dense(features, rows):
    """Chosen rows as float32."""
    import numpy as np

    found = features[rows]
    return np.ascontiguousarray(found.toarray() if hasattr(found, "indptr") else found, np.float32)


if __name__ == "__main__":
    sys.exit(main())
