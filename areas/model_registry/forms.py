"""The forms of the registry's pages."""

import re

from django import forms

from catalog.models import Connection, Record

NAME = r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}\Z"
INSTANCES = [
    (name, name) for name in ("ml.m5.large", "ml.m5.xlarge", "ml.m5.2xlarge", "ml.c5.xlarge", "ml.g4dn.xlarge")
]


def style(form: forms.Form) -> None:
    """Give a form's widgets the classes of our components."""
    for field in form.fields.values():
        kind = "select" if isinstance(field.widget, forms.Select) else "input"
        if not isinstance(field.widget, forms.CheckboxInput | forms.FileInput):
            field.widget.attrs.setdefault("class", kind)


class GroupForm(forms.Form):
    """A new group."""

    name = forms.RegexField(NAME, label="Name", max_length=63, error_messages={
        "invalid": "A group's name has letters, digits and hyphens, 63 at most, and begins and ends with a letter or digit.",
    })  # fmt: skip
    description = forms.CharField(
        label="Description", max_length=1024, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        style(self)
        self.fields["name"].widget.attrs |= {"class": "input mono", "autocomplete": "off", "spellcheck": "false"}


class StageForm(forms.Form):
    """ModelLifeCycle: free words, as on AWS."""

    stage = forms.CharField(label="Stage", max_length=63)
    stage_status = forms.CharField(label="Status in the stage", max_length=63)
    description = forms.CharField(label="Why", max_length=1024, required=False)

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        style(self)


class DeployForm(forms.Form):
    """A version onto an endpoint that is there, or a new one."""

    HOW = [("canary", "A canary first"), ("linear", "In equal steps"), ("all", "All at once")]

    endpoint = forms.ChoiceField(label="Endpoint", required=False)
    name = forms.RegexField(NAME, label="Name of the new endpoint", required=False, error_messages={
        "invalid": "An endpoint's name has letters, digits and hyphens, 63 at most.",
    })  # fmt: skip
    instance_type = forms.ChoiceField(label="Instance type", choices=[("", "as it is"), *INSTANCES], required=False)
    count = forms.IntegerField(label="Instances", min_value=1, max_value=20, required=False)
    how = forms.ChoiceField(label="Traffic moves", choices=HOW, required=False, initial="canary")
    percent = forms.IntegerField(label="Step, percent", min_value=1, max_value=50, required=False, initial=10)
    wait = forms.IntegerField(
        label="Watch after each step, seconds", min_value=0, max_value=3600, required=False, initial=60
    )
    errors = forms.FloatField(label="Errors, percent at most", min_value=0, max_value=99.9, required=False, initial=1)
    latency = forms.FloatField(label="p90 latency, ms at most", min_value=0.1, required=False)

    def __init__(self, *arguments, endpoints: list[str], **options):
        super().__init__(*arguments, **options)
        self.fields["endpoint"].choices = [("", "A new endpoint"), *((name, name) for name in endpoints)]
        style(self)

    def clean(self) -> dict:
        given = super().clean()
        if not given.get("endpoint") and not given.get("name") and "name" not in self.errors:
            self.add_error("name", "A new endpoint needs a name.")
        return given

    @property
    def rollout(self) -> dict:
        """The keywords of the endpoints area's ``rollout``, less what is deployed."""
        given = self.cleaned_data
        found = {"endpoint": given["endpoint"] or given["name"]}
        if given["endpoint"]:
            step, how = given.get("percent") or 10, given.get("how") or "canary"
            found |= {
                "canary_percent": step if how == "canary" else None,
                "linear_percent": step if how == "linear" else None,
            }
            errors = given.get("errors")
            found |= {"max_error_rate": None if errors is None else errors / 100, "max_latency_ms": given.get("latency"),
                      "wait_seconds": given.get("wait") or 0}  # fmt: skip
        return found | {"instance_type": given.get("instance_type") or "", "count": given.get("count")}


class PolicyForm(forms.Form):
    """Who else may use a group: accounts in a plain form, or the whole policy as JSON."""

    accounts = forms.CharField(
        label="Accounts that may use it",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )
    may_approve = forms.BooleanField(label="They may also approve and reject versions", required=False)

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        style(self)
        self.fields["accounts"].widget.attrs["class"] = "input mono"

    def clean_accounts(self) -> list[str]:
        found = self.cleaned_data["accounts"].replace(",", " ").split()
        for account in found:
            if not re.fullmatch(r"\d{12}", account):
                raise forms.ValidationError(f"{account} is not an account's number of 12 digits.")
        if not found:
            raise forms.ValidationError("Name one account at least, or delete the policy.")
        return list(dict.fromkeys(found))


def read_properties(text: str) -> dict[str, str]:
    """``name = value`` a line. ValueError with a sentence for a line that isn't."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not name:
            raise ValueError(f"Line {number} is not name = value.")
        if name in found:
            raise ValueError(f"Line {number}: {name} is there twice.")
        found[name] = value
    return found


def endpoint_names(connection: Connection, rows) -> list[str]:
    """Endpoints that can be updated, of those that may be."""
    found = rows.filter(connection=connection, kind="Endpoint", status="InService")
    return list(found.order_by("name").values_list("name", flat=True)[:1000])


def group_names(connection: Connection, rows=None) -> list[str]:
    rows = Record.objects.all() if rows is None else rows
    return list(
        rows.filter(connection=connection, kind="ModelPackageGroup")
        .order_by("-created")
        .values_list("name", flat=True)[:1000]
    )
