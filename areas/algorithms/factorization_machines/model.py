"""The factorization machine: bias + linear terms + products of pairs of features, each pair weighted by two vectors.

Source: Rendle, "Factorization Machines" (ICDM 2010).
"""

from dataclasses import dataclass
from typing import Any

from areas.algorithms.frame.optimizers import Adam


@dataclass
class Machine:
    """``bias`` (1,), ``linear`` (features,), ``factors`` (features, factors), all float32."""

    bias: Any
    linear: Any
    factors: Any

    def predict(self, features):
        """The scores (rows,) of dense or CSR rows: before the logistic function, where it classifies."""
        return _scores(features, self.bias, self.linear, self.factors)[0]


def begin(given: dict, features: int, random) -> Machine:
    import numpy as np

    def made(part: str, shape):
        method = given[f"{part}_init_method"]
        if method == "normal":
            values = random.normal(0, given[f"{part}_init_sigma"], shape)
        elif method == "uniform":
            scale = given[f"{part}_init_scale"]
            scale = given[f"{part}_init_sigma"] if scale is None else scale
            values = random.uniform(-scale, scale, shape)
        else:
            values = np.full(shape, given[f"{part}_init_value"] or 0.0)
        return values.astype(np.float32)

    return Machine(made("bias", 1), made("linear", features), made("factors", (features, given["num_factors"])))


class Trainer:
    """Gradient steps on a Machine, a batch at a time, by Adam; of sparse rows only the features that occur move."""

    def __init__(self, machine: Machine, given: dict):
        epsilon = given["eps"] or 1e-8
        self.machine, self.given = machine, given
        self.bias = Adam(machine.bias, given["bias_lr"], epsilon=epsilon)
        self.linear = Adam(machine.linear, given["linear_lr"], epsilon=epsilon)
        self.factors = Adam(machine.factors, given["factors_lr"], epsilon=epsilon)

    def step(self, features, labels):
        """One step; returns the scores before it."""
        import numpy as np

        machine, given = self.machine, self.given
        rows = None
        if hasattr(features, "indptr"):
            rows, narrow = np.unique(features.indices, return_inverse=True)
            features = _like(features, features.data, narrow, len(rows))
        at = slice(None) if rows is None else rows
        scores, sums = _scores(features, machine.bias, machine.linear[at], machine.factors[at])
        error = (_sigmoid(scores) if given["predictor_type"] == "binary_classifier" else scores) - labels
        error *= given["rescale_grad"] or 1 / len(labels)
        turned = features.T
        squares = _squared(features)
        linear = turned @ error
        factors = turned @ (error[:, None] * sums) - (squares.T @ error)[:, None] * machine.factors[at]
        self.bias.step(self._clipped(error.sum(keepdims=True)) + given["bias_wd"] * machine.bias)
        self.linear.step(self._clipped(linear) + given["linear_wd"] * machine.linear[at], rows)
        self.factors.step(self._clipped(factors) + given["factors_wd"] * machine.factors[at], rows)
        return scores

    def _clipped(self, gradient):
        import numpy as np

        limit = self.given["clip_gradient"]
        return np.clip(gradient, -limit, limit) if limit else gradient


def _scores(features, bias, linear, factors):
    """(scores (rows,), sums (rows, factors))"""
    import numpy as np

    sums = np.asarray(features @ factors)
    pairs = np.einsum("rf,rf->r", sums, sums) - _squared(features) @ np.einsum("cf,cf->c", factors, factors)
    return np.asarray(features @ linear) + pairs / 2 + bias, sums


def _squared(features):
    if hasattr(features, "indptr"):
        return _like(features, features.data * features.data, features.indices, features.shape[1])
    return features * features


def _like(matrix, data, indices, columns: int):
    import scipy.sparse

    return scipy.sparse.csr_matrix((data, indices, matrix.indptr), shape=(matrix.shape[0], columns))


def _sigmoid(values):
    import numpy as np

    return 1 / (1 + np.exp(-np.clip(values, -60, 60)))


def probability(scores):
    """Scores of a classifier as probabilities of the label 1."""
    return _sigmoid(scores)
