"""Training PCA, exactly or by a random projection. Source: the developer guide's "How PCA Works"."""

import sys
import time

from areas.algorithms.formats.table import dense
from areas.algorithms.frame.training import Job, run
from areas.algorithms.pca.declaration import ALGORITHM


def main() -> int:
    return run(ALGORITHM, train)


def train(job: Job) -> None:
    """Leave the mean (features,), the components ``v`` (features, components) and their singular values ``s``.

    Components are in the order of AWS's model: the one of the greatest variance is the last.
    """
    import numpy as np

    given, started = job.given, time.perf_counter()
    rows = dense(job.load("train", given["feature_dim"]).features)
    job.stop.training = True
    mean = rows.mean(axis=0, dtype=np.float64).astype(np.float32) if given["subtract_mean"] else None
    if given["algorithm_mode"] == "regular":
        values, components = regular(rows, mean, given["num_components"], given["mini_batch_size"])
    else:
        values, components = randomized(rows, mean, given["num_components"], given["extra_components"])
    job.log.epoch(0, 1, len(rows), time.perf_counter() - started)
    mean = np.zeros(rows.shape[1], np.float32) if mean is None else mean
    if job.has("test"):
        _measure(job, mean, components)
    job.save({"features": given["feature_dim"]}, mean=mean, v=components, s=values)


def regular(rows, mean, count: int, size: int):
    """(singular values, components) by the covariance, which is summed up batch after batch in double precision."""
    import numpy as np

    columns = rows.shape[1]
    total = np.zeros((columns, columns))
    block = max(size, 4096)
    for start in range(0, len(rows), block):
        batch = rows[start : start + block]
        batch = (batch if mean is None else batch - mean).astype(np.float64)
        total += batch.T @ batch
    values, vectors = np.linalg.eigh(total)
    values = np.sqrt(np.maximum(values[-count:], 0))
    return values.astype(np.float32), vectors[:, -count:].astype(np.float32)


def randomized(rows, mean, count: int, extra: int, seed: int = 0):
    """(singular values, components) by a random projection with two power iterations (Halko, Martinsson, Tropp 2011)."""
    import numpy as np

    extra = max(10, count) if extra < 0 else extra
    width = min(count + extra, *rows.shape)
    centered = rows if mean is None else rows - mean
    sketch = centered @ np.random.default_rng(seed).standard_normal((rows.shape[1], width), np.float32)
    for _ in range(2):
        basis = np.linalg.qr(centered.T @ np.linalg.qr(sketch)[0])[0]
        sketch = centered @ basis
    basis = np.linalg.qr(sketch)[0]
    _, values, vectors = np.linalg.svd(basis.T @ centered, full_matrices=False)
    count = min(count, len(values))
    return values[:count][::-1].copy(), vectors[:count][::-1].T.copy()


def _measure(job: Job, mean, components) -> None:
    """Say how much of the variance of the channel ``test`` the components keep."""
    import numpy as np

    rows = dense(job.load("test", job.given["feature_dim"]).features) - mean
    kept = np.square(rows @ components, dtype=np.float64).sum() / max(np.square(rows, dtype=np.float64).sum(), 1e-30)
    job.log.quality("test", "explained_variance_ratio", kept, "score")


if __name__ == "__main__":
    sys.exit(main())
