"""Rules about the values of any tensors."""

from areas.debugger.rules.base import Rule, picked
from areas.debugger.trial import Trial


class ExplodingTensor(Rule):
    def judge(self, step: int) -> str:
        import numpy as np

        for name, value in self.values(step, picked(self)):
            if value.dtype.kind != "f":
                continue
            if np.isnan(value).any():
                return f"{name} has values that are not a number."
            if not self.only_nan and np.isinf(value).any():
                return f"{name} has infinite values."
        return ""


class AllZero(Rule):
    def judge(self, step: int) -> str:
        import numpy as np

        for name, value in self.values(step, picked(self)):
            share = 100 * float(np.mean(value == 0))
            if share >= self.threshold:
                return f"{share:.0f} % of {name} are zero, and less than {self.threshold:g} % must be."
        return ""


class TensorVariance(Rule):
    def judge(self, step: int) -> str:
        for name, value in self.values(step, picked(self)):
            if value.size < 2:
                continue
            variance = float(value.var())
            if self.max_threshold is not None and variance > self.max_threshold:
                return f"The variance of {name} is {variance:g}, above {self.max_threshold:g}."
            if self.min_threshold is not None and variance < self.min_threshold:
                return f"The variance of {name} is {variance:g}, below {self.min_threshold:g}."
        return ""


class UnchangedTensor(Rule):
    def prepare(self) -> None:
        self.last: dict[str, object] = {}
        self.same: dict[str, int] = {}

    def judge(self, step: int) -> str:
        import numpy as np

        for name, value in self.values(step, picked(self)):
            last, self.last[name] = self.last.get(name), value
            close = (
                last is not None
                and last.shape == value.shape
                and np.allclose(value, last, rtol=self.rtol, atol=self.atol, equal_nan=self.equal_nan)
            )
            self.same[name] = self.same.get(name, 1) + 1 if close else 1
            if self.same[name] >= self.num_steps:
                return f"{name} has not changed for {self.same[name]} saved steps."
        return ""


class WeightUpdateRatio(Rule):
    needs = "collection weights"

    def prepare(self) -> None:
        self.last: dict[str, tuple[int, object]] = {}

    def judge(self, step: int) -> str:
        import numpy as np

        for name, value in self.values(step, self.trial.tensor_names(collection="weights")):
            before, last = self.last.get(name, (None, None))
            if before is not None and self.num_steps and step - before < self.num_steps:
                continue
            self.last[name] = (step, value)
            if before is None or last.shape != value.shape:
                continue
            ratio = float(np.abs(value - last).mean() / (np.abs(last).mean() + self.epsilon))
            if ratio > self.large_threshold:
                return f"{name} moved by {ratio:g} of its size since step {before}, more than {self.large_threshold:g}."
            if ratio < self.small_threshold:
                return f"{name} moved by {ratio:g} of its size since step {before}, less than {self.small_threshold:g}."
        return ""


class SimilarAcrossRuns(Rule):
    """Fires where all tensors that both jobs saved are the same at two saved steps in a row."""

    needs = "both jobs at the same steps"

    def prepare(self) -> None:
        self.other: Trial | None = None  # set by who runs the rule
        self.alike = 0

    def judge(self, step: int) -> str:
        import numpy as np

        self.other.refresh()
        same = []
        for name, value in self.values(step, picked(self)):
            if not self.other.has(name) or step not in self.other.tensor(name).found:
                self.seen -= 1
                continue
            theirs = self.other.tensor(name).value(step)
            same.append(theirs.shape == value.shape and np.allclose(theirs, value, equal_nan=True))
        if same:
            self.alike = self.alike + 1 if all(same) else 0
        if self.alike >= 2:
            return f"All {len(same)} tensors that both jobs saved at this step and the one before are the same."
        return ""
