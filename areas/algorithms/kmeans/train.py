"""Training K-Means: batches move extra centers, then Lloyd's algorithm makes k of them.

Source: the developer guide's "How K-Means Clustering Works" (after Sculley's web-scale k-means).
"""

import sys
import time

from areas.algorithms.container import UserError
from areas.algorithms.formats.table import dense
from areas.algorithms.frame.training import Job, run
from areas.algorithms.kmeans import centers
from areas.algorithms.kmeans.declaration import ALGORITHM

BLOCK = 16384  # rows whose distances are held at once


def main() -> int:
    return run(ALGORITHM, train)


def train(job: Job) -> None:
    """Fit, measure on ``train`` and ``test``, and leave the centers."""
    import numpy as np

    given = job.given
    table = job.load("train", given["feature_dim"])
    rows = dense(table.features)
    if len(rows) < given["k"]:
        raise UserError(f"k is {given['k']}, but channel 'train' has only {len(rows)} rows")
    job.stop.training = True
    found = fit(rows, given, job)
    measure(job, "train", rows, found)
    if job.has("test"):
        measure(job, "test", dense(job.load("test", given["feature_dim"]).features), found)
    job.save({"k": given["k"], "features": given["feature_dim"]}, centers=found.astype(np.float32))


def fit(rows, given: dict, job: Job | None = None, seed: int = 0):
    """The k centers (k, features) of float32 rows. ``job`` hears of each epoch and may end it early."""
    import numpy as np

    random = np.random.default_rng(seed)
    factor = given["extra_center_factor"]
    if factor == "auto":
        factor = 10 if given["k"] <= 100 else 4
    count = min(int(given["k"] * factor), len(rows))
    size = max(given["mini_batch_size"], count)
    order = random.permutation(len(rows))
    chosen = rows[order[: max(size, count)]]
    moving = centers.initial(chosen, count, given["init_method"], random)
    weights = np.zeros(count)
    for epoch in range(given["epochs"]):
        started = time.perf_counter()
        for start in range(0, len(rows), size):
            batch = rows[order[start : start + size]]
            if given["half_life_time_size"]:
                weights *= 0.5 ** (len(batch) / given["half_life_time_size"])
            centers.move(moving, weights, batch)
        if job:
            job.log.epoch(epoch, given["epochs"], len(rows), time.perf_counter() - started)
            if job.stop.asked:
                break
        order = random.permutation(len(rows))
    used = weights > 0
    if used.sum() < given["k"]:
        used[:] = True
    trials = given["local_lloyd_num_trials"]
    return centers.lloyd(
        moving[used], np.maximum(weights[used], 1e-9), given["k"],
        init=given["local_lloyd_init_method"], iterations=given["local_lloyd_max_iter"], tolerance=given["local_lloyd_tol"],
        trials=3 if trials == "auto" else trials, random=random,
    )  # fmt: skip


def measure(job: Job, channel: str, rows, found) -> None:
    """Report the mean and the sum of the squared distances, as far as eval_metrics asks."""
    total = sum(
        float(centers.nearest(rows[start : start + BLOCK], found)[1].sum()) for start in range(0, len(rows), BLOCK)
    )
    for name in job.given["eval_metrics"]:
        job.log.quality(channel, name, total / len(rows) if name == "msd" else total)


if __name__ == "__main__":
    sys.exit(main())
