"""The form that makes a processing job: a script or a command, rows of inputs and outputs, everything else under Advanced."""

import re
import shlex

from django import forms

from areas import job_names
from areas.images import images
from areas.processing.scripts import TEMPLATES
from areas.processing.suggestions import KIND
from areas.script_form import MOST_SCRIPT, ScriptForm
from areas.versions import choices, find_version

MOST_ROWS = 10
INSTANCES = (
    ("ml.m5.large", "ml.m5.large, 2 vCPU, 8 GB"),
    ("ml.m5.xlarge", "ml.m5.xlarge, 4 vCPU, 16 GB"),
    ("ml.m5.2xlarge", "ml.m5.2xlarge, 8 vCPU, 32 GB"),
    ("ml.m5.4xlarge", "ml.m5.4xlarge, 16 vCPU, 64 GB"),
    ("ml.c5.xlarge", "ml.c5.xlarge, 4 vCPU, 8 GB"),
    ("ml.r5.large", "ml.r5.large, 2 vCPU, 16 GB"),
)
SOURCES = (("write", "Write it"), ("s3", "From S3"), ("command", "A command"))
MODES = (("EndOfJob", "at the end"), ("Continuous", "while it runs"))
PLAIN = "python:3.11"
BOXES = {"script": 22, "requirements": 3, "command": 3, "environment": 3, "tags": 3}
ROOT = "/opt/ml/processing/"


def image_uri(repository: str, region: str) -> str:
    """What the form's choice of an image means."""
    return PLAIN if repository == "python" else images()[repository].uri(region)


def offered_images() -> list[dict]:
    """Images that scripts run in: ``{"value", "title", "note", "missing"}``, plain Python last."""
    wanted = ("sagemaker-scikit-learn", "sagemaker-xgboost", "pytorch-training", "python")
    found = [images()[name] for name in wanted if name in images()]
    return [
        {
            "value": one.repository,
            "title": one.title.removesuffix(" training"),
            "note": one.versions[0],
            "missing": one.missing,
        }
        for one in found
    ]


class ProcessingJobForm(ScriptForm):
    """All that CreateProcessingJob needs. ``connection`` decides which datasets there are."""

    name = forms.CharField(label="Processing job name", max_length=200)
    template = forms.ChoiceField(choices=[(key, one[0]) for key, one in TEMPLATES.items()], required=False)
    image = forms.CharField(max_length=255)
    source = forms.ChoiceField(choices=SOURCES, initial="write")
    script = forms.CharField(label="Script", max_length=MOST_SCRIPT, required=False, strip=False)
    script_file = forms.FileField(label="Upload a script", required=False)
    requirements = forms.CharField(label="requirements.txt", max_length=20_000, required=False)
    script_uri = forms.CharField(label="Script", max_length=1024, required=False)
    command = forms.CharField(label="Command", max_length=20_000, required=False)
    arguments = forms.CharField(max_length=20_000, required=False)
    inputs = forms.IntegerField(min_value=0, max_value=MOST_ROWS, initial=1, required=False, widget=forms.HiddenInput)
    outputs = forms.IntegerField(min_value=0, max_value=MOST_ROWS, initial=1, required=False, widget=forms.HiddenInput)
    instance_type = forms.ChoiceField(choices=INSTANCES, initial="ml.m5.large", required=False)
    instance_count = forms.IntegerField(label="Instances", min_value=1, max_value=20, initial=1, required=False)
    volume = forms.IntegerField(label="Volume, GB", min_value=1, max_value=16384, initial=10, required=False)
    max_runtime = forms.IntegerField(label="Stop after, s", min_value=1, max_value=777600, initial=3600, required=False)
    role = forms.CharField(label="Role", max_length=2048, required=False)
    isolated = forms.BooleanField(label="Without network", required=False)
    environment = forms.CharField(required=False)
    tags = forms.CharField(required=False)

    def __init__(self, data=None, files=None, *, connection, initial=None):
        super().__init__(data, files, initial=initial)
        self.connection = connection
        self.images = offered_images()
        self.datasets = choices(connection)
        given = [("", "Files in S3"), *((one.value, one.label) for one in self.datasets)]
        for place in range(self._rows("inputs")):
            self.fields[f"in_{place}_name"] = forms.CharField(label="Name", max_length=64, required=False)
            self.fields[f"in_{place}_data"] = forms.ChoiceField(label="Data", choices=given, required=False)
            self.fields[f"in_{place}_uri"] = forms.CharField(label="Address", max_length=1024, required=False)
            self.fields[f"in_{place}_path"] = forms.CharField(label="In the container", max_length=256, required=False)
            self.fields[f"in_{place}_sharded"] = forms.BooleanField(label="Divide over instances", required=False)
        for place in range(self._rows("outputs")):
            self.fields[f"out_{place}_name"] = forms.CharField(label="Name", max_length=64, required=False)
            self.fields[f"out_{place}_uri"] = forms.CharField(label="Address", max_length=1024, required=False)
            self.fields[f"out_{place}_path"] = forms.CharField(label="In the container", max_length=256, required=False)
            self.fields[f"out_{place}_mode"] = forms.ChoiceField(label="Stored", choices=MODES, required=False)
        self._style()

    def _rows(self, name: str) -> int:
        value = str(self.value(name))
        return min(int(value), MOST_ROWS) if value.isdecimal() and len(value) < 9 else 0

    def _style(self) -> None:
        for name, rows in BOXES.items():
            self.fields[name].widget = forms.Textarea(
                attrs={"class": "input mono", "rows": rows, "spellcheck": "false"}
            )
        for name, field in self.fields.items():
            if name not in BOXES and not isinstance(field.widget, forms.HiddenInput | forms.CheckboxInput):
                plain = "select" if isinstance(field.widget, forms.Select) else "input"
                mono = (
                    " mono"
                    if name in ("name", "role", "arguments") or name.endswith(("_uri", "_path", "_name"))
                    else ""
                )
                field.widget.attrs.setdefault("class", plain + mono)

    def value(self, name: str):
        """A field's value as typed, else its initial one."""
        found = self[name].value() if name in self.fields else None
        return "" if found is None else found

    @property
    def input_rows(self) -> list[dict]:
        """The form's rows of inputs: ``{"place", "name", "data", "uri", "path", "sharded"}``, bound fields."""
        return self._bound("in", self._rows("inputs"), ("name", "data", "uri", "path", "sharded"))

    @property
    def output_rows(self) -> list[dict]:
        return self._bound("out", self._rows("outputs"), ("name", "uri", "path", "mode"))

    def _bound(self, side: str, rows: int, members: tuple[str, ...]) -> list[dict]:
        return [
            {"place": place} | {member: self[f"{side}_{place}_{member}"] for member in members} for place in range(rows)
        ]

    def clean_name(self) -> str:
        name = self.cleaned_data["name"].strip()
        if refused := job_names.check_name(name, "processingJobName"):
            raise forms.ValidationError(refused)
        if job_names.is_taken(self.connection, KIND, name):
            raise forms.ValidationError(f"A processing job with the name {name} already exists.")
        return name

    def clean_image(self) -> str:
        chosen = self.cleaned_data["image"]
        missing = next((one["missing"] for one in self.images if one["value"] == chosen), "")
        if missing:
            raise forms.ValidationError(missing)
        return chosen

    def clean_arguments(self) -> str:
        return _words(self.cleaned_data["arguments"])

    def clean_command(self) -> str:
        return _words(self.cleaned_data["command"])

    def clean(self) -> dict:
        cleaned = super().clean()
        self._check_program(cleaned)
        for place in range(self._rows("inputs")):
            self._check_input(cleaned, f"in_{place}")
        for place in range(self._rows("outputs")):
            self._check_output(cleaned, f"out_{place}")
        return cleaned

    def _check_program(self, cleaned: dict) -> None:
        source = cleaned.get("source")
        if source == "s3" and not re.match(r"s3://[^/]+/.+", cleaned.get("script_uri", "")):
            self.add_error("script_uri", "Say where the script lies, such as s3://bucket/code/prepare.py.")
        if source == "command" and not cleaned.get("command"):
            self.add_error("command", "Say what to run, such as python3 /opt/ml/processing/input/code/main.py.")
        if source != "write" or "script_file" in self.errors:
            return
        text = cleaned.get("script_file") or cleaned.get("script")
        if not text or not text.strip():
            self.add_error("script", "Paste a script, or upload one.")
            return
        try:
            compile(text, "script.py", "exec")
        except (SyntaxError, ValueError) as error:
            line = f" in line {error.lineno}" if getattr(error, "lineno", None) else ""
            self.add_error("script", f"The script is not valid Python: {error.args[0]}{line}.")

    def _check_input(self, cleaned: dict, row: str) -> None:
        data, uri = cleaned.get(f"{row}_data"), cleaned.get(f"{row}_uri")
        if not (cleaned.get(f"{row}_name") or uri):
            return  # an empty row is none
        if not cleaned.get(f"{row}_name"):
            self.add_error(f"{row}_name", "An input needs a name.")
        if data and not find_version(self.connection, data):
            self.add_error(f"{row}_data", f"There is no dataset version {data}.")
        elif not data and not re.match(r"s3://[^/]+", uri or ""):
            self.add_error(f"{row}_uri", f"{uri!r} is not an S3 URI such as s3://bucket/data/." if uri
                           else "Say where the data lies, such as s3://bucket/data/.")  # fmt: skip
        self._check_path(cleaned, row)

    def _check_output(self, cleaned: dict, row: str) -> None:
        uri = cleaned.get(f"{row}_uri")
        if not (cleaned.get(f"{row}_name") or uri):
            return
        if not cleaned.get(f"{row}_name"):
            self.add_error(f"{row}_name", "An output needs a name.")
        if uri and not uri.startswith("s3://"):
            self.add_error(f"{row}_uri", f"{uri} is not an S3 URI: it must begin with s3://.")
        self._check_path(cleaned, row)

    def _check_path(self, cleaned: dict, row: str) -> None:
        path = cleaned.get(f"{row}_path")
        if path and (not path.startswith(ROOT) or ".." in path.split("/")):
            self.add_error(f"{row}_path", f"It must be a folder below {ROOT}, not {path}.")


def _words(text: str) -> str:
    try:
        shlex.split(text)
    except ValueError as error:
        raise forms.ValidationError(f"Its quotes don't match: {error}.") from error
    return text
