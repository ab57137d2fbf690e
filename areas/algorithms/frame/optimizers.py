"""Gradient steps on numpy arrays: SGD with momentum, Adam, RMSProp; of the whole array, or of some of its rows only."""


class Optimizer:
    """Moves ``array`` in place, ``step`` by step."""

    def __init__(self, array, rate):
        """``rate`` is a number, or an array that broadcasts against ``array``."""
        self.array, self.rate, self.steps = array, rate, 0

    def step(self, gradient, rows=None, scale=1.0) -> None:
        """One step down. ``rows``: the numbers (each once) of the array's rows that the gradient is of; None for all.
        ``scale`` multiplies the rate of this step."""
        self.steps += 1
        at = slice(None) if rows is None else rows
        self.array[at] -= scale * self.rate * self._direction(gradient, at)

    def _direction(self, gradient, at):
        return gradient


class Sgd(Optimizer):
    def __init__(self, array, rate, momentum: float = 0.0):
        import numpy as np

        super().__init__(array, rate)
        self.momentum, self.speed = momentum, np.zeros_like(array) if momentum else None

    def _direction(self, gradient, at):
        if not self.momentum:
            return gradient
        self.speed[at] = self.momentum * self.speed[at] + gradient
        return self.speed[at]


class Adam(Optimizer):
    """Kingma and Ba 2015. Rows that are left out of a step keep their moments as they are."""

    def __init__(self, array, rate, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-8):
        import numpy as np

        super().__init__(array, rate)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.first, self.second = np.zeros_like(array), np.zeros_like(array)

    def _direction(self, gradient, at):
        import numpy as np

        self.first[at] += (1 - self.beta_1) * (gradient - self.first[at])
        self.second[at] += (1 - self.beta_2) * (gradient * gradient - self.second[at])
        correction = np.float32(np.sqrt(1 - self.beta_2**self.steps) / (1 - self.beta_1**self.steps))
        return correction * self.first[at] / (np.sqrt(self.second[at]) + self.epsilon)


class RmsProp(Optimizer):
    def __init__(self, array, rate, decay: float = 0.9, epsilon: float = 1e-8):
        import numpy as np

        super().__init__(array, rate)
        self.decay, self.epsilon, self.second = decay, epsilon, np.zeros_like(array)

    def _direction(self, gradient, at):
        import numpy as np

        self.second[at] += (1 - self.decay) * (gradient * gradient - self.second[at])
        return gradient / np.sqrt(self.second[at] + self.epsilon)
