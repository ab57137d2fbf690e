"""Rules about the layers of a network: gradients, weights, activations."""

from areas.debugger.rules.base import Rule
from areas.debugger.rules.losses import LossRule


class VanishingGradient(Rule):
    needs = "collection gradients"

    def judge(self, step: int) -> str:
        import numpy as np

        for name, value in self.values(step, self.trial.tensor_names(collection="gradients")):
            mean = float(np.abs(value).mean())
            if mean < self.threshold:
                return f"The mean size of {name} is {mean:g}, below {self.threshold:g}."
        return ""


class PoorWeightInitialization(LossRule):
    """Looks at the first ``steps`` steps: weights that are all one value, layers whose inputs differ too much, gradients
    without spread, a loss that doesn't fall."""

    needs = "collections weights, gradients or losses"

    def prepare(self) -> None:
        self.looked = 0
        self.best, self.idle = None, 0

    def judge(self, step: int) -> str:
        if self.looked >= self.steps:
            return ""
        self.looked += 1
        return self._weights(step) or self._activations(step) or self._gradients(step) or self._loss(step)

    def _weights(self, step: int) -> str:
        for name, value in self.values(step, self.trial.tensor_names(collection="weights")):
            if value.ndim > 1 and value.size > 1 and float(value.var()) == 0:
                return f"All values of {name} are {float(value.flat[0]):g}."
        return ""

    def _activations(self, step: int) -> str:
        found = {
            name: float(value.var())
            for name, value in self.values(step, self.trial.tensor_names(regex=self.activation_inputs_regex))
        }
        if len(found) < 2:
            return ""
        low, high = min(found, key=found.get), max(found, key=found.get)
        if found[high] > self.threshold * found[low]:
            return (
                f"The variance of {high} is {found[high]:g}, that of {low} {found[low]:g}: more than {self.threshold:g} "
                f"times as large."
            )
        return ""

    def _gradients(self, step: int) -> str:
        import numpy as np

        for name, value in self.values(step, self.trial.tensor_names(collection="gradients")):
            spread = float(np.subtract(*np.percentile(value, [95, 5]))) if value.size > 1 else self.distribution_range
            if spread < self.distribution_range:
                return f"The middle nine tenths of {name} lie within {spread:g}, less than {self.distribution_range:g}."
        return ""

    def _loss(self, step: int) -> str:
        found = [value for _, value in self.numbers(step).values()]
        if not found:
            return ""
        if self.best is None or found[0] < self.best:
            self.best, self.idle = found[0], 0
        else:
            self.idle += 1
        return f"The loss has not fallen for {self.idle} steps." if self.idle >= self.patience else ""


class _Layer(Rule):
    """A unit whose activity (percent of samples) is below ``threshold_inactivity`` is idle; too many idle ones fire."""

    idle_word = ""

    def judge(self, step: int) -> str:
        import numpy as np

        for name, value in self.values(step, self.trial.tensor_names(regex=self.tensor_regex)):
            active = self.active(name, value).reshape(len(value) if value.ndim > 1 else 1, -1)
            share = 100 * float(np.mean(100 * active.mean(axis=0) < self.threshold_inactivity))
            if share > self.threshold_layer:
                return (
                    f"{share:.0f} % of the units of {name} are {self.idle_word}, and {self.threshold_layer:g} % may be."
                )
        return ""

    def active(self, name: str, value):
        raise NotImplementedError


class DeadRelu(_Layer):
    needs = "outputs of ReLU layers"
    idle_word = "dead"

    def active(self, name: str, value):
        return value > 0


class SaturatedActivation(_Layer):
    needs = "inputs of tanh or sigmoid layers"
    idle_word = "saturated"

    def active(self, name: str, value):
        kind = "sigmoid" if "sigmoid" in name.lower() else "tanh"
        low, high = getattr(self, f"threshold_{kind}_min"), getattr(self, f"threshold_{kind}_max")
        return (value > low) & (value < high)
