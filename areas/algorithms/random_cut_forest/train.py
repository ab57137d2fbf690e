"""Training a Random Cut Forest, and measuring it on labeled rows. Source: the developer guide's "How RCF Works"."""

import sys
import time
from dataclasses import asdict

from areas.algorithms.formats.table import dense
from areas.algorithms.frame import scores
from areas.algorithms.frame.training import Job, run
from areas.algorithms.random_cut_forest.declaration import ALGORITHM
from areas.algorithms.random_cut_forest.forest import grow

DEVIATIONS = 3  # standard deviations above the mean score from which on a row counts as an anomaly


def main() -> int:
    return run(ALGORITHM, train)


def train(job: Job) -> None:
    given, started = job.given, time.perf_counter()
    rows = dense(job.load("train", given["feature_dim"]).features)
    job.stop.training = True
    forest = grow(rows, given["num_trees"], given["num_samples_per_tree"])
    job.log.epoch(0, 1, len(rows), time.perf_counter() - started)
    if job.has("test"):
        _measure(job, forest)
    arrays = asdict(forest)
    trees = arrays.pop("trees")
    job.save({"features": given["feature_dim"], "trees": trees}, **arrays)


def _measure(job: Job, forest) -> None:
    table = job.load("test", job.given["feature_dim"])
    if table.labels is None:
        job.log.say("The channel 'test' has no labels: nothing is measured.")
        return
    found = forest.scores(dense(table.features))
    measured = scores.binary(table.labels, found > found.mean() + DEVIATIONS * found.std())
    if "accuracy" in job.given["eval_metrics"]:
        job.log.quality("test", "accuracy", measured["accuracy"], "score")
    if "precision_recall_fscore" in job.given["eval_metrics"]:
        for name in ("precision", "recall"):
            job.log.quality("test", name, measured[name], "score")
        job.log.quality("test", "f1", measured["f"], "score")


if __name__ == "__main__":
    sys.exit(main())
