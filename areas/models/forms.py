"""The form that makes a model."""

import re

from django import forms

from areas.images import images
from areas.models.from_job import PATTERN
from catalog.models import Record


class ModelForm(forms.Form):
    """A name, an image that serves, the artifact, and the container's environment."""

    name = forms.CharField(label="Model name", max_length=200)
    image = forms.CharField(label="Image", max_length=255)
    data = forms.CharField(label="Model data", max_length=1024)
    environment = forms.CharField(
        label="Environment", required=False, widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})
    )
    role = forms.CharField(label="Role", max_length=2048)
    job = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *arguments, connection, **options):
        super().__init__(*arguments, **options)
        self.connection = connection
        self.images = [image.uri(connection.region) for image in images().values() if image.serve]
        for name in ("name", "image", "data", "environment", "role"):
            self.fields[name].widget.attrs |= {"class": "input mono"}
        self.fields["image"].widget.attrs["list"] = "images"

    def clean_name(self) -> str:
        name = self.cleaned_data["name"].strip()
        if len(name) > 63 or not re.fullmatch(PATTERN[1:], name):
            raise forms.ValidationError(
                f"Value '{name}' at 'modelName' failed to satisfy constraint: "
                f"Member must satisfy regular expression pattern: {PATTERN}"
            )
        if Record.objects.filter(connection=self.connection, kind="Model", name=name).exists():
            arn = f"arn:aws:sagemaker:{self.connection.region}:{self.connection.account}:model/{name}"
            raise forms.ValidationError(f'Cannot create already existing model "{arn}".')
        return name

    def clean_data(self) -> str:
        uri = self.cleaned_data["data"].strip()
        if not re.match(r"(s3|https)://[^/]+/.+", uri):
            raise forms.ValidationError(f"{uri} is not an S3 URI such as s3://bucket/job/output/model.tar.gz.")
        return uri

    def clean_environment(self) -> str:
        for number, line in enumerate(self.cleaned_data["environment"].splitlines(), 1):
            if line.strip() and not re.match(r"\s*[a-zA-Z_][a-zA-Z0-9_]*\s*=", line):
                raise forms.ValidationError(f"Line {number} is not of the form NAME = value: {line.strip()[:60]}")
        return self.cleaned_data["environment"]

    def request(self, tags: list[dict]) -> dict:
        """The CreateModel request of what is valid so far."""
        fields = self.cleaned_data if self.is_bound else self.initial
        lines = (line.partition("=") for line in (fields.get("environment") or "").splitlines() if line.strip())
        container = {"Image": fields.get("image", ""), "ModelDataUrl": fields.get("data", "")}
        environment = {name.strip(): value.strip() for name, _, value in lines}
        request = {
            "ModelName": fields.get("name", ""),
            "PrimaryContainer": container | ({"Environment": environment} if environment else {}),
            "ExecutionRoleArn": fields.get("role", ""),
        }
        return request | ({"Tags": tags} if tags else {})
