"""Many linear models that are trained at once: their settings, and the steps that move all of them together."""

from dataclasses import dataclass
from typing import Any

from areas.algorithms.frame import optimizers
from areas.algorithms.linear_learner import losses

# What ``auto`` tries, the best guesses first. Data is scaled, so that the same rates fit everywhere.
RATES = {"adam": (0.03, 0.01, 0.1, 0.003), "rmsprop": (0.01, 0.003, 0.03, 0.001), "sgd": (0.1, 0.03, 0.3, 0.01)}
PENALTIES = (
    (0.0, 1e-4), (0.0, 1e-3), (0.0, 0.0), (1e-4, 0.0), (0.0, 1e-2), (1e-3, 0.0), (1e-5, 1e-5), (1e-2, 0.0),
)  # fmt: skip
MODELS, OUTPUTS = 32, 320  # of ``auto``: how many models, and how many outputs of all models of many classes


@dataclass
class Settings:
    """An array (models,) each: learning rate, L1 and L2 regularization."""

    rates: Any
    l1: Any
    wd: Any


def settings(given: dict, classes: int) -> Settings:
    """The settings to try: what the job fixes, and around it what it leaves to ``auto``."""
    import numpy as np

    optimizer = "adam" if given["optimizer"] == "auto" else given["optimizer"]
    rates = RATES[optimizer] if given["learning_rate"] == "auto" else (given["learning_rate"],)
    penalties = []
    for l1, wd in PENALTIES:
        pair = (l1 if given["l1"] == "auto" else given["l1"], wd if given["wd"] == "auto" else given["wd"])
        if pair not in penalties:
            penalties.append(pair)
    grid = [(rate, *pair) for pair in penalties for rate in rates]
    count = given["num_models"]
    if count == "auto":
        count = min(MODELS, max(2, OUTPUTS // classes))
    grid = [grid[number % len(grid)] for number in range(count)] if given["num_models"] != "auto" else grid[:count]
    return Settings(*(np.array(column, np.float32) for column in zip(*grid, strict=True)))


class Models:
    """``weights`` (features, models × outputs) and ``bias`` (models × outputs,), float32; one output each, or one a class."""

    def __init__(self, given: dict, features: int, outputs: int, steps: int, seed: int = 0):
        import numpy as np

        self.given, self.outputs, self.steps = given, outputs, steps
        self.loss = losses.chosen(given)
        self.settings = settings(given, outputs)
        self.count = len(self.settings.rates)
        random = np.random.default_rng(seed)
        shape = (features, self.count * outputs)
        if given["init_method"] == "uniform":
            weights = random.uniform(-given["init_scale"], given["init_scale"], shape)
        else:
            weights = random.normal(0, given["init_sigma"], shape)
        self.weights = weights.astype(np.float32)
        self.bias = np.full(self.count * outputs, given["init_bias"] if given["use_bias"] else 0, np.float32)
        self.l1, self.wd = (np.repeat(part, outputs) for part in (self.settings.l1, self.settings.wd))
        rates = np.repeat(self.settings.rates, outputs)
        self.moving = self._optimizer(self.weights, rates)
        self.moving_bias = self._optimizer(self.bias, rates * _or(given["bias_lr_mult"], 1))
        self.bias_wd = self.wd * _or(given["bias_wd_mult"], 0)

    def _optimizer(self, array, rates):
        given, name = self.given, self.given["optimizer"]
        if name == "sgd":
            return optimizers.Sgd(array, rates, _or(given["momentum"], 0))
        if name == "rmsprop":
            return optimizers.RmsProp(array, rates)
        return optimizers.Adam(array, rates, _or(given["beta_1"], 0.9), _or(given["beta_2"], 0.999))

    def scores(self, features):
        """(rows, models), or (rows, models, classes)."""
        found = features @ self.weights + self.bias
        return found if self.outputs == 1 else found.reshape(len(found), self.count, self.outputs)

    def step(self, features, labels, weights):
        """One step of all models; ``weights`` (rows, 1) or None is how much each row counts. Returns their losses (models,)."""
        import numpy as np

        scores, labels = self.scores(features), labels[:, None]
        costs = losses.value(self.loss, scores, labels, self.given)
        slope = (
            losses.slope(self.loss, scores, labels, self.given).reshape(len(labels), -1).astype(np.float32, copy=False)
        )
        if weights is not None:
            slope, costs = slope * weights, costs * weights
        slope /= len(labels)
        gradient = features.T @ slope + self.wd * self.weights
        if self.l1.any():
            gradient += self.l1 * np.sign(self.weights)
        scale = self._scale()
        self.moving.step(gradient, scale=scale)
        if self.given["use_bias"]:
            self.moving_bias.step(slope.sum(axis=0) + self.bias_wd * self.bias, scale=scale)
        return costs.mean(axis=0)

    def _scale(self):
        """What the schedule makes of the learning rates by now: a number, or one for each output."""
        import numpy as np

        given, done = self.given, self.moving.steps
        if not given["use_lr_scheduler"]:
            return np.float32(1)
        factor = _or(given["lr_scheduler_factor"], 0.8)
        every = given["lr_scheduler_step"]
        every = max(self.steps // 15, 1) if every == "auto" else every
        least = np.float32(_or(given["lr_scheduler_minimum_lr"], 1e-5)) / self.moving.rate
        return np.maximum(np.float32(factor ** (done // every)), np.minimum(least, 1))

    def costs(self, features, labels):
        """The mean loss of each model on other rows: (models,)."""
        import numpy as np

        total = np.zeros(self.count)
        for start in range(0, len(labels), 8192):
            block = slice(start, start + 8192)
            scores = self.scores(features[block])
            total += losses.value(self.loss, scores, labels[block, None], self.given).sum(axis=0, dtype=np.float64)
        return total / len(labels)

    def taken(self) -> tuple:
        return self.weights.copy(), self.bias.copy()

    def put_back(self, taken: tuple) -> None:
        self.weights, self.bias = taken


def _or(value, otherwise):
    return otherwise if value == "auto" else value
