"""The form that makes a training job: few fields first, every other one under Advanced."""

import re

from django import forms

from areas.script_form import MOST_SCRIPT, ScriptForm, check_pairs, pairs
from areas.training import datasets, names, parameters
from areas.training.chosen import Chosen, choices
from areas.training.compute import ComputeForm
from areas.training.watch import WatchForm

INSTANCES = (
    ("ml.m5.large", "ml.m5.large, 2 vCPU, 8 GB"),
    ("ml.m5.xlarge", "ml.m5.xlarge, 4 vCPU, 16 GB"),
    ("ml.m5.2xlarge", "ml.m5.2xlarge, 8 vCPU, 32 GB"),
    ("ml.m5.4xlarge", "ml.m5.4xlarge, 16 vCPU, 64 GB"),
    ("ml.c5.xlarge", "ml.c5.xlarge, 4 vCPU, 8 GB"),
    ("ml.c5.2xlarge", "ml.c5.2xlarge, 8 vCPU, 16 GB"),
    ("ml.r5.large", "ml.r5.large, 2 vCPU, 16 GB"),
)
MONO = ("name", "train_uri", "validation_uri", "output", "checkpoint", "role")
# Fields of several lines, and how many are shown.
BOXES = {
    "script": 22,
    "requirements": 3,
    "script_parameters": 3,
    "metric_definitions": 3,
    "environment": 3,
    "tags": 3,
    "watch_more": 6,
}


class TrainingJobForm(ScriptForm, WatchForm, ComputeForm):
    """All that CreateTrainingJob needs. ``connection`` decides which datasets there are; errors are in the service's words."""

    name = forms.CharField(label="Training job name", max_length=200)
    algorithm = forms.ChoiceField()
    source = forms.ChoiceField(choices=[("dataset", "A dataset"), ("s3", "Files in S3")], initial="dataset")
    dataset = forms.CharField(required=False)
    label = forms.CharField(label="Label column", required=False)
    method = forms.ChoiceField(
        label="Split", choices=[("stratified", "stratified by label"), ("random", "random")], required=False
    )
    validation_share = forms.IntegerField(label="For validation", min_value=1, max_value=90, initial=20, required=False)
    split_seed = forms.IntegerField(label="Seed", initial=0, required=False)
    features = forms.MultipleChoiceField(required=False)
    train_uri = forms.CharField(label="train", max_length=1024, required=False)
    validation_uri = forms.CharField(label="validation", max_length=1024, required=False)
    content_type = forms.ChoiceField(label="Content type", required=False)
    objective = forms.ChoiceField(choices=parameters.OBJECTIVE_CHOICES, required=False)
    num_class = forms.CharField(required=False)
    eval_metric = forms.CharField(label="eval_metric", required=False)
    script = forms.CharField(label="train.py", max_length=MOST_SCRIPT, required=False, strip=False)
    script_file = forms.FileField(label="Upload a script", required=False)
    requirements = forms.CharField(label="requirements.txt", max_length=20_000, required=False)
    script_parameters = forms.CharField(label="Hyperparameters", required=False)
    metric_definitions = forms.CharField(label="Metrics", required=False)
    instance_type = forms.ChoiceField(choices=INSTANCES, initial="ml.m5.large", required=False)
    volume = forms.IntegerField(label="Volume, GB", min_value=1, max_value=16384, initial=10, required=False)
    max_runtime = forms.IntegerField(
        label="Stop after, s", min_value=1, max_value=28 * 86400, initial=86400, required=False
    )
    output = forms.CharField(label="Output", max_length=1024, required=False)
    role = forms.CharField(label="Role", max_length=2048, required=False)
    checkpoint = forms.CharField(label="Checkpoints", max_length=1024, required=False)
    environment = forms.CharField(required=False)
    tags = forms.CharField(required=False)

    def __init__(self, data=None, files=None, *, connection, initial=None):
        super().__init__(data, files, initial=initial)
        self.connection = connection
        self.algorithms = choices()
        self.fields["algorithm"].choices = [(one["value"], one["title"]) for one in self.algorithms]
        self.chosen = Chosen(self.value("algorithm"))
        self.parameters = self.chosen.parameters
        for parameter in self.parameters:
            if self.field_of(parameter.name) not in self.fields:
                self.fields[f"hp_{parameter.name}"] = forms.CharField(
                    label=parameter.name, max_length=2500, required=False
                )
        for name, channel in self.chosen.channels:
            if name not in self.fields:
                self.fields[name] = forms.CharField(label=channel.name, max_length=1024, required=False)
            self.fields[name].label = channel.name
        self.fields["content_type"].choices = self.chosen.content_types
        self.add_rules(self.chosen)
        self.datasets = datasets.choices(connection)
        self.version = datasets.find_version(connection, self.value("dataset"))
        self._style()
        columns = [column["name"] for column in self.version.columns] if self.version else []
        self.fields["features"].choices = [(name, name) for name in columns]

    def _style(self) -> None:
        for name, rows in BOXES.items():
            self.fields[name].widget = forms.Textarea(
                attrs={"class": "input mono", "rows": rows, "spellcheck": "false"}
            )
        for parameter in self.parameters:
            if not self.field_of(parameter.name).startswith("hp_"):
                continue
            field = self.fields[f"hp_{parameter.name}"]
            field.widget.attrs |= {"placeholder": parameter.default, "autocomplete": "off"}
            if parameter.choices:
                default = [("", f"{parameter.default} (default)" if parameter.default else "")]
                field.widget = forms.Select(choices=default + [(one, one) for one in parameter.choices])
        for name, field in self.fields.items():
            if name not in BOXES:
                plain = "select" if isinstance(field.widget, forms.Select) else "input"
                mono = name in MONO or name.endswith("_uri")
                field.widget.attrs.setdefault("class", f"{plain} mono" if mono else plain)

    def value(self, name: str):
        """A field's value as typed, else its initial one."""
        found = self[name].value() if name in self.fields else None
        return "" if found is None else found

    def field_of(self, parameter: str) -> str:
        """The field of a hyperparameter: XGBoost's problem has fields of its own."""
        return parameter if self.chosen.is_xgboost and parameter in parameters.ASKED else f"hp_{parameter}"

    @property
    def image(self):
        return self.chosen.image

    @property
    def is_script(self) -> bool:
        return self.chosen.is_script

    @property
    def channels(self) -> list[tuple]:
        """(bound field, declared channel) where files in S3 are chosen; the usual two for a script."""
        if self.chosen.algorithm is None:
            return [(self["train_uri"], None), (self["validation_uri"], None)]
        return [(self[name], channel) for name, channel in self.chosen.channels]

    @property
    def hyperparameters(self) -> dict[str, str]:
        """What the job would get, all as text, of the fields that are filled."""
        if self.is_script:
            return pairs(self.value("script_parameters"))
        names = [one.name for one in self.parameters]
        typed = {name: str(self.value(self.field_of(name))).strip() for name in names}
        if self.chosen.is_xgboost and not typed["objective"].startswith("multi:"):
            typed.pop("num_class")
        return {name: value for name, value in typed.items() if value}

    def clean_name(self) -> str:
        name = self.cleaned_data["name"].strip()
        refused = names.check_name(name)
        if refused:
            raise forms.ValidationError(refused)
        if names.is_taken(self.connection, name):
            raise forms.ValidationError(
                "Training job names must be unique within an AWS account and region, "
                f"and a training job with this name already exists ({name})"
            )
        return name

    def clean_algorithm(self) -> str:
        chosen = next(one for one in self.algorithms if one["value"] == self.cleaned_data["algorithm"])
        if chosen["missing"]:
            raise forms.ValidationError(chosen["missing"])
        return chosen["value"]

    def clean_script_parameters(self) -> str:
        return check_pairs(self.cleaned_data["script_parameters"])

    def clean_metric_definitions(self) -> str:
        text = self.cleaned_data["metric_definitions"]
        for name, expression in pairs(text).items():
            try:
                groups = re.compile(expression).groups
            except re.error as error:
                raise forms.ValidationError(f"The expression of {name} is not valid: {error}.") from error
            if groups != 1:
                raise forms.ValidationError(f"The expression of {name} needs one group (…) around the number.")
        return text

    def clean(self) -> dict:
        cleaned = super().clean()
        self._check_source(cleaned)
        if self.is_script:
            self._check_script(cleaned)
        else:
            self._check_hyperparameters()
        self.check_compute(cleaned)
        self.check_watch(cleaned)
        for name in ("output", "checkpoint"):
            if cleaned.get(name) and not cleaned[name].startswith("s3://"):
                self.add_error(name, f"{cleaned[name]} is not an S3 URI: it must begin with s3://.")
        return cleaned

    def _check_source(self, cleaned: dict) -> None:
        if cleaned.get("source") == "s3":
            if not cleaned.get("train_uri"):
                self.add_error("train_uri", "Say where the training data lies, such as s3://bucket/train/.")
            for field, channel in self.channels:
                value = cleaned.get(field.name)
                if value and not re.match(r"s3://[^/]+", value):
                    self.add_error(field.name, f"{value} is not an S3 URI such as s3://bucket/{field.label}/.")
                elif not value and channel and channel.required and field.name != "train_uri":
                    self.add_error(field.name, f"Say where {channel.name} lies, such as s3://bucket/{channel.name}/.")
            return
        if not self.chosen.takes_datasets:
            title = self.chosen.algorithm.title
            self.add_error("dataset", f"{title} doesn't learn from rows of a dataset: choose files in S3.")
        elif not self.datasets:
            self.add_error("dataset", "There is no dataset yet: upload one, or choose files in S3.")
        elif not self.version:
            self.add_error("dataset", f"There is no dataset version {cleaned['dataset']}." if cleaned.get("dataset")
                           else "Choose a dataset.")  # fmt: skip
        elif self.version.columns and cleaned.get("label") not in [column["name"] for column in self.version.columns]:
            columns = ", ".join(column["name"] for column in self.version.columns)
            typed = cleaned.get("label")
            self.add_error("label", f"{self.version} has no column {typed!r}; it has {columns}." if typed
                           else "Choose the column to predict.")  # fmt: skip

    def _check_script(self, cleaned: dict) -> None:
        text = cleaned.get("script_file") or cleaned.get("script")
        if not text or not text.strip():
            self.add_error("script", "Paste a script, or upload one.")
            return
        try:
            compile(text, "train.py", "exec")
        except (SyntaxError, ValueError) as error:
            line = f" in line {error.lineno}" if getattr(error, "lineno", None) else ""
            self.add_error("script", f"train.py is not valid Python: {error.args[0]}{line}.")

    def _check_hyperparameters(self) -> None:
        """The algorithm's own check; its sentence goes beside the field that it names."""
        channels = {}
        for name, channel in self.chosen.channels:
            if self.value("source") == "s3":
                given = self.chosen.content_type(channel, self.value("content_type"))
                there = bool(self.value(name))
            else:
                given, there = "text/csv", name in ("train_uri", "validation_uri")
            if there or (channel.required and channel.name in ("train", "training")):
                distribution = {"S3DistributionType": channel.distribution} if channel.distribution else {}
                channels[channel.name] = ({"ContentType": given} if given else {}) | distribution
        try:
            self.chosen.check(self.hyperparameters, channels)
        except ValueError as error:
            self.add_error(self._field_in(str(error)), str(error))

    def _field_in(self, sentence: str) -> str | None:
        words = set(re.findall(r"[\w]+", sentence))
        named = (self.field_of(one.name) for one in self.parameters if one.name in words)
        return next(named, None)
