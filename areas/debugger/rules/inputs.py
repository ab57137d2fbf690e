"""Rules about what goes into a network."""

from areas.debugger.rules.base import Rule


class CheckInputImages(Rule):
    needs = "input images"

    def prepare(self) -> None:
        self.sums = None
        self.images = 0

    def judge(self, step: int) -> str:
        for name, value in self.values(step, self.trial.tensor_names(regex=self.regex)):
            if value.ndim != 4 or not self.channel < value.ndim:
                self.seen -= 1
                continue
            axes = tuple(axis for axis in range(4) if axis != self.channel)
            sums = value.mean(axis=axes) * len(value)
            if self.sums is None or self.sums.shape != sums.shape:
                self.sums, self.images = sums * 0, 0
            self.sums, self.images = self.sums + sums, self.images + len(value)
            if self.images < self.threshold_samples:
                continue
            means = self.sums / self.images
            worst = int(abs(means).argmax())
            if abs(means[worst]) > self.threshold_mean:
                return (
                    f"The mean of channel {worst} of {name} is {means[worst]:.3g} over {self.images} images; it should lie "
                    f"within {self.threshold_mean:g} of 0."
                )
        return ""


class NLPSequenceRatio(Rule):
    needs = "input sequences"

    def prepare(self) -> None:
        values = [word.strip() for word in self.token_values.split(",")]
        shares = [word.strip() for word in self.token_thresholds_percent.split(",")]
        self.limits = [(float(value), float(share)) for value, share in zip(values, shares, strict=False)]

    def judge(self, step: int) -> str:
        import numpy as np

        for name, value in self.values(step, self.trial.tensor_names(regex=self.tensor_regex)):
            for token, limit in self.limits:
                share = 100 * float(np.mean(value == token))
                if share > limit:
                    return f"{share:.0f} % of the tokens of {name} are {token:g}, and {limit:g} % may be."
        return ""
