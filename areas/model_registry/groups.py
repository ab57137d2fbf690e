"""Pages of model package groups: the versions, the aliases, who else may use it; and a new group."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from areas.allowed import allowed, may
from areas.calls import CallFailed, call
from areas.model_registry import aliases, listing, sharing, talk
from areas.model_registry.errors import RegistryError
from areas.model_registry.forms import GroupForm, PolicyForm
from areas.model_registry.pages import discussion
from areas.snippets import calls
from catalog.models import Record
from catalog.queries import PAGE_SIZES
from registry import policies

GROUP = "ModelPackageGroup"
TABS = (
    ("versions", "Versions"), ("aliases", "Aliases"), ("discussion", "Notes and comments"), ("sharing", "Sharing"),
    ("configuration", "Configuration"), ("tags", "Tags"), ("code", "Show as code"),
)  # fmt: skip


@allowed("view", GROUP)
@require_safe
def show(request, name):
    """The group's page; ``tab`` is one of TABS."""
    record = find(request, name)
    tab = request.GET.get("tab", "")
    tab = tab if tab in dict(TABS) else "versions"
    return _page(request, record, tab, _CONTEXTS[tab](request, record))


@allowed("create", GROUP)
@require_http_methods(["GET", "POST"])
def create(request):
    """A new group."""
    form = GroupForm(request.POST if request.method == "POST" else None)
    refused = ""
    if form.is_bound and form.is_valid():
        name, description = form.cleaned_data["name"], form.cleaned_data["description"]
        asked = {"ModelPackageGroupName": name} | ({"ModelPackageGroupDescription": description} if description else {})
        try:
            call(request.connection, "CreateModelPackageGroup", **asked)
        except CallFailed as failed:
            refused = f"{failed.code}: {failed.message}"
        else:
            messages.success(request, f"Made the group {name}.")
            there = Record.objects.filter(connection=request.connection, kind=GROUP, name=name).exists()
            return redirect("model_package_group", name) if there else redirect("model-package-groups")
    context = {"form": form, "refused": refused}
    return render(request, "areas/model_registry/create_group.html", context, status=422 if form.is_bound else 200)


@allowed("update", GROUP)
@require_POST
def set_alias(request, name):
    """``alias``, ``version``, and ``protected`` if it shall be; ``seen`` is where it pointed when the page was drawn."""
    post = request.POST
    version, seen = post.get("version", ""), post.get("seen", "")
    try:
        if not version.isdigit() or len(version) > 9:
            raise RegistryError(f"{version or 'Nothing'} is not the number of a version.", "version")
        alias = aliases.set_alias(
            request.connection, name, post.get("alias", "").strip(), int(version), is_protected="protected" in post,
            seen=int(seen) if seen.isdigit() and len(seen) < 10 else None,
        )  # fmt: skip
        messages.success(request, f"{alias} is version {alias.version}.")
    except RegistryError as error:
        messages.error(request, error.message)
    return redirect(_back(request, name))


@allowed("update", GROUP)
@require_POST
def remove_alias(request, name):
    """``alias`` goes; its history stays."""
    alias = request.POST.get("alias", "")
    try:
        aliases.remove_alias(request.connection, name, alias)
        messages.success(request, f"{name}@{alias} is removed.")
    except RegistryError as error:
        messages.error(request, error.message)
    return redirect(_back(request, name))


@allowed("update", GROUP)
@require_POST
def share(request, name):
    """Put the resource policy (``accounts``, or ``policy`` as JSON with ``as`` = json), or take it away (``as`` = none)."""
    record, kind = find(request, name), request.POST.get("as", "form")
    form = PolicyForm(request.POST) if kind == "form" else PolicyForm()
    text, error = request.POST.get("policy", ""), ""
    try:
        if kind == "none":
            call(request.connection, "DeleteModelPackageGroupPolicy", ModelPackageGroupName=name)
        elif kind == "json" or form.is_valid():
            if kind == "form":
                given = form.cleaned_data
                text = sharing.policy_for(request.connection, name, given["accounts"], may_approve=given["may_approve"])
            call(request.connection, "PutModelPackageGroupPolicy", ModelPackageGroupName=name, ResourcePolicy=text)
        else:
            return _page(request, record, "sharing", _sharing(request, record) | {"form": form}, 422)
    except CallFailed as failed:
        error = f"{failed.code}: {failed.message}"
        typed = {"policy": text} if kind == "json" else {"form": form}
        return _page(
            request,
            record,
            "sharing",
            _sharing(request, record) | typed | {"error": error, "as_json": kind == "json"},
            422,
        )
    messages.success(request, f"{name} is {'not shared any more' if kind == 'none' else 'shared as the policy says'}.")
    return redirect(f"{reverse('model_package_group', args=[name])}?tab=sharing")


def find(request, name: str) -> Record:
    rows = Record.objects.filter(connection=request.connection, kind=GROUP, name=name)
    record = rows.select_related("connection").first()
    if record is None:
        raise Http404(f"There is no model package group {name} in {request.connection}.")
    return record


def _page(request, record: Record, tab: str, more: dict, status: int = 200):
    name, connection = record.name, record.connection
    versions = Record.objects.filter(connection=connection, kind="ModelPackage", parent=name)
    context = {
        "group": record, "record": record, "tab": tab, "tabs": TABS, "version_count": versions.count(),
        "aliases": aliases.aliases_of(connection, name), "comment_count": talk.count_comments(record),
        "policy_in_force": policies.in_force(connection, name),
        "may_update": may(request, "update", GROUP, name), "may_delete": may(request, "delete", GROUP, name),
        "may_register": may(request, "create", "ModelPackage", f"{name}/"),
        "delete_url": reverse("model_package_group-act", args=[name, "DeleteModelPackageGroup"]),
    }  # fmt: skip
    return render(request, f"areas/model_registry/group_{tab}.html", context | more, status=status)


def _versions(request, record: Record) -> dict:
    versions = listing.read(request, record.name)
    metric = request.GET.get("chart", "")
    metric = metric if metric in versions.offered else next(iter(versions.columns), "")
    chart = listing.trend(request, record.name, metric) if metric else None
    return {"versions": versions, "metric": metric, "chart": chart, "sizes": PAGE_SIZES}


def _aliases(request, record: Record) -> dict:
    numbers = Record.objects.filter(connection=record.connection, kind="ModelPackage", parent=record.name)
    newest = numbers.order_by("-created", "-id").values_list("name", flat=True)[:200]
    return {
        "history": aliases.history(record.connection, record.name), "numbers": [name.rpartition("/")[2] for name in newest],
        "chosen": request.GET.get("version", ""),
    }  # fmt: skip


def _sharing(request, record: Record) -> dict:
    try:
        policy, error = sharing.read_policy(record.connection, record.name), ""
    except CallFailed as failed:
        policy, error = "", f"{failed.code}: {failed.message}"
    initial = sharing.form_of(record.connection, record.name, policy) if policy else {}
    return {
        "policy": policy, "error": error, "form": PolicyForm(initial=initial or {}), "is_shared": bool(policy),
        "as_json": bool(policy) and initial is None,
    }  # fmt: skip


def _code(request, record: Record) -> dict:
    asked = {"ModelPackageGroupName": record.name}
    if description := record.document.get("ModelPackageGroupDescription"):
        asked["ModelPackageGroupDescription"] = description
    if tags := [{"Key": tag.key, "Value": tag.value} for tag in record.tags.order_by("key")]:
        asked["Tags"] = tags
    return {"code": calls([("CreateModelPackageGroup", asked)])}


_CONTEXTS = {
    "versions": _versions,
    "aliases": _aliases,
    "discussion": discussion,
    "sharing": _sharing,
    "configuration": lambda request, record: {},
    "tags": lambda request, record: {"record_tags": list(record.tags.order_by("key"))},
    "code": _code,
}


def _back(request, name: str) -> str:
    if request.POST.get("from") == "version" and (number := request.POST.get("page", "")).isdigit():
        return reverse("model_package", args=[f"{name}/{int(number)}"])
    return f"{reverse('model_package_group', args=[name])}?tab=aliases"
