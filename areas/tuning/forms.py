"""The form that makes a tuning job: what is tuned and how; what is trained comes from a dataset or from a job that there is."""

from dataclasses import dataclass, field

from django import forms

from areas import job_names
from areas.tuning.resource import TUNING_JOB
from areas.tuning.space import RangeWrong, dimensions

STRATEGIES = (
    ("Bayesian", "Bayesian: learns from results"), ("Random", "Random"), ("Grid", "Grid: every combination"),
    ("Hyperband", "Hyperband: many starts, few ends"),
)  # fmt: skip
KINDS = (("continuous", "number"), ("integer", "whole number"), ("categorical", "one of"))
SCALINGS = (
    ("Auto", "scale: auto"),
    ("Linear", "linear"),
    ("Logarithmic", "logarithmic"),
    ("ReverseLogarithmic", "reverse log"),
)
LONGEST_NAME = 32


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


class TuningJobForm(forms.Form):
    """``connection`` decides which names are free. Ranges come as lists of equal length: range_name, range_kind, …"""

    name = forms.CharField(label="Tuning job name", max_length=LONGEST_NAME)
    origin = forms.CharField(required=False, widget=forms.HiddenInput)
    dataset = forms.CharField(required=False)
    label = forms.CharField(label="Column to predict", required=False)
    metric = forms.CharField(label="Metric", max_length=255)
    aim = forms.ChoiceField(label="It is better", choices=[("Minimize", "the lower"), ("Maximize", "the higher")])
    strategy = forms.ChoiceField(choices=STRATEGIES, initial="Bayesian")
    most = forms.IntegerField(label="Training jobs", min_value=1, max_value=750, initial=20, required=False)
    parallel = forms.IntegerField(label="At once", min_value=1, max_value=100, initial=2)
    longest = forms.IntegerField(label="Stop all after, s", min_value=120, max_value=15_768_000, required=False)
    max_runtime = forms.IntegerField(
        label="Stop each after, s", min_value=1, max_value=28 * 86400, initial=3600, required=False
    )
    target = forms.FloatField(label="Enough is", required=False)
    seed = forms.IntegerField(label="Seed", min_value=0, required=False)
    epochs = forms.IntegerField(label="Epochs of Hyperband", min_value=1, max_value=20_000, required=False)
    early = forms.BooleanField(label="Stop jobs that are worse than the median was", required=False)
    static = forms.CharField(label="Hyperparameters that stay", required=False, widget=forms.Textarea)

    def __init__(self, data=None, *, connection, initial=None):
        super().__init__(data, initial=initial)
        self.connection = connection
        for name, one in self.fields.items():
            plain = "select" if isinstance(one.widget, forms.Select) else "input"
            if name not in ("early", "origin"):
                one.widget.attrs["class"] = f"{plain} mono" if name in ("name", "metric", "static") else plain
        self.fields["metric"].widget.attrs["list"] = "metrics"
        self.fields["static"].widget.attrs |= {"rows": 5, "spellcheck": "false"}
        self.ranges = self._typed(data) if data is not None else list((initial or {}).get("ranges", ()))

    def _typed(self, data) -> list[Range]:
        columns = [data.getlist(f"range_{name}") for name in ("name", "kind", "low", "high", "scaling")]
        rows = [Range(*(one.strip() for one in row)) for row in zip(*columns, strict=False)]
        known = dict(KINDS)
        return [row for row in rows if row.name and row.kind in known and row.scaling in dict(SCALINGS)]

    def value(self, name: str):
        found = self[name].value()
        return "" if found is None else found

    @property
    def static_values(self) -> dict[str, str]:
        return pairs(self.value("static"))

    def clean_name(self) -> str:
        name = self.cleaned_data["name"].strip()
        if refused := job_names.check_name(name, "hyperParameterTuningJobName"):
            raise forms.ValidationError(refused)
        if job_names.is_taken(self.connection, TUNING_JOB.noun, name):
            raise forms.ValidationError(f"A tuning job with this name already exists ({name}).")
        return name

    def clean(self) -> dict:
        cleaned = super().clean()
        for row in self.ranges:
            row.error = row.check()
        names = [row.name for row in self.ranges]
        for row in self.ranges:
            if not row.error and names.count(row.name) > 1:
                row.error = f"{row.name} has more than one range."
        if not self.ranges:
            self.add_error(None, "Give at least one hyperparameter a range.")
        elif any(row.error for row in self.ranges):
            self.add_error(None, "A range can't be as it is.")
        if not cleaned.get("origin"):
            if not cleaned.get("dataset"):
                self.add_error("dataset", "Choose a dataset.")
            elif not cleaned.get("label"):
                self.add_error("label", "Choose the column to predict.")
        if not cleaned.get("most") and not cleaned.get("longest") and cleaned.get("strategy") != "Grid":
            self.add_error("most", "Say how many training jobs there may be, or how long it may take.")
        return cleaned


def pairs(text: str) -> dict[str, str]:
    """Lines of ``name = value`` as a dict; lines without a name are left out."""
    split = (line.partition("=") for line in str(text or "").splitlines() if line.strip())
    return {name.strip(): value.strip() for name, _, value in split if name.strip()}


def lines(values: dict[str, str]) -> str:
    return "\n".join(f"{name} = {value}" for name, value in values.items())


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
