"""Rules about the course of the losses."""

import math
import re

from areas.debugger.rules.base import Rule

# How a loss says which data it is of: the first word of its name, or the hook's mode.
TRAIN = re.compile(r"^(train|training)(?=[-:_/.])", re.I)
VALIDATION = re.compile(r"^(validation|valid|val|eval|evaluation|test)(?=[-:_/.])", re.I)


class LossRule(Rule):
    needs = "collection losses"

    def names(self) -> list[str]:
        pattern = getattr(self, "tensor_regex", None)
        if pattern:
            return self.trial.tensor_names(regex=pattern)
        if getattr(self, "use_losses_collection", True):
            return self.trial.tensor_names(collection="losses")
        return self.trial.tensor_names(regex="[Ll]oss")

    def numbers(self, step: int) -> dict[str, tuple[str, float]]:
        """(mode, value) of each loss at the step; an array's mean."""
        return {
            name: (self.trial.tensor(name).mode(step), float(value.mean()))
            for name, value in self.values(step, self.names())
        }

    def pairs(self, step: int) -> list[tuple[str, float, float]]:
        """(loss, on training data, on validation data), each as it was last saved, where either is new at this step."""
        kept, fresh = self.__dict__.setdefault("kept", {}), set()
        for name, (mode, value) in self.numbers(step).items():
            side, stem = _side(name, mode)
            if side:
                kept[stem, side] = value
                fresh.add(stem)
        return [
            (stem, kept[stem, "train"], kept[stem, "validation"])
            for stem in sorted(fresh)
            if (stem, "train") in kept and (stem, "validation") in kept
        ]


def _side(name: str, mode: str) -> tuple[str, str]:
    """("train" | "validation" | "", the loss without that word)."""
    for side, pattern in (("train", TRAIN), ("validation", VALIDATION)):
        if found := pattern.match(name):
            return side, name[found.end() + 1 :]
    if mode == "eval":
        return "validation", name
    return ("train", name) if mode == "train" else ("", name)


class LossNotDecreasing(LossRule):
    """Every ``num_steps`` a loss must be ``diff_percent`` below what it was then; it must never leap up from one saved value
    to the next."""

    def prepare(self) -> None:
        self.base: dict[str, tuple[int, float]] = {}
        self.last: dict[str, float] = {}

    def judge(self, step: int) -> str:
        for name, (mode, value) in self.numbers(step).items():
            if self.mode.lower() not in ("global", mode) or not math.isfinite(value):
                continue
            last, self.last[name] = self.last.get(name), value
            if last is not None and value - last > abs(last) * self.increase_threshold_percent / 100:
                return f"{name} rose from {last:g} to {value:g}, more than {self.increase_threshold_percent:g} %."
            before, then = self.base.setdefault(name, (step, value))
            if step - before < self.num_steps:
                continue
            self.base[name] = (step, value)
            if then - value < abs(then) * self.diff_percent / 100:
                return f"{name} went from {then:g} at step {before} to {value:g}: it fell by less than {self.diff_percent:g} %."
        return ""


class Overfit(LossRule):
    needs = "collection losses, of training and of validation data"

    def prepare(self) -> None:
        self.over: dict[str, int] = {}
        self.compared = 0

    def judge(self, step: int) -> str:
        for name, train, validation in self.pairs(step):
            self.compared += 1
            if step < self.start_step:
                continue
            ratio = (validation - train) / abs(train) if train else math.inf if validation > 0 else 0.0
            self.over[name] = self.over.get(name, 0) + 1 if ratio > self.ratio_threshold else 0
            if self.over[name] >= self.patience:
                return (
                    f"{name} is {validation:g} on validation data and {train:g} on training data: {ratio:.0%} above, and "
                    f"{self.ratio_threshold:.0%} are allowed."
                )
        return ""

    def conclude(self) -> None:
        self.seen = self.compared
        super().conclude()


class Overtraining(LossRule):
    needs = "collection losses, of training and of validation data"

    def prepare(self) -> None:
        self.best: dict[tuple[str, str], float] = {}
        self.idle: dict[tuple[str, str], int] = {}
        self.compared = 0

    def judge(self, step: int) -> str:
        for name, train, validation in self.pairs(step):
            self.compared += 1
            for side, value in (("train", train), ("validation", validation)):
                key = (name, side)
                if key not in self.best or value < self.best[key] - self.delta:
                    self.best[key], self.idle[key] = value, 0
                else:
                    self.idle[key] += 1
            idle = self.idle[name, "train"], self.idle[name, "validation"]
            if idle[0] >= self.patience_train and idle[1] >= self.patience_validation:
                return (
                    f"{name} has not improved by more than {self.delta:g} for {idle[0]} steps on training data and for "
                    f"{idle[1]} on validation data."
                )
        return ""

    def conclude(self) -> None:
        self.seen = self.compared
        super().conclude()


class StalledTrainingRule(Rule):
    """Fires while it rests. Before the first step, time counts from the start of the rules."""

    def prepare(self) -> None:
        self.since = 0.0

    def judge(self, step: int) -> str:
        self.seen += 1
        self.since = 0.0
        return ""

    def rest(self, now: float) -> str:
        self.since = self.since or now
        if now - self.since > self.threshold:
            return f"No step came for {now - self.since:.0f} seconds, and {self.threshold:g} are allowed."
        return ""
