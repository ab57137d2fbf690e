"""Neighbors by exact search: one matrix product a block of queries. And random projections that make rows shorter."""

from dataclasses import dataclass
from typing import Any

BLOCK = 4_000_000  # distances held at once


@dataclass
class Index:
    """Rows to search among, (rows, features) float32, and their labels (rows,)."""

    rows: Any
    labels: Any
    metric: str  # "L2", "INNER_PRODUCT", "COSINE"

    def __post_init__(self):
        import numpy as np

        if self.metric == "COSINE":
            self.rows = unit(self.rows)
        self.squares = np.einsum("ij,ij->i", self.rows, self.rows)

    def search(self, queries, k: int):
        """(distances, numbers) of the k nearest of each query, nearest first, both (queries, k).

        Distances are Euclidean for L2; inner products for INNER_PRODUCT and COSINE, the greatest first.
        """
        import numpy as np

        queries = unit(queries) if self.metric == "COSINE" else np.ascontiguousarray(queries, np.float32)
        distances = np.empty((len(queries), k), np.float32)
        numbers = np.empty((len(queries), k), np.int64)
        step = max(1, BLOCK // len(self.rows))
        for start in range(0, len(queries), step):
            block = slice(start, start + step)
            distances[block], numbers[block] = self._nearest(queries[block], k)
        return distances, numbers

    def _nearest(self, queries, k: int):
        import numpy as np

        scores = queries @ self.rows.T  # then made such that less is nearer
        if self.metric == "L2":
            scores *= -2
            scores += self.squares
        else:
            np.negative(scores, out=scores)
        near = np.argpartition(scores, k - 1, axis=1)[:, :k] if k < scores.shape[1] else np.argsort(scores, axis=1)
        found = np.take_along_axis(scores, near, axis=1)
        if self.metric == "L2":
            # The product loses digits far from the origin: the distance is computed from the difference.
            difference = self.rows[near] - queries[:, None, :]
            found = np.sqrt(np.einsum("qkf,qkf->qk", difference, difference))
        order = np.lexsort((near, found), axis=1)
        found = np.take_along_axis(found, order, axis=1)
        return found if self.metric == "L2" else -found, np.take_along_axis(near, order, axis=1)


def unit(rows):
    import numpy as np

    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def vote(labels, classes):
    """The most frequent label of each row of ``labels`` (rows, k); of several as frequent ones that of the nearest."""
    import numpy as np

    at = np.searchsorted(classes, labels)
    counts = np.zeros((len(labels), len(classes)), np.int32)
    for neighbor in range(labels.shape[1]):
        counts[np.arange(len(labels)), at[:, neighbor]] += 1
    of_each = np.take_along_axis(counts, at, axis=1)
    return np.take_along_axis(labels, of_each.argmax(axis=1)[:, None], axis=1)[:, 0]


def projection(kind: str, columns: int, target: int, seed: int) -> Any:
    """A matrix (columns, target) that keeps distances about as they are: signs, or fjlt's sampled Hadamard transform."""
    import numpy as np

    random = np.random.default_rng(seed)
    if kind == "sign":
        return (random.integers(0, 2, (columns, target)) * 2 - 1).astype(np.float32) / np.float32(np.sqrt(target))
    width = 1 << (columns - 1).bit_length()
    signs = random.integers(0, 2, columns) * 2 - 1
    chosen = random.choice(width, target, replace=False).astype(np.uint64)
    meeting = np.arange(columns, dtype=np.uint64)[:, None] & chosen
    hadamard = 1 - 2 * (np.bitwise_count(meeting).astype(np.int8) & 1)
    return (signs[:, None] * hadamard / np.sqrt(target)).astype(np.float32)
