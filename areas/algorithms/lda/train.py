"""Training LDA: topics of the documents, and the likelihood per word of those of ``test``."""

import sys
import time

from areas.algorithms.container import UserError
from areas.algorithms.frame.training import Job, run
from areas.algorithms.lda import topics
from areas.algorithms.lda.declaration import ALGORITHM


def main() -> int:
    return run(ALGORITHM, train)


def train(job: Job) -> None:
    """Leave ``weights`` (topics, words), the Dirichlet parameters of the topics, and ``alpha``."""
    given, started = job.given, time.perf_counter()
    table = job.load("train", given["feature_dim"])
    counts = _counts(table, "train")
    job.stop.training = True
    alpha = given["alpha0"] / given["num_topics"]

    def hear(number: int, per_word: float) -> bool:
        job.log.quality("train", "pwll", per_word, "score", epoch=number)
        return job.stop.asked

    weights = topics.fit(
        counts, given["num_topics"], alpha, 1 / given["num_topics"], iterations=given["max_iterations"],
        tolerance=max(given["tol"], 1e-5), hear=hear,
    )  # fmt: skip
    job.log.epoch(0, 1, table.rows, time.perf_counter() - started)
    if job.has("test"):
        held = _counts(job.load("test", given["feature_dim"]), "test")
        job.log.quality("test", "pwll", topics.likelihood_per_word(held, weights, alpha), "score")
    job.save({"features": given["feature_dim"], "alpha": alpha}, weights=weights)


def _counts(table, channel: str):
    values = table.features.data if table.sparse else table.features
    if (values < 0).any():
        raise UserError(f"The data of channel '{channel}' has a negative count of words")
    return table.features


if __name__ == "__main__":
    sys.exit(main())
