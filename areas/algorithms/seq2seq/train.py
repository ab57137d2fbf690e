"""Training Seq2Seq: batches of pairs, and every so many of them a look at the validation data."""

import json
import math
import sys
import time

from areas.algorithms.frame.training import Job, run
from areas.algorithms.neural import library
from areas.algorithms.neural.optimizers import Optimizer, Plateau
from areas.algorithms.seq2seq import data, network, search
from areas.algorithms.seq2seq.declaration import ALGORITHM


def main() -> int:
    return run(ALGORITHM, train)


def train(job: Job) -> None:
    """Learn from ``train``, end by ``validation``, leave the best model and its vocabularies."""
    given = job.given
    vocabularies = data.read_vocabularies(job.box.channel("vocab"))
    sizes = (len(vocabularies[0]), len(vocabularies[1]))
    longest = (given["max_seq_len_source"], given["max_seq_len_target"])
    pairs = {name: data.load(job.box, name, sizes, longest) for name in ("train", "validation")}
    config = {"algorithm": ALGORITHM.repository, **network.configure(given, sizes)}
    library.prepare(heavy=given["rnn_num_hidden"] >= 256)
    model = network.build(config)
    network.initialize(model, given)
    job.log.say(f"{len(pairs['train'])} pairs to learn from, {len(pairs['validation'])} to validate.")
    Training(job, model, config, pairs).run()
    library.save(job.box.model, model, config)
    for name, words in zip(data.VOCABULARIES, vocabularies, strict=True):
        (job.box.model / name).write_text(json.dumps(words, ensure_ascii=False), "utf-8")


class Training:
    """The loop over batches, and what it knows of its checkpoints."""

    def __init__(self, job: Job, model, config: dict, pairs: dict):
        given = job.given
        self.job, self.given, self.model, self.config, self.pairs = job, given, model, config, pairs
        self.optimizer = Optimizer(
            given["optimizer_type"], model.parameters(), given["learning_rate"], decay=given["weight_decay"],
            momentum=given["momentum"] or 0.0, clip=given["clip_gradient"] if given["clip_gradient"] > 0 else None,
        )  # fmt: skip
        maximize = given["optimized_metric"] != "perplexity"
        self.best = library.Best(maximize=maximize)
        self.plateau = Plateau(
            self.optimizer, factor=given["plateau_reduce_lr_factor"], patience=given["plateau_reduce_lr_threshold"],
            maximize=maximize,
        )  # fmt: skip
        self.checkpoints = self.batch = 0

    def run(self) -> None:
        """Train until an end that the hyperparameters set, or the job's time, comes; leaves the best weights."""
        import numpy as np

        given, rng, epoch = self.given, np.random.default_rng(0), 0
        width = given["bucket_width"] if given["bucketing_enabled"] else 0
        self.job.stop.training = True
        over = False
        while not over:
            began, sums = time.monotonic(), np.zeros(3)
            self.model.train()
            for pairs in data.batches(self.pairs["train"], given["batch_size"], width, rng):
                sums += self.step(pairs)
                self.batch += 1
                if self.batch % given["checkpoint_frequency_num_batches"] == 0:
                    over = self.checkpoint(epoch)
                    self.model.train()
                over = over or self.batch == given["max_num_batches"] or self.job.stop.asked
                if over:
                    break
            report(self.job, "train", sums, given["training_metric"], epoch)
            epoch += 1
            over = over or epoch == given["max_num_epochs"]
            if given["max_num_epochs"]:
                self.job.log.progress(100 * epoch / given["max_num_epochs"])
            self.job.log.throughput(len(self.pairs["train"]), time.monotonic() - began)
        if self.batch % given["checkpoint_frequency_num_batches"]:
            self.checkpoint(epoch)
        self.best.restore(self.model)

    def step(self, pairs: list[tuple]):
        """Learn from one batch: (summed loss, right tokens, tokens)."""
        loss, right, tokens = losses(self.model, pairs)
        self.optimizer.step(loss / tokens)
        return loss.item(), right, tokens

    def checkpoint(self, epoch: int) -> bool:
        """Look at the validation data; whether there has been no better score for too long."""
        import torch

        given = self.given
        self.model.eval()
        pairs, sums = self.pairs["validation"], torch.zeros(3, dtype=torch.double, device="cpu")
        with torch.no_grad():
            for start in range(0, len(pairs), given["batch_size"]):
                loss, right, tokens = losses(self.model, pairs[start : start + given["batch_size"]])
                sums += torch.tensor([loss.item(), right, tokens], device="cpu")
        found = report(self.job, "validation", sums.tolist(), "", None)
        wanted = given["optimized_metric"]
        if wanted == "bleu" or given["bleu_sample_size"]:
            sample = pairs if given["bleu_sample_size"] <= 0 else pairs[: given["bleu_sample_size"]]
            written = [search.translate(self.model, source, self.config)[0] for source, _ in sample]
            found["bleu"] = search.bleu(written, [target.tolist() for _, target in sample])
            self.job.log.quality("validation", "bleu", found["bleu"], "score")
        self.checkpoints += 1
        self.best.offer(found[wanted], epoch, self.model)
        self.lower_rate(found[wanted])
        if given["max_num_epochs"] or epoch < given["min_num_epochs"]:
            return False
        if self.best.since >= given["checkpoint_threshold"]:
            self.job.log.say(f"{wanted} has not improved for {self.best.since} checkpoints. Stopping.")
            return True
        return False

    def lower_rate(self, score: float) -> None:
        given, kind = self.given, self.given["lr_scheduler_type"]
        if kind == "plateau_reduce":
            self.plateau.check(score)
        elif kind == "fixed_rate_inv_t":
            self.optimizer.rate = given["learning_rate"] / (1 + self.checkpoints / given["fixed_rate_lr_half_life"])
        else:  # the square root is half where what is below it is four times as large
            self.optimizer.rate = (
                given["learning_rate"] / (1 + 3 * self.checkpoints / given["fixed_rate_lr_half_life"]) ** 0.5
            )


def losses(model, pairs: list[tuple]):
    """(summed cross-entropy, tokens foretold right, tokens) of a batch, each given those before it."""
    from torch.nn import functional

    given, wanted = data.inputs_and_outputs([target for _, target in pairs])
    logits = model(data.padded([source for source, _ in pairs]), given)
    loss = functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=data.PAD, reduction="sum")
    real = wanted != data.PAD
    return loss, ((logits.argmax(2) == wanted) & real).sum().item(), real.sum().item()


def report(job: Job, channel: str, sums, only: str, epoch: int | None) -> dict[str, float]:
    """Tell perplexity and accuracy, or the one of them that is asked for."""
    loss, right, tokens = sums
    found = {"perplexity": math.exp(min(700.0, loss / max(tokens, 1))), "accuracy": right / max(tokens, 1)}
    for name, value in found.items():
        if not only or name == only:
            job.log.quality(channel, name, value, "loss" if name == "perplexity" else "score", epoch=epoch)
    return found


if __name__ == "__main__":
    sys.exit(main())
