"""What people do to datasets on their pages: each view reads the form, calls one use case, and answers."""

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from areas.allowed import allowed, asks, may, require
from areas.calls import CallFailed
from areas.datasets import forms, pages, splits, versions
from areas.datasets import prepare as preparing
from areas.datasets.errors import DatasetError, InUse
from areas.datasets.models import DatasetVersion, Split
from areas.datasets.upload import received
from jobs import runs


@allowed("create", "Dataset")
@require_http_methods(["PUT"])
def upload(request):
    """Take a raw file body; ``name`` and ``filename`` are in the address. JSON: ``{"url"}``, or ``{"error", "field"}``."""
    name = request.GET.get("name", "").strip()
    filename = request.GET.get("filename", "").replace("\\", "/").rpartition("/")[2][:200] or "the file"
    details = {key: request.GET[key] for key in versions.DETAILS if key in request.GET}
    require(request, "create", "Dataset", name)
    try:
        versions.check_name(name)
        length = request.META.get("CONTENT_LENGTH") or ""
        if not length.isdigit():
            raise DatasetError("The upload doesn't say how long it is (Content-Length).", field="file")
        with received(request, int(length), filename) as (path, sha256):
            version, new = versions.add_version(
                connection=request.connection, name=name, path=path, filename=filename, sha256=sha256,
                actor=request.user, details=details,
            )  # fmt: skip
    except DatasetError as error:
        return JsonResponse({"error": error.message, "field": error.field}, status=400)
    except CallFailed as error:
        return JsonResponse({"error": f"S3 refused the file: {error.message}", "field": "file"}, status=502)
    if not new:
        messages.info(request, f"These are the same bytes as version {version.number}; no new version was made.")
    return JsonResponse({"url": _url_of(version), "version": version.number, "new": new})


def _url_of(version: DatasetVersion) -> str:
    return reverse("dataset", args=[version.dataset.name]) + f"?version={version.number}"


@allowed("create", "Dataset")
@require_POST
def point(request):
    """Make a version of objects that are in S3 already."""
    details = {key: request.POST[key] for key in versions.DETAILS if key in request.POST}
    name = request.POST.get("name", "").strip()
    require(request, "create", "Dataset", name)
    try:
        version = versions.point_at(
            connection=request.connection, name=name, uri=request.POST.get("uri", ""),
            actor=request.user, details=details,
        )  # fmt: skip
    except (DatasetError, CallFailed) as error:
        context = {"values": request.POST, "error": error, "source": "s3", "limit": pages._limit()}
        return render(request, "areas/datasets/create.html", context, status=400)
    return redirect(_url_of(version))


@allowed("update", "Dataset")
@require_POST
def split(request, name: str):
    dataset = pages.find_dataset(request, name)
    version = pages.find_version(request, dataset)
    try:
        splits.split_version(version=version, actor=request.user, **forms.split_options(request.POST))
    except DatasetError as error:
        context = pages._context(request, name, "splits")
        context |= pages.splits_context(version, request.POST.dict(), error)
        return render(request, "areas/datasets/splits.html", context, status=400)
    return pages.back_to("dataset-splits", name, version)


@allowed("update", "Dataset")
@require_POST
def remove_split(request, name: str):
    dataset = pages.find_dataset(request, name)
    found = get_object_or_404(Split, pk=request.POST.get("split") or 0, version__dataset=dataset)
    version = found.version
    try:
        splits.delete_split(split=found, actor=request.user)
    except CallFailed as error:
        messages.error(request, error.message)
    return pages.back_to("dataset-splits", name, version)


@asks("update_dataset or delete_dataset")
@require_POST
def act_on_version(request, name: str):
    """Archive, restore, verify, try again or delete one version."""
    require(request, "delete" if request.POST.get("act") == "delete" else "update", "Dataset", name)
    dataset = pages.find_dataset(request, name)
    version = get_object_or_404(
        dataset.versions.select_related("dataset__connection"), number=request.POST.get("number") or 0
    )
    act = request.POST.get("act")
    try:
        if act in ("archive", "restore"):
            versions.archive_version(version=version, actor=request.user, archived=act == "archive")
        elif act == "verify":
            versions.verify_version(version=version, actor=request.user)
            messages.success(request, f"A worker compares version {version.number} with its digests.")
        elif act == "retry":
            versions.retry_version(version=version, actor=request.user)
            return redirect(_url_of(version))
        elif act == "delete":
            versions.delete_version(version=version, actor=request.user, force=request.POST.get("force") == "yes")
            messages.success(request, f"Version {version.number} is deleted.")
            if not dataset.versions.exists():
                return redirect("datasets")
    except InUse as error:
        return _ask_twice(request, error, reverse("dataset-version-act", args=[name]), dataset, version)
    except (DatasetError, CallFailed) as error:
        messages.error(request, error.message)
    return pages.back_to("dataset-versions", name)


def _ask_twice(request, error: InUse, action: str, dataset, version=None):
    seen = [record for record in error.users if may(request, "view", record.kind, record.name)]
    users = [{"record": record, "url": pages._page_of(record)} for record in seen]
    context = {"error": error, "users": users, "action": action, "dataset": dataset, "version": version}
    return render(request, "areas/datasets/in_use.html", context, status=409)


@allowed("update", "Dataset")
@require_POST
def prepare(request, name: str):
    """Have a worker write training channels."""
    dataset = pages.find_dataset(request, name)
    version = pages.find_version(request, dataset)
    label, form = request.POST.get("label", ""), request.POST.get("form", "")
    try:
        plan = preparing.plan_channels(version, label=label, form=form, method=request.POST.get("method", "random"))
        runs.start(request.connection, user=request.user, kind="Dataset", name=name, plan=[plan["call"]])
        messages.success(request, "A worker writes the channels.")
    except DatasetError as error:
        messages.error(request, error.message)
    query = {"version": version.number, "label": label, "form": form}
    return redirect(reverse("dataset-use", args=[name], query=query))


@allowed("update", "Dataset")
@require_POST
def edit(request, name: str):
    """Change what the dataset says about itself."""
    dataset = pages.find_dataset(request, name)
    values = {key: request.POST[key].strip() for key in versions.DETAILS if key in request.POST}
    try:
        versions.edit_dataset(dataset=dataset, actor=request.user, **values)
    except DatasetError as error:
        context = pages._context(request, name, "about")
        context |= {"values": values, "error": error}
        return render(request, "areas/datasets/about.html", context, status=400)
    messages.success(request, "Saved.")
    return redirect("dataset-about", name)


@allowed("delete", "Dataset")
@require_POST
def delete(request, name: str):
    dataset = pages.find_dataset(request, name)
    try:
        versions.delete_dataset(dataset=dataset, actor=request.user, force=request.POST.get("force") == "yes")
    except InUse as error:
        return _ask_twice(request, error, reverse("dataset-delete", args=[name]), dataset)
    except (DatasetError, CallFailed) as error:
        messages.error(request, error.message)
        return redirect("dataset-about", name)
    messages.success(request, f"{name} is deleted.")
    return redirect("datasets")
