"""Training k-NN: draw a sample, make it shorter, keep it; measure on ``test``.

Source: the developer guide's "How the k-NN Algorithm Works".
"""

import sys
import time

from areas.algorithms.container import UserError
from areas.algorithms.formats.table import dense
from areas.algorithms.frame import scores
from areas.algorithms.frame.training import Job, run
from areas.algorithms.knn.declaration import ALGORITHM
from areas.algorithms.knn.index import Index, projection, vote

SEED = 0


def main() -> int:
    return run(ALGORITHM, train)


def train(job: Job) -> None:
    import numpy as np

    given, started = job.given, time.perf_counter()
    table = job.load("train", given["feature_dim"])
    job.stop.training = True
    if given["index_type"] != "faiss.Flat":
        job.log.say(f"index_type {given['index_type']} is searched exactly, as faiss.Flat.")
    if given["predictor_type"] == "classifier" and (table.labels != np.rint(table.labels)).any():
        row = int((table.labels != np.rint(table.labels)).argmax())
        raise UserError(f"A classifier's labels must be whole numbers, but row {row + 1} has {table.labels[row]:g}")
    features, labels = table.features, table.labels
    if table.rows > given["sample_size"]:
        chosen = np.sort(np.random.default_rng(SEED).choice(table.rows, given["sample_size"], replace=False))
        features, labels = features[chosen], labels[chosen]
    if len(labels) < given["k"]:
        raise UserError(f"k is {given['k']}, but channel 'train' has only {len(labels)} rows")
    arrays = {}
    if given["dimension_reduction_type"]:
        target = given["dimension_reduction_target"]
        arrays["projection"] = projection(given["dimension_reduction_type"], given["feature_dim"], target, SEED)
    kept = features @ arrays["projection"] if arrays else dense(features)
    job.log.epoch(0, 1, table.rows, time.perf_counter() - started)
    if job.has("test"):
        _measure(job, Index(kept, labels, given["index_metric"]), arrays.get("projection"))
    meta = {name: given[name] for name in ("k", "predictor_type", "index_metric", "feature_dim")}
    job.save(meta, rows=kept, labels=labels, **arrays)


def answers(index: Index, queries, k: int, kind: str):
    """(predicted labels (queries,), distances and labels of the neighbors (queries, k))."""
    import numpy as np

    distances, numbers = index.search(queries, k)
    labels = index.labels[numbers]
    if kind == "regressor":
        return labels.mean(axis=1), distances, labels
    return vote(labels, np.unique(index.labels)), distances, labels


def _measure(job: Job, index: Index, shorter) -> None:
    import numpy as np

    table, kind = job.load("test", job.given["feature_dim"]), job.given["predictor_type"]
    queries = dense(table.features) if shorter is None else table.features @ shorter
    predicted, _, _ = answers(index, queries, job.given["k"], kind)
    if kind == "regressor":
        job.log.quality("test", "mse", np.mean(np.square(predicted - table.labels, dtype=np.float64)))
        return
    job.log.quality("test", "accuracy", np.mean(predicted == table.labels), "score")
    job.log.quality("test", "macro_f_1.000", scores.macro(table.labels, predicted)["f"], "score")


if __name__ == "__main__":
    sys.exit(main())
