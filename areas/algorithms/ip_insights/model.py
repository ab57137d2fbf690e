"""Vectors of entities, and a small network that makes vectors of addresses: their product says how well they go together.

Source: the developer guide's "How IP Insights Works".
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from areas.algorithms.frame.optimizers import Adam


@dataclass
class Model:
    """``entities`` (vectors, dim); ``layers``: weights (inputs, outputs) and bias of each layer from 32 bits to dim."""

    entities: Any
    layers: list

    def entity(self, hashes):
        return self.entities[hashes % len(self.entities)]

    def address(self, addresses):
        return self._forward(addresses)[-1]

    def products(self, pairs):
        """(rows,) of int64 pairs (rows, 2)."""
        import numpy as np

        return np.einsum("rd,rd->r", self.entity(pairs[:, 0]), self.address(pairs[:, 1]))

    def _forward(self, addresses) -> list:
        """The values of each layer, the bits of the addresses (-1 and 1) first."""
        import numpy as np

        bits = (addresses[:, None] >> np.arange(31, -1, -1)) & 1
        values = [(2 * bits - 1).astype(np.float32)]
        for number, (weights, bias) in enumerate(self.layers):
            value = values[-1] @ weights + bias
            values.append(value if number == len(self.layers) - 1 else np.maximum(value, 0))
        return values


def begin(vectors: int, dim: int, hidden: int, random) -> Model:
    import numpy as np

    entities = random.standard_normal((vectors, dim), np.float32) / np.float32(np.sqrt(dim))
    widths = [32, *[dim] * (hidden + 1)]
    layers = [
        [random.standard_normal((fan, width), np.float32) * np.float32(np.sqrt(2 / fan)), np.zeros(width, np.float32)]
        for fan, width in pairwise(widths)
    ]
    return Model(entities, layers)


class Trainer:
    """Steps of Adam by the logistic loss; of the entities only those of the batch move."""

    def __init__(self, model: Model, rate: float, decay: float):
        self.model, self.decay = model, decay
        self.entities = Adam(model.entities, rate)
        self.layers = [[Adam(part, rate) for part in layer] for layer in model.layers]

    def step(self, pairs, labels):
        """One step; returns the products before it."""
        import numpy as np
        import scipy.sparse

        model = self.model
        rows, at = np.unique(pairs[:, 0] % len(model.entities), return_inverse=True)
        values = model._forward(pairs[:, 1])
        entity = model.entities[rows][at]
        products = np.einsum("rd,rd->r", entity, values[-1])
        error = ((1 + np.tanh(products / 2)) / 2 - labels).astype(np.float32)[:, None] / np.float32(len(labels))
        members = scipy.sparse.csr_matrix(
            (np.ones(len(at), np.float32), at, np.arange(len(at) + 1)), shape=(len(at), len(rows))
        )
        self.entities.step(members.T @ (error * values[-1]) + self.decay * model.entities[rows], rows)
        back = error * entity
        for number in range(len(model.layers) - 1, -1, -1):
            weights, _ = model.layers[number]
            moves = self.layers[number]
            below = back @ weights.T
            moves[0].step(values[number].T @ back + self.decay * weights)
            moves[1].step(back.sum(axis=0))
            back = below * (values[number] > 0)
        return products
