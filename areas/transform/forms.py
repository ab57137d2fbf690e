"""The form that makes a transform job."""

import re

from django import forms

from areas import versions
from areas.allowed import visible_here
from areas.images import algorithm_behind
from areas.job_names import check_name, is_taken
from areas.transform import datasets
from areas.transform.container import paths
from catalog.models import Record

TYPES = ("text/csv", "application/json", "application/jsonlines", "application/x-recordio-protobuf", "text/libsvm")
INSTANCES = (
    ("ml.m5.large", "ml.m5.large, 2 vCPU, 8 GB"),
    ("ml.m5.xlarge", "ml.m5.xlarge, 4 vCPU, 16 GB"),
    ("ml.m5.2xlarge", "ml.m5.2xlarge, 8 vCPU, 32 GB"),
    ("ml.m5.4xlarge", "ml.m5.4xlarge, 16 vCPU, 64 GB"),
    ("ml.c5.xlarge", "ml.c5.xlarge, 4 vCPU, 8 GB"),
)
MONO = ("name", "uri", "output", "content_type", "accept", "input_filter", "output_filter")
MODELS = 200  # of the newest, so many are offered


class TransformJobForm(forms.Form):
    """A model, what it shall answer (a dataset or files in S3), and how. ``initial`` may name any of the fields."""

    name = forms.CharField(label="Transform job name", max_length=200)
    model = forms.CharField(max_length=63)
    source = forms.ChoiceField(choices=[("dataset", "A dataset"), ("s3", "Files in S3")], initial="dataset")
    dataset = forms.CharField(required=False)
    label = forms.CharField(label="Label column", required=False)
    part = forms.ChoiceField(
        label="Rows", choices=[("validation", "a fifth, not trained on"), ("train", "four fifths, trained on")],
        initial="validation", required=False,
    )  # fmt: skip
    uri = forms.CharField(label="Input", max_length=1024, required=False)
    kind = forms.ChoiceField(
        label="It is", choices=[("S3Prefix", "a prefix or an object"), ("ManifestFile", "a manifest")], required=False
    )
    content_type = forms.CharField(label="Content type", max_length=256, required=False, initial="text/csv")
    compression = forms.ChoiceField(label="Compression", choices=[("None", "none"), ("Gzip", "Gzip")], required=False)
    split = forms.ChoiceField(
        label="Split by", required=False, initial="Line",
        choices=[("Line", "line"), ("None", "nothing"), ("RecordIO", "RecordIO"), ("TFRecord", "TFRecord")],
    )  # fmt: skip
    accept = forms.CharField(label="Accept", max_length=256, required=False, initial="text/csv")
    assemble = forms.ChoiceField(
        label="Assemble with", choices=[("Line", "line"), ("None", "nothing")], required=False, initial="Line"
    )
    join = forms.BooleanField(label="Write the input beside the inference", required=False)
    input_filter = forms.CharField(label="Input filter", max_length=63, required=False)
    output_filter = forms.CharField(label="Output filter", max_length=63, required=False)
    output = forms.CharField(label="Output", max_length=1024, required=False)
    instance_type = forms.ChoiceField(label="Instance type", choices=INSTANCES, required=False)
    instance_count = forms.IntegerField(label="Instances", min_value=1, max_value=20, initial=1, required=False)
    strategy = forms.ChoiceField(
        label="Records in a request", required=False,
        choices=[("", "as the container wants"), ("MultiRecord", "many"), ("SingleRecord", "one")],
    )  # fmt: skip
    max_payload = forms.IntegerField(label="Largest request, MB", min_value=0, max_value=100, required=False)
    max_concurrent = forms.IntegerField(label="Requests at a time", min_value=1, max_value=100, required=False)

    def __init__(self, *arguments, connection, **options):
        super().__init__(*arguments, **options)
        self.connection = connection
        rows = Record.objects.filter(connection=connection, kind="Model").order_by("-created")
        self.models = list(visible_here(connection, rows, "Model").values_list("name", flat=True)[:MODELS])
        self.datasets = versions.choices(connection)
        self._suit_model()
        for name, field in self.fields.items():
            if not isinstance(field.widget, forms.CheckboxInput):
                plain = "select" if isinstance(field.widget, forms.Select) else "input"
                field.widget.attrs["class"] = f"{plain} mono" if name in MONO else plain
        for name in ("content_type", "accept"):
            self.fields[name].widget.attrs["list"] = "types"
        for name in ("input_filter", "output_filter"):
            self.fields[name].widget.attrs["placeholder"] = "$"

    def _suit_model(self) -> None:
        """Begin with what the chosen model's algorithm reads and answers, where nothing else is said."""
        self.types, algorithm = TYPES, None
        if model := self._model():
            container = model.document.get("PrimaryContainer") or {}
            algorithm = algorithm_behind(container.get("Image", ""), container.get("Environment") or {})
        if algorithm is None or algorithm.example.content_type == "text/csv":
            return
        kind, accept = algorithm.example.content_type, algorithm.example.accept
        self.types = tuple(dict.fromkeys((kind, *TYPES)))
        # A request of JSON or of an image is a whole object: its lines are no records.
        for name, value in {"content_type": kind, "accept": accept, "split": "None", "assemble": "None"}.items():
            self.initial.setdefault(name, value)

    def _model(self) -> Record | None:
        rows = Record.objects.filter(connection=self.connection, kind="Model", name=self.value("model"))
        return visible_here(self.connection, rows, "Model").first()

    def value(self, name: str):
        found = self[name].value()
        return "" if found is None else found

    @property
    def version(self):
        """The version of a dataset that is chosen, if there is one."""
        return versions.find_version(self.connection, self.value("dataset"))

    @property
    def model_tags(self) -> dict[str, str]:
        """The tags of the chosen model, which say what it learned from; none if it may not be seen."""
        model = self._model()
        return dict(model.tags.values_list("key", "value")) if model else {}

    def clean_name(self) -> str:
        name = self.cleaned_data["name"].strip()
        if refused := check_name(name, "transformJobName"):
            raise forms.ValidationError(refused)
        if is_taken(self.connection, "TransformJob", name):
            raise forms.ValidationError(
                f"Job name must be unique within an AWS account and region, and a job with this name already exists ({name})"
            )
        return name

    def clean_model(self) -> str:
        name = self.cleaned_data["model"].strip()
        rows = Record.objects.filter(connection=self.connection, kind="Model", name=name)
        if not visible_here(self.connection, rows, "Model").exists():
            raise forms.ValidationError(f'Could not find model "{name}".')
        return name

    def clean(self) -> dict:
        cleaned = super().clean()
        if cleaned.get("source") == "s3":
            if not re.match(r"s3://[^/]+", cleaned.get("uri", "")):
                self.add_error("uri", "Say where the records lie, such as s3://bucket/records/.")
            self._check_filters(cleaned)
        elif not self.version:
            named = cleaned.get("dataset")
            self.add_error("dataset", f"There is no dataset version {named}." if named else "Choose a dataset.")
        if cleaned.get("output") and not cleaned["output"].startswith("s3://"):
            self.add_error("output", f"{cleaned['output']} is not an S3 URI: it must begin with s3://.")
        size, workers = cleaned.get("max_payload"), cleaned.get("max_concurrent")
        if size and workers and size * workers > 100:
            self.add_error(
                "max_concurrent", f"{workers} requests of {size} MB are {size * workers} MB: 100 is the most."
            )
        return cleaned

    def _check_filters(self, cleaned: dict) -> None:
        for name, kind in (("input_filter", "content_type"), ("output_filter", "accept")):
            try:
                path = cleaned.get(name) or "$"
                is_csv = cleaned.get(kind, "").startswith("text/csv")
                paths.check_csv(path) if is_csv else paths.parse(path)
            except paths.BadPath as error:
                self.add_error(name, str(error))

    def rows(self) -> datasets.Rows | None:
        """The dataset's rows, as the form has them now. Raises NotPossible."""
        if self.value("source") == "s3" or not self.version:
            return None
        label = self.value("label") or datasets.usual_label(self.version)
        return datasets.rows_of(self.version, label, self.value("part") or "validation", self.model_tags)
