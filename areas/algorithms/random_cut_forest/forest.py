"""A forest of random cut trees, grown and asked level by level: all trees and all rows at once, in numpy.

A node cuts its bounding box across one feature, chosen by the length of the box along it, at a place chosen at random. A row's
score asks for each node on its way how probable it is that the cut would have parted the row from all that is there, and
how soon: what parts early is unusual. Source: Guha, Mishra, Roy, Schrijvers, "Robust Random Cut Forest Based Anomaly Detection
on Streams" (ICML 2016); the scores and their scale are those of AWS's own open library.
"""

from dataclasses import dataclass
from typing import Any

BLOCK = 2_000_000  # numbers of bounding boxes that are looked at at once


@dataclass
class Forest:
    """Nodes of all trees, the roots first. ``cut`` is the feature (-1: a leaf), ``at`` the place, ``left`` the number of the left
    child (the right one follows it), ``low`` and ``high`` (nodes, features) the boxes, ``mass`` how many rows are in it."""

    cut: Any
    at: Any
    left: Any
    low: Any
    high: Any
    mass: Any
    trees: int

    def scores(self, rows):
        """The anomaly scores of float32 rows: (rows,), about 1 where nothing is unusual, more where something is."""
        import numpy as np

        rows = np.ascontiguousarray(rows, np.float32)
        step = max(1, BLOCK // (self.trees * rows.shape[1]))
        parts = [self._scores(rows[start : start + step]) for start in range(0, len(rows), step)]
        return np.concatenate(parts) if parts else np.empty(0)

    def _scores(self, rows):
        import numpy as np

        count = len(rows) * self.trees
        query = np.repeat(np.arange(len(rows)), self.trees)
        node = np.tile(np.arange(self.trees), len(rows))
        tree_mass = self.mass[node].astype(np.float64)
        score, left_over, at = np.zeros(count), np.ones(count), np.arange(count)
        depth = 0
        while len(at):
            low, high, row = self.low[node], self.high[node], rows[query[at]]
            outside = (np.maximum(low - row, 0) + np.maximum(row - high, 0)).sum(axis=1, dtype=np.float64)
            inside = (high - low).sum(axis=1, dtype=np.float64)
            reach = inside + outside
            parted = np.divide(outside, reach, out=np.zeros(len(at)), where=reach > 0)
            score[at] += left_over[at] * parted / (depth + 1)
            left_over[at] *= 1 - parted
            leaf = self.cut[node] < 0
            if leaf.any():
                there, mass = at[leaf], self.mass[node[leaf]].astype(np.float64)
                damp = 1 - mass / (2 * tree_mass[there])
                score[there] += left_over[there] * damp / (depth + np.log2(1 + mass))
            going = ~leaf & (left_over[at] > 0)
            at, node, row = at[going], node[going], row[going]
            right = np.take_along_axis(row, self.cut[node][:, None], axis=1)[:, 0] > self.at[node]
            node = self.left[node] + right
            depth += 1
        score *= np.log2(1 + tree_mass)
        return score.reshape(len(rows), self.trees).mean(axis=1)


def grow(rows, trees: int, samples: int, seed: int = 0) -> Forest:
    """A forest of ``trees`` trees, each of ``samples`` rows (or all, if there are fewer) drawn without replacement."""
    import numpy as np

    random = np.random.default_rng(seed)
    size = min(samples, len(rows))
    if trees * size <= len(rows):  # as AWS: one draw for all trees, shared out
        drawn = random.choice(len(rows), trees * size, replace=False)
    else:
        drawn = np.concatenate([random.choice(len(rows), size, replace=False) for _ in range(trees)])
    points = np.ascontiguousarray(rows[drawn], np.float32)
    owner = np.repeat(np.arange(trees), size)  # rows stay sorted by the node that they are in
    parts = {name: [] for name in ("cut", "at", "left", "low", "high", "mass")}
    nodes, made = trees, trees
    while nodes:
        starts = np.searchsorted(owner, np.arange(nodes))
        low, high = np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts)
        mass = np.diff(np.append(starts, len(points)))
        feature, at = _cuts(low, high, random)
        split = feature >= 0
        left = np.zeros(nodes, np.int64)
        left[split] = made + 2 * np.arange(split.sum())
        for name, part in zip(parts, (feature, at, left, low, high, mass), strict=True):
            parts[name].append(part)
        going = split[owner]
        points, owner = points[going], owner[going]
        right = np.take_along_axis(points, feature[owner][:, None], axis=1)[:, 0] > at[owner]
        child = left[owner] - made + right
        order = np.argsort(child, kind="stable")
        points, owner = points[order], child[order]
        nodes = 2 * int(split.sum())
        made += nodes
    joined = {name: np.concatenate(part) for name, part in parts.items()}
    return Forest(**joined, trees=trees)


def _cuts(low, high, random):
    """(feature or -1, place) for each box: no cut where the box is a point."""
    import numpy as np

    reach = np.cumsum(high - low, axis=1, dtype=np.float64)
    place = random.random(len(low)) * reach[:, -1]
    feature = np.minimum((reach <= place[:, None]).sum(axis=1), low.shape[1] - 1)
    each = np.arange(len(low))
    feature = np.where(low[each, feature] < high[each, feature], feature, (high - low).argmax(axis=1))
    start, end = low[each, feature], high[each, feature]
    at = (start + random.random(len(low)) * (end - start).astype(np.float64)).astype(np.float32)
    at = np.where(at >= end, start, at)  # rows at the place itself go left: the right side must not be empty
    return np.where(start < end, feature, -1), at
