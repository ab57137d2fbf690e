"""Pages that show datasets. What changes something is in ``actions``."""

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from areas.allowed import access, allowed, visible
from areas.datasets import charts, forms, guess, prepare, preview, reading, splits, usage, versions
from areas.datasets import diff as differences
from areas.datasets.errors import DatasetError
from areas.datasets.listing import find_datasets, list_datasets
from areas.datasets.models import Dataset, DatasetVersion, Split
from areas.index import resources
from jobs.models import Run

USERS_SHOWN = 100


def find_dataset(request, name: str) -> Dataset:
    return get_object_or_404(
        Dataset.objects.select_related("connection", "owner"), connection=request.connection, name=name
    )


def find_version(request, dataset: Dataset) -> DatasetVersion | None:
    """The version that the address asks for (``?version=2`` or ``v2``), else the newest one that is ready."""
    asked = (request.GET.get("version") or request.POST.get("version") or "").removeprefix("v")
    found = dataset.versions.select_related("dataset__connection", "parent", "created_by")
    if asked:
        version = found.filter(number=int(asked)).first() if asked.isdigit() and len(asked) < 9 else None
        if version is None:
            raise Http404(f"Dataset {dataset.name} has no version {asked}.")
        return version
    ready = found.filter(state=DatasetVersion.READY).order_by("-number").first()
    return ready or found.order_by("-number").first()


@allowed("view", "Dataset")
@require_safe
def show_list(request):
    text, sort = request.GET.get("q", "").strip(), request.GET.get("sort", "name")
    found = visible(request, find_datasets(request.connection, text), "Dataset")
    shown = list_datasets(found, sort=sort, page=request.GET.get("page", 1))
    return render(request, "areas/datasets/list.html", {
        "page": shown, "text": text, "sort": sort,
        "headings": [_heading(label, key, sort, kind) for label, key, kind in (
            ("Name", "name", ""), ("Rows", "rows", "num"), ("Size", "bytes", "num"), ("Versions", "versions", "num"),
            ("Changed", "modified", ""))],
        "snippet": "import boto3\n\nboto3.client(\"s3\").upload_file(\"table.csv\", "
                   f"\"{request.connection.default_bucket}\", \"incoming/table.csv\")",
    })  # fmt: skip


def _heading(label: str, key: str, sort: str, kind: str) -> dict:
    current = {key: "ascending", f"-{key}": "descending"}.get(sort, "")
    return {"label": label, "key": key, "sort": f"-{key}" if sort == key else key, "current": current, "kind": kind}


@allowed("create", "Dataset")
@require_safe
def show_create(request):
    name = request.GET.get("name", "")
    there = visible(request, Dataset.objects.filter(connection=request.connection, name=name), "Dataset")
    return render(request, "areas/datasets/create.html", {
        "name": name, "dataset": there.first() if name else None,
        "limit": _limit(), "values": {"name": name}, "formats": ", ".join(reading.FORMATS.values()),
        "missing": [word or "nothing" for word in reading.MISSING],
    })  # fmt: skip


def _limit() -> int:
    from django.conf import settings

    return settings.DATASET_UPLOAD_LIMIT


def _context(request, name: str, tab: str) -> dict:
    dataset = find_dataset(request, name)
    version = find_version(request, dataset)
    numbers = list(dataset.versions.values_list("number", "state"))
    newest = max((number for number, state in numbers if state == DatasetVersion.READY), default=0)
    context = {
        "dataset": dataset, "version": version, "tab": tab, "version_count": len(numbers), "newest": newest,
        "query": f"?version={version.number}" if version and version.number != newest else "",
        "split_count": version.splits.count() if version else 0,
    }  # fmt: skip
    if version and not version.is_usable:
        context["run"] = (
            Run.objects.filter(connection=request.connection, kind="Dataset", name=name).order_by("-id").first()
        )
    return context


@allowed("view", "Dataset")
@require_safe
def show_overview(request, name: str):
    context = _context(request, name, "overview")
    version = context["version"]
    if version and version.columns:
        context |= _overview(version, request.GET.get("column", ""), dataset_label=context["dataset"].label)
    return render(request, "areas/datasets/overview.html", context)


def _overview(version: DatasetVersion, asked: str, dataset_label: str) -> dict:
    statistics, found = version.statistics, version.statistics["columns"]
    label = next((column for column in version.columns if column["role"] == "label"), None)
    chosen = next((column for column in version.columns if column["name"] == asked), label or version.columns[0])
    cells = version.rows * len(version.columns)
    missing = sum(stats["missing"] for stats in found.values())
    return {
        "columns": [charts.describe(column, found[column["name"]], version.rows) for column in version.columns],
        "chosen": charts.describe(chosen, found[chosen["name"]], version.rows),
        "neighbours": charts.neighbours(statistics["correlation"], chosen["name"]),
        "label": label, "label_stats": found[label["name"]] if label else None,
        "problem": guess.label_kind(label, found[label["name"]]) if label else "",
        "classes": charts.shares(statistics["classes"]),
        "missing": missing, "missing_percent": 100 * missing / cells if cells else 0,
        "kinds": _count_kinds(version.columns), "heatmap": charts.heatmap(statistics["correlation"]),
    }  # fmt: skip


def _count_kinds(columns: list[dict]) -> str:
    counts: dict[str, int] = {}
    for column in columns:
        counts[column["logical"]] = counts.get(column["logical"], 0) + 1
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items(), key=lambda one: -one[1]))


@allowed("view", "Dataset")
@require_safe
def show_state(request, name: str):
    """What the page asks while a worker reads a version: 204 as long as nothing ended, else "load again"."""
    dataset = find_dataset(request, name)
    making = DatasetVersion.PROFILING
    version = (
        dataset.versions.filter(number=request.GET.get("number") or 0).first() if "number" in request.GET else None
    )
    busy = version.state in (making, DatasetVersion.DRAFT) if version else False
    if "split" in request.GET:
        busy = Split.objects.filter(version__dataset=dataset, pk=request.GET["split"], state=Split.MAKING).exists()
    return HttpResponse(status=204) if busy else HttpResponse(headers={"HX-Refresh": "true"})


@allowed("view", "Dataset")
@require_safe
def show_preview(request, name: str):
    context = _context(request, name, "preview")
    version = context["version"]
    query = forms.preview_query(request.GET)
    context |= {"shown": None, "view": query, "modes": preview.MODES, "operators": preview.OPERATORS,
                "filters": [*query.where, ("", "", "")]}  # fmt: skip
    if version and version.is_usable:
        try:
            context["shown"] = preview.read(version, query)
        except DatasetError as error:
            context["error"] = error.message
        context["columns"] = [
            {**column, "sort": f"-{column['name']}" if query.sort == column["name"] and not query.descending else column["name"],
             "current": ("descending" if query.descending else "ascending") if query.sort == column["name"] else "",
             "is_number": guess.is_number(column["physical"])}
            for column in version.columns
        ]  # fmt: skip
        if context["shown"]:
            numbers = [column["is_number"] for column in context["columns"]]
            context["shown"]["rows"] = [
                [{"text": cell, "is_number": number} for cell, number in zip(row, numbers, strict=True)]
                for row in context["shown"]["rows"]
            ]
        parameters = request.GET.copy()
        for key in ("page", "mode", "seed", "version"):
            parameters.pop(key, None)
        context["carried"] = parameters.urlencode()
    return render(request, "areas/datasets/preview.html", context)


@allowed("view", "Dataset")
@require_safe
def download(request, name: str):
    dataset = find_dataset(request, name)
    version = find_version(request, dataset)
    form = request.GET.get("format", "csv")
    try:
        if version is None or not version.is_usable:
            raise DatasetError("There is no ready version to download.")
        file = preview.export(version, forms.preview_query(request.GET), form)
    except DatasetError as error:
        return HttpResponse(error.message, status=400, content_type="text/plain; charset=utf-8")
    return FileResponse(file, as_attachment=True, filename=f"{name}-v{version.number}.{form}")


@allowed("view", "Dataset")
@require_safe
def show_splits(request, name: str):
    context = _context(request, name, "splits")
    return render(request, "areas/datasets/splits.html", context | splits_context(context["version"]))


def splits_context(
    version: DatasetVersion | None, values: dict | None = None, error: DatasetError | None = None
) -> dict:
    """What the splits tab needs beside ``_context``: the splits, and the form with what was typed."""
    label = next((column["name"] for column in version.columns if column["role"] == "label"), "") if version else ""
    usual = {"method": "stratified", "train": "80", "validation": "20", "test": "", "seed": "0", "by": label, "key": ""}
    found = list(version.splits.select_related("version__dataset__connection")) if version else []
    for split in found:
        split.label_values = sorted({one["value"] for part in split.parts for one in part["shares"]})
        for part in split.parts:
            given = {one["value"]: one for one in part["shares"]}
            part["shares"] = [
                {"count": (one := given.get(value, {"count": 0, "share": 0}))["count"], "percent": 100 * one["share"]}
                for value in split.label_values
            ]
    making = next((split for split in found if split.state == Split.MAKING), None)
    return {
        "splits": found, "methods": splits.METHODS, "part_names": splits.PARTS[3], "values": usual | (values or {}),
        "error": error, "making": making,
    }  # fmt: skip


@allowed("view", "Dataset")
@require_safe
def show_versions(request, name: str):
    context = _context(request, name, "versions")
    found = list(context["dataset"].versions.select_related("parent", "created_by").defer("statistics", "columns"))
    context |= {"versions": found, "diff": None}
    ready = [version.number for version in found if version.is_usable]
    old, new = _pair(request, ready)
    context |= {"ready": ready, "old": old, "new": new}
    if old and new and old != new:
        pair = {version.number: version for version in context["dataset"].versions.filter(number__in=(old, new))}
        try:
            context["diff"] = differences.diff_versions(pair[old], pair[new])
        except DatasetError as error:
            context["error"] = error.message
        else:
            for column in context["diff"]["columns"]:
                column["missing_percent"] = [100 * one for one in column["missing"]]
                column["pictures"] = [charts.bars(counts) for counts in column["pictures"]]
    return render(request, "areas/datasets/versions.html", context)


def _pair(request, ready: list[int]) -> tuple[int, int]:
    asked = [int(value) if (value := request.GET.get(key, "")).isdigit() else 0 for key in ("old", "new")]
    if all(one in ready for one in asked):
        return asked[0], asked[1]
    return (ready[1], ready[0]) if len(ready) > 1 else (0, 0)


@allowed("view", "Dataset")
@require_safe
def show_use(request, name: str):
    context = _context(request, name, "use")
    version = context["version"]
    if version and version.is_usable:
        context |= _channels(request, version)
        context["users"] = [
            {"record": record, "url": _page_of(record)}
            for record in _seen(request, usage.used_by(version))[:USERS_SHOWN]
        ]
    return render(request, "areas/datasets/use.html", context)


def _channels(request, version: DatasetVersion) -> dict:
    labels = [
        column["name"]
        for column in version.columns
        if column["logical"] in (guess.NUMERIC, guess.CATEGORICAL, guess.BINARY)
    ]
    usual = version.dataset.label if version.dataset.label in labels else next(
        (column["name"] for column in version.columns if column["role"] == "label"), ""
    )  # fmt: skip
    label = request.GET.get("label") or usual
    form = request.GET.get("form") or "csv-label-first"
    found = {"labels": labels, "label": label, "form": form, "forms": prepare.FORMS, "plan": None,
             "raw": _snippet({"train": version.location}, reading.CONTENT_TYPES.get(version.format, "text/csv"))}  # fmt: skip
    try:
        if label:
            advice = prepare.suggest(version, label)
            method = "random" if advice["problem"] == "regression" else "stratified"
            plan = prepare.plan_channels(version, label=label, form=form, method=method)
            found |= {"plan": plan, "advice": advice, "method": method,
                      "snippet": _snippet(plan["channels"], plan["content_type"]),
                      "written": prepare.is_written(version, plan["schema_uri"])}  # fmt: skip
    except DatasetError as error:
        found["error"] = error.message
    return found


def _snippet(channels: dict[str, str], content_type: str) -> str:
    lines = ["InputDataConfig=["]
    for name, uri in channels.items():
        lines += [
            "    {",
            f'        "ChannelName": "{name}",',
            f'        "ContentType": "{content_type}",',
            '        "DataSource": {"S3DataSource": {',
            '            "S3DataType": "S3Prefix",',
            '            "S3DataDistributionType": "FullyReplicated",',
            f'            "S3Uri": "{uri}",',
            "        }},",
            "    },",
        ]
    return "\n".join([*lines, "]"])


def _seen(request, records):
    """The records that the person may view: other things than datasets may be hidden from them."""
    return access(request).visible_kinds(records)


def _page_of(record) -> str:
    resource = resources().get(record.kind)
    return reverse(resource.codename, args=[record.name]) if resource else ""


@allowed("view", "Dataset")
@require_safe
def show_about(request, name: str):
    context = _context(request, name, "about")
    dataset = context["dataset"]
    context["values"] = {field: getattr(dataset, field) for field in versions.DETAILS}
    context["users"] = list(_seen(request, usage.used_by_dataset(dataset))[:6])
    return render(request, "areas/datasets/about.html", context)


def back_to(tab: str, name: str, version: DatasetVersion | None = None):
    """A redirect to a tab of a dataset, at a version."""
    return redirect(reverse(tab, args=[name]) + (f"?version={version.number}" if version else ""))
