"""Pages that make a processing job."""

import json

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from areas import browsing, objects
from areas.allowed import access, allowed, require
from areas.calls import CallFailed
from areas.processing.forms import ProcessingJobForm
from areas.processing.requests import Draft, requirements_uri, script_uri, values_of
from areas.processing.scripts import TEMPLATES
from areas.processing.sdk import sdk_code
from areas.processing.suggestions import KIND, starting_values, suggested
from areas.script_form import MOST_SCRIPT
from areas.snippets import calls
from catalog.models import Record
from jobs import runs
from jobs.models import Run


@allowed("create", "ProcessingJob")
@require_http_methods(["GET", "POST"])
def create(request):
    """The create form. A GET may say what to start with: ?template=, ?dataset=&version=, ?job=<training job>, ?clone=, ?run=."""
    if request.method == "GET":
        values, origin = _initial(request)
        return _show(request, ProcessingJobForm(connection=request.connection, initial=values), values, origin)
    if "refill" in request.POST:
        return refill(request)
    form = ProcessingJobForm(request.POST, request.FILES, connection=request.connection)
    if not form.is_valid():
        _keep_upload(form)
        return _show(request, form, _last_suggestion(request), status=422)
    run = runs.start(
        request.connection, user=request.user, kind=KIND, name=form.cleaned_data["name"], plan=Draft(form).plan
    )
    return redirect("processing_job", name=run.name)


@allowed("create", "ProcessingJob")
@require_POST
def preview(request):
    """The request that the form stands for, as JSON, boto3, SDK and CLI."""
    form = ProcessingJobForm(request.POST, request.FILES, connection=request.connection)
    form.is_valid()
    return render(request, "areas/processing/preview.html", _preview(form))


@allowed("create", "ProcessingJob")
@require_POST
def refill(request):
    """The form again after a choice that others follow from (the template, a dataset, how the script is given, another row)."""
    typed = request.POST.dict()
    last = _last_suggestion(request)
    template = typed.get("template") if typed.get("template") in TEMPLATES else "analyse"
    new, values = last, dict(typed)
    if template != last.get("template"):
        name, _, version = typed.get("in_0_data", "").rpartition("/v")
        chosen = {"dataset": name, "version": version} if name else {}
        new = {"template": template} | suggested(request.connection, template, chosen)
        rows = {name for name in typed if name.startswith(("in_", "out_"))}
        touched = {name for name in typed if name not in rows and typed[name] not in ("", str(last.get(name, "")))}
        kept = {name: typed[name] for name in touched - {"inputs", "outputs", "template", "image", "arguments"}}
        values = {name: value for name, value in typed.items() if name not in rows} | new | kept
    for side in ("inputs", "outputs"):
        if typed.get("add") == side:
            values[side] = int(values.get(side) or 0) + 1
    form = ProcessingJobForm(connection=request.connection, initial=values)
    template = "areas/processing/form.html" if request.htmx else "areas/processing/create.html"
    return _show(request, form, new, template=template)


@allowed("create", "ProcessingJob")
@require_GET
def browse(request):
    """Folders and objects below an S3 URI, for the picker: ?uri=&field=."""
    return browsing.browse(request, "processing_job-browse")


def _show(request, form, suggestion, origin=None, *, template="areas/processing/create.html", status=200):
    checked = form
    if not form.is_bound:
        # The preview needs the checks; the page of a form that nobody has sent shows none of them.
        data = {name: form.value(name) for name in form.fields if name != "script_file"}
        checked = ProcessingJobForm(data, connection=request.connection)
        checked.is_valid()
    context = {
        "form": form, "origin": origin, "suggestion": json.dumps(suggestion),
        "templates": [{"value": key, "title": one[0], "note": one[1]} for key, one in TEMPLATES.items()],
        **_preview(checked),
    }  # fmt: skip
    # htmx swaps only answers that succeed; a page that says what is wrong is one.
    return render(request, template, context, status=200 if request.htmx else status)


def _preview(form: ProcessingJobForm) -> dict:
    draft = Draft(form)
    code = calls([("CreateProcessingJob", draft.request)])
    return {"code": {**code, "sdk": sdk_code(draft)}, "draft": draft}


def _initial(request) -> tuple[dict, dict | None]:
    """The values that a new form starts with, and where they come from."""
    connection = request.connection
    if request.GET.get("clone"):
        require(request, "view", KIND, request.GET["clone"])
        job = get_object_or_404(Record, connection=connection, kind=KIND, name=request.GET["clone"])
        tags = dict(job.tags.values_list("key", "value"))
        values = values_of(
            connection, job.document, tags, _text(connection, script_uri(job.document)),
            _text(connection, requirements_uri(job.document)) or "",
        )  # fmt: skip
        origin = {"name": job.name, "reason": job.document.get("FailureReason", "")}
    elif request.GET.get("run", "").isdecimal():
        own = runs.visible(Run.objects.filter(connection=connection, kind=KIND), access(request))
        run = get_object_or_404(own, id=request.GET["run"])
        asked = next((step["request"] for step in run.plan if step["call"] == "CreateProcessingJob"), None)
        texts = {step["request"]["uri"]: step["request"]["text"] for step in run.plan if "text" in step["request"]}
        if asked is None:
            raise Http404("That run made no processing job.")
        tags = {tag["Key"]: tag["Value"] for tag in asked.get("Tags", [])}
        values = values_of(
            connection, asked, tags, texts.get(script_uri(asked)), texts.get(requirements_uri(asked), "")
        )
        origin = {"name": run.name, "reason": run.error, "run": run}
    else:
        return starting_values(connection, request.GET), None
    return values | {"name": suggested(connection, "blank", {})["name"]}, origin


def _text(connection, uri: str) -> str | None:
    """The text of a job's script or requirements; None if it has none of its own or it can't be had."""
    if not uri:
        return None
    try:
        body, size = objects.read(connection, uri, MOST_SCRIPT)
    except CallFailed:
        return None
    return body.decode(errors="replace") if size <= MOST_SCRIPT else None


def _last_suggestion(request) -> dict:
    try:
        last = json.loads(request.POST.get("suggestion") or "{}")
    except ValueError:
        return {}
    return last if isinstance(last, dict) else {}


def _keep_upload(form: ProcessingJobForm) -> None:
    """An uploaded script goes into the box, because a browser can't send a file twice."""
    if form.cleaned_data.get("script_file"):
        form.data = form.data.copy()
        form.data["script"] = form.cleaned_data["script_file"]
