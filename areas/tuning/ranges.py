"""A row of the ranges editor: what of a hyperparameter is tried, as typed."""

from dataclasses import dataclass, field

from areas.tuning.space import RangeWrong, dimensions

KINDS = (("continuous", "number"), ("integer", "whole number"), ("categorical", "one of"))
SCALINGS = (
    ("Auto", "scale: auto"),
    ("Linear", "linear"),
    ("Logarithmic", "logarithmic"),
    ("ReverseLogarithmic", "reverse log"),
)


@dataclass
class Range:
    """A row of the ranges editor, as typed. ``values`` are those of a categorical one."""

    name: str = ""
    kind: str = "continuous"
    low: str = ""
    high: str = ""
    scaling: str = "Auto"
    error: str = field(default="", compare=False)

    @property
    def values(self) -> list[str]:
        return [one.strip() for one in self.low.split(",") if one.strip()]

    def check(self) -> str:
        """What is wrong with it alone, else nothing."""
        if self.kind == "categorical":
            given = {"CategoricalParameterRanges": [{"Name": self.name, "Values": self.values}]}
            if not self.values:
                return f"Say which values {self.name} may have, with commas between them."
        else:
            member = "IntegerParameterRanges" if self.kind == "integer" else "ContinuousParameterRanges"
            ends = {"MinValue": self.low, "MaxValue": self.high, "ScalingType": self.scaling}
            given = {member: [{"Name": self.name, **ends}]}
        try:
            dimensions(given)
        except RangeWrong as error:
            return str(error)
        return ""


def ranges_of(given: dict) -> list[Range]:
    """The rows of the editor for a ParameterRanges."""
    numeric = (("ContinuousParameterRanges", "continuous"), ("IntegerParameterRanges", "integer"))
    rows = [
        Range(one["Name"], kind, one["MinValue"], one["MaxValue"], one.get("ScalingType", "Auto"))
        for member, kind in numeric
        for one in given.get(member, ())
    ]
    choices = given.get("CategoricalParameterRanges", ())
    return rows + [Range(one["Name"], "categorical", ", ".join(one["Values"])) for one in choices]
