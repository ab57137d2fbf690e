"""The form that makes a tuning job: what is tuned and how; what is trained comes from a dataset or from a job that there is."""

from django import forms

from areas import job_names
from areas.tuning.algorithms import XGBOOST, Tunable, tunables
from areas.tuning.ranges import KINDS, SCALINGS, Range
from areas.tuning.resource import TUNING_JOB

STRATEGIES = (
    ("Bayesian", "Bayesian: learns from results"), ("Random", "Random"), ("Grid", "Grid: every combination"),
    ("Hyperband", "Hyperband: many starts, few ends"),
)  # fmt: skip
LONGEST_NAME = 32
MONO = ("name", "metric", "static", "content_type")


class TuningJobForm(forms.Form):
    """``connection`` decides which names are free. Ranges come as lists of equal length: range_name, range_kind, …"""

    name = forms.CharField(label="Tuning job name", max_length=LONGEST_NAME)
    origin = forms.CharField(required=False, widget=forms.HiddenInput)
    algorithm = forms.CharField(required=False, initial=XGBOOST)
    dataset = forms.CharField(required=False)
    label = forms.CharField(label="Column to predict", required=False)
    content_type = forms.CharField(label="Content type", max_length=256, required=False)
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
        for channel in self.tunable.algorithm.channels:
            label = f"Channel {channel.name}"
            self.fields[f"channel_{channel.name}"] = forms.CharField(
                label=label, max_length=1024, required=False, help_text=channel.about
            )
        for name, one in self.fields.items():
            plain = "select" if isinstance(one.widget, forms.Select) else "input"
            if name not in ("early", "origin"):
                one.widget.attrs["class"] = f"{plain} mono" if name in MONO or name.startswith("channel_") else plain
        self.fields["metric"].widget.attrs["list"] = "metrics"
        self.fields["content_type"].widget.attrs["list"] = "types"
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
    def tunable(self) -> Tunable:
        """The algorithm that is chosen, XGBoost if none is; what has no such name is an error of the form."""
        return tunables().get(self.value("algorithm"), tunables()[XGBOOST])

    @property
    def channels(self) -> list:
        """The fields of the algorithm's channels."""
        return [self[f"channel_{one.name}"] for one in self.tunable.algorithm.channels]

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
            self._check_data(cleaned)
        if not cleaned.get("most") and not cleaned.get("longest") and cleaned.get("strategy") != "Grid":
            self.add_error("most", "Say how many training jobs there may be, or how long it may take.")
        return cleaned

    def named_files(self) -> dict[str, str]:
        """The S3 URIs that are given, by channel."""
        given = {one.name: self.value(f"channel_{one.name}").strip() for one in self.tunable.algorithm.channels}
        return {name: uri for name, uri in given.items() if uri}

    def _check_data(self, cleaned: dict) -> None:
        """What is trained, and on what: files in S3 where any are named, else a dataset."""
        tunable, files = self.tunable, self.named_files()
        if cleaned.get("algorithm") and cleaned["algorithm"] not in tunables():
            self.add_error("algorithm", f"There is no algorithm {cleaned['algorithm']} that can be tuned.")
        elif tunable.missing:
            self.add_error("algorithm", f"{tunable.missing}.")
        if files or not tunable.takes_datasets:
            for channel in tunable.algorithm.channels:
                uri = files.get(channel.name, "")
                if channel.required and not uri:
                    self.add_error(f"channel_{channel.name}", f"{tunable.title} needs the channel {channel.name}.")
                elif uri and not uri.startswith("s3://"):
                    self.add_error(f"channel_{channel.name}", f"{uri} is not an S3 URI: it must begin with s3://.")
        elif not cleaned.get("dataset"):
            self.add_error("dataset", "Choose a dataset.")
        elif not cleaned.get("label"):
            self.add_error("label", "Choose the column to predict.")


def pairs(text: str) -> dict[str, str]:
    """Lines of ``name = value`` as a dict; lines without a name are left out."""
    split = (line.partition("=") for line in str(text or "").splitlines() if line.strip())
    return {name.strip(): value.strip() for name, _, value in split if name.strip()}


def lines(values: dict[str, str]) -> str:
    return "\n".join(f"{name} = {value}" for name, value in values.items())
