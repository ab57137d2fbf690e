"""Forms that make and change endpoints, their configurations and their keys."""

import re
from datetime import timedelta

from django import forms
from django.utils import timezone

from areas.allowed import visible_here
from areas.endpoints import deploy
from areas.endpoints.rollout import Limits
from catalog.models import Record

INSTANCES = [(name, name) for name in (
    "ml.m5.large", "ml.m5.xlarge", "ml.m5.2xlarge", "ml.c5.large", "ml.c5.xlarge", "ml.c5.2xlarge", "ml.t2.medium",
)]  # fmt: skip


def _styled(form: forms.Form) -> None:
    for name, field in form.fields.items():
        kind = "select" if isinstance(field.widget, forms.Select) else "input"
        field.widget.attrs.setdefault("class", f"{kind} mono" if name in ("name", "origins") else kind)


class DeployForm(forms.Form):
    """One click: the endpoint's name and what it runs on; model and configuration are named after it."""

    name = forms.CharField(label="Endpoint name", max_length=200)
    instance_type = forms.ChoiceField(label="Instance type", choices=INSTANCES)
    count = forms.IntegerField(label="Instances", min_value=1, max_value=20, initial=1)

    def __init__(self, *arguments, connection, **options):
        super().__init__(*arguments, **options)
        self.connection = connection
        _styled(self)

    def clean_name(self) -> str:
        return _free_name(self.connection, "Endpoint", self.cleaned_data["name"].strip())


class EndpointForm(forms.Form):
    """An endpoint from a configuration that exists."""

    name = forms.CharField(label="Endpoint name", max_length=200)
    config = forms.ChoiceField(label="Configuration")

    def __init__(self, *arguments, connection, **options):
        super().__init__(*arguments, **options)
        self.connection = connection
        self.fields["config"].choices = [(name, name) for name in _names(connection, "EndpointConfig")]
        _styled(self)

    def clean_name(self) -> str:
        return _free_name(self.connection, "Endpoint", self.cleaned_data["name"].strip())


class UpdateForm(forms.Form):
    """Another configuration for an endpoint that runs."""

    HOW = [("all", "All at once"), ("canary", "A canary first"), ("linear", "In equal steps")]

    config = forms.ChoiceField(label="Configuration")
    retain = forms.BooleanField(label="Keep instance counts and weights", required=False)
    how = forms.ChoiceField(label="Traffic moves", choices=HOW, required=False, initial="all")
    percent = forms.IntegerField(label="Step, percent", min_value=1, max_value=50, required=False, initial=10)
    wait = forms.IntegerField(label="Watch after each step, seconds", min_value=0, max_value=3600, required=False)
    errors = forms.FloatField(label="Errors, percent at most", min_value=0, max_value=99.9, required=False)
    latency = forms.FloatField(label="p90 latency, ms at most", min_value=0.1, required=False)

    def __init__(self, *arguments, connection, **options):
        super().__init__(*arguments, **options)
        self.fields["config"].choices = [(name, name) for name in _names(connection, "EndpointConfig")]
        _styled(self)

    @property
    def limits(self) -> Limits:
        """How the traffic is to move, and what takes it back."""
        given = self.cleaned_data
        percent, errors = given.get("percent") or 10, given.get("errors")
        return Limits(
            canary_percent=percent if given.get("how") == "canary" else None,
            linear_percent=percent if given.get("how") == "linear" else None,
            wait_seconds=given.get("wait") or 0,
            max_error_rate=None if errors is None else errors / 100,
            max_latency_ms=given.get("latency"),
        )


class ConfigForm(forms.Form):
    name = forms.CharField(label="Configuration name", max_length=200)

    def __init__(self, *arguments, connection, **options):
        super().__init__(*arguments, **options)
        self.connection = connection
        _styled(self)

    def clean_name(self) -> str:
        return _free_name(self.connection, "EndpointConfig", self.cleaned_data["name"].strip())


class VariantForm(forms.Form):
    """One model of a configuration, and its share of the traffic."""

    variant = forms.RegexField(
        r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}\Z", label="Variant",
        error_messages={"invalid": "A variant's name has letters, digits and hyphens, 63 at most."},
    )  # fmt: skip
    model = forms.ChoiceField(label="Model")
    instance_type = forms.ChoiceField(label="Instance type", choices=INSTANCES)
    count = forms.IntegerField(label="Instances", min_value=1, max_value=20, initial=1)
    weight = forms.FloatField(label="Weight", min_value=0, initial=1)

    def __init__(self, *arguments, connection, **options):
        super().__init__(*arguments, **options)
        self.fields["model"].choices = [(name, name) for name in _names(connection, "Model")]
        _styled(self)


class BaseVariants(forms.BaseFormSet):
    def clean(self):
        names = [form.cleaned_data["variant"] for form in self.forms if form.cleaned_data.get("variant")]
        if len(names) != len(set(names)):
            raise forms.ValidationError("Each variant needs a name of its own.")


Variants = forms.formset_factory(
    VariantForm, formset=BaseVariants, extra=0, min_num=1, max_num=10, validate_min=True, validate_max=True
)


class KeyForm(forms.Form):
    """A key of the predict gateway."""

    name = forms.CharField(label="Who or what uses it", max_length=100)
    per_minute = forms.IntegerField(label="Requests a minute", min_value=0, max_value=1_000_000, initial=600)
    days = forms.IntegerField(label="Ends after, days", min_value=1, max_value=3650, required=False)
    origins = forms.CharField(
        label="Origins of browsers", required=False, widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})
    )

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        _styled(self)

    def clean_origins(self) -> list[str]:
        origins = self.cleaned_data["origins"].split()
        for origin in origins:
            if origin != "*" and not re.fullmatch(r"https?://[A-Za-z0-9.\-]+(:\d+)?", origin):
                raise forms.ValidationError(f"{origin} is not an origin such as https://example.org, without a path.")
        return origins

    @property
    def expires(self):
        days = self.cleaned_data.get("days")
        return timezone.now() + timedelta(days=days) if days else None


def _free_name(connection, kind: str, name: str) -> str:
    refused = deploy.check_name(kind, name)
    if not refused and deploy.is_taken(connection, kind, name):
        noun = "endpoint" if kind == "Endpoint" else "endpoint configuration"
        path = "endpoint" if kind == "Endpoint" else "endpoint-config"
        arn = f"arn:aws:sagemaker:{connection.region}:{connection.account}:{path}/{name}"
        refused = f'Cannot create already existing {noun} "{arn}".'
    if refused:
        raise forms.ValidationError(refused)
    return name


def _names(connection, kind: str) -> list[str]:
    records = Record.objects.filter(connection=connection, kind=kind).order_by("-created")
    records = visible_here(connection, records, kind)
    return list(records.values_list("name", flat=True)[:1000])
