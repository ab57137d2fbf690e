"""What is tuned: ranges as the service writes them (all text), and how to draw from them.

https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-ranges.html
"""

import itertools
import math
import re
from dataclasses import dataclass

import numpy as np

INTEGER, CONTINUOUS, CATEGORICAL = "integer", "continuous", "categorical"
LINEAR, LOGARITHMIC, REVERSE = "Linear", "Logarithmic", "ReverseLogarithmic"
KINDS = {
    "IntegerParameterRanges": INTEGER, "ContinuousParameterRanges": CONTINUOUS, "CategoricalParameterRanges": CATEGORICAL,
}  # fmt: skip
MOST = 30  # parameters of one training job that can be tuned
WIDE = 1000  # Auto is logarithmic where the greatest value is so many times the least
_INT64 = 2**63


class RangeWrong(ValueError):
    """A range that can't be, in one sentence."""


@dataclass(frozen=True)
class Dimension:
    """One hyperparameter that is tuned. ``low`` and ``high`` are both among its values."""

    name: str
    kind: str
    low: float = 0
    high: float = 0
    scaling: str = LINEAR
    values: tuple[str, ...] = ()

    def draw(self, rng: np.random.Generator) -> str:
        """A value by chance, evenly on the range's scale."""
        if self.kind == CATEGORICAL:
            return self.values[rng.integers(len(self.values))]
        if self.kind == INTEGER:
            if self.scaling == LINEAR:
                return str(int(rng.integers(int(self.low), int(self.high), endpoint=True)))
            drawn = math.floor(math.exp(rng.uniform(math.log(self.low), math.log(self.high + 1))))
            return str(min(max(drawn, int(self.low)), int(self.high)))
        if self.scaling == LOGARITHMIC:
            drawn = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        elif self.scaling == REVERSE:
            drawn = 1 - math.exp(rng.uniform(math.log(1 - self.high), math.log(1 - self.low)))
        else:
            drawn = rng.uniform(self.low, self.high)
        return repr(min(max(float(drawn), self.low), self.high))

    def distribution(self):
        """Optuna's distribution of it; a reversed scale is that of the distance to 1."""
        from optuna import distributions

        if self.kind == CATEGORICAL:
            return distributions.CategoricalDistribution(self.values)
        log = self.scaling in (LOGARITHMIC, REVERSE)
        if self.kind == INTEGER:
            return distributions.IntDistribution(int(self.low), int(self.high), log=log)
        low, high = (1 - self.high, 1 - self.low) if self.scaling == REVERSE else (self.low, self.high)
        return distributions.FloatDistribution(low, high, log=log)

    def to_text(self, value) -> str:
        """Optuna's value as the training job gets it."""
        if self.kind == CATEGORICAL:
            return value
        if self.kind == INTEGER:
            return str(int(value))
        value = 1 - float(value) if self.scaling == REVERSE else float(value)
        return repr(min(max(value, self.low), self.high))

    def from_text(self, text: str):
        """Optuna's value of what a training job got; None if the range doesn't hold it (another tuning job's, perhaps)."""
        if self.kind == CATEGORICAL:
            return text if text in self.values else None
        try:
            value = int(text) if self.kind == INTEGER else float(text)
        except ValueError:
            return None
        if not self.low <= value <= self.high:
            return None
        if self.scaling != REVERSE:
            return value
        return min(max(1 - value, 1 - self.high), 1 - self.low)


def dimensions(ranges: dict) -> list[Dimension]:
    """The dimensions of a ParameterRanges, in the order in which they are written. Raises RangeWrong."""
    found = [
        _categorical(one) if kind == CATEGORICAL else _numeric(one, kind)
        for member, kind in KINDS.items()
        for one in ranges.get(member, ())
    ]
    names = [one.name for one in found]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise RangeWrong(f"The hyperparameter {doubled[0]} has more than one range.")
    if len(found) > MOST:
        raise RangeWrong(f"At most {MOST} hyperparameters can be tuned; {len(found)} have a range.")
    return found


def combinations(found: list[Dimension]) -> int:
    """How many different training jobs categorical dimensions make."""
    return math.prod(len(one.values) for one in found)


def combination(found: list[Dimension], index: int) -> dict[str, str]:
    """The ``index``-th of them; the last dimension changes first."""
    chosen = next(itertools.islice(itertools.product(*(one.values for one in found)), index, None))
    return dict(zip((one.name for one in found), chosen, strict=True))


def _categorical(given: dict) -> Dimension:
    name, values = given["Name"], tuple(given["Values"])
    if len(set(values)) < len(values):
        raise RangeWrong(f"The values of the categorical hyperparameter {name} must differ from each other.")
    return Dimension(name, CATEGORICAL, values=values)


def _numeric(given: dict, kind: str) -> Dimension:
    name = given["Name"]
    low, high = (_number(given[member], kind, name, member) for member in ("MinValue", "MaxValue"))
    if low > high:
        raise RangeWrong(
            f"The MinValue {given['MinValue']} of {name} is greater than its MaxValue {given['MaxValue']}."
        )
    scaling = given.get("ScalingType", "Auto")
    if scaling == LOGARITHMIC and low <= 0:
        raise RangeWrong(f"Logarithmic scaling of {name} needs a MinValue greater than 0, not {given['MinValue']}.")
    if scaling == REVERSE:
        if kind == INTEGER:
            raise RangeWrong(
                f"ReverseLogarithmic scaling can be used with continuous ranges only; {name} is an integer."
            )
        if low < 0 or high >= 1:
            raise RangeWrong(
                f"ReverseLogarithmic scaling of {name} needs a range within 0 <= x < 1, not {given['MinValue']} to "
                f"{given['MaxValue']}."
            )
    if scaling == "Auto":
        scaling = LOGARITHMIC if low > 0 and high / low >= WIDE else LINEAR
    return Dimension(name, kind, low, high, scaling)


def _number(text: str, kind: str, name: str, member: str) -> float:
    if kind == INTEGER:
        if not re.fullmatch(r"[+-]?[0-9]{1,19}", text) or not -_INT64 <= int(text) < _INT64 - 1:
            raise RangeWrong(f"The {member} {text!r} of the integer hyperparameter {name} is no integer.")
        return int(text)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise RangeWrong(f"The {member} {text!r} of the continuous hyperparameter {name} is no number.")
    return value
