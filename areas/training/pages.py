"""Pages that make a training job."""

import json
import tarfile

from django import forms
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from areas import browsing
from areas.allowed import access, allowed, require
from areas.calls import CallFailed, call
from areas.snippets import calls
from areas.training import parameters
from areas.training.forms import TrainingJobForm
from areas.training.requests import Draft, code_uri, unpack, values_of
from areas.training.sdk import sdk_code
from areas.training.suggestions import starting_values, suggested
from catalog.models import Record
from jobs import runs
from jobs.models import Run

FOLLOWS = ("dataset", "label", "algorithm", "source")  # fields that others follow from


@allowed("create", "TrainingJob")
@require_http_methods(["GET", "POST"])
def create(request):
    """The create form. A GET may say what to start with: ?dataset=&version=, ?clone=<job>, ?run=<id>, ?algorithm=."""
    if request.method == "GET":
        values, origin = _initial(request)
        values = {"watch_email": request.user.email} | values
        return _show(request, TrainingJobForm(connection=request.connection, initial=values), values, origin)
    if "refill" in request.POST:
        return refill(request)
    form = TrainingJobForm(request.POST, request.FILES, connection=request.connection)
    form.is_valid()
    draft = Draft(form)
    for field, sentence in draft.errors.items():
        form.add_error(field, sentence)
    if not form.is_valid():
        _keep_upload(form)
        return _show(request, form, _last_suggestion(request), status=422)
    run = runs.start(
        request.connection, user=request.user, kind="TrainingJob", name=form.cleaned_data["name"], plan=draft.plan
    )
    return redirect("training_job", name=run.name)


@allowed("create", "TrainingJob")
@require_POST
def preview(request):
    """The request that the form stands for, as JSON, boto3, SDK and CLI."""
    form = TrainingJobForm(request.POST, request.FILES, connection=request.connection)
    form.is_valid()
    return render(request, "areas/training/preview.html", _preview(form))


@allowed("create", "TrainingJob")
@require_POST
def refill(request):
    """The form again, after a choice that others follow from: what nobody has touched takes the new suggestion."""
    typed = request.POST.dict() | {"features": request.POST.getlist("features")}
    upload = request.FILES.get("script_file")
    if upload and upload.size < 512 * 1024:
        typed["script"] = upload.read().decode(errors="replace")
    last = _last_suggestion(request)
    asked = {name: typed.get(name, "") for name in FOLLOWS}
    changed = request.headers.get("HX-Trigger-Name", "")
    if changed == "dataset" or asked["dataset"] != last.get("dataset", asked["dataset"]):
        asked["label"] = ""
    new = asked | suggested(request.connection, asked)
    untouched = {name for name in {*last, *new} if str(typed.get(name, "")) in ("", str(last.get(name, "")))}
    values = typed | {
        name: new.get(name, "") for name in untouched | {"label", "features"} if name in new or name in last
    }
    values |= {name: typed.get(name, "") for name in ("algorithm", "source", "dataset")}
    form = TrainingJobForm(connection=request.connection, initial=values)
    template = "areas/training/form.html" if request.htmx else "areas/training/create.html"
    return _show(request, form, new, template=template)


@allowed("create", "TrainingJob")
@require_GET
def browse(request):
    """Folders and objects below an S3 URI, for the picker: ?uri=&field=."""
    return browsing.browse(request, "training_job-browse")


def _show(request, form, suggestion, origin=None, *, template="areas/training/create.html", status=200):
    if not form.is_bound:
        # The preview needs the checks; the page of a form that nobody has sent shows none of them.
        data = {name: form.value(name) for name in form.fields if name != "script_file"}
        checked = TrainingJobForm(data, connection=request.connection)
        checked.is_valid()
    else:
        checked = form
    context = {
        "form": form, "origin": origin, "suggestion": json.dumps(suggestion), **_hyperparameters(form),
        "columns": form.version.columns if form.version else [], "chosen": set(form.value("features") or ()),
        **_preview(checked),
    }  # fmt: skip
    # htmx swaps only answers that succeed; a page that says what is wrong is one.
    return render(request, template, context, status=200 if request.htmx else status)


def _preview(form: TrainingJobForm) -> dict:
    draft = Draft(form)
    code = calls([("CreateTrainingJob", draft.request)])
    return {"code": {**code, "sdk": sdk_code(form, draft)}, "draft": draft}


def _hyperparameters(form: TrainingJobForm) -> dict:
    """The fields in their groups: ``main`` in sight, ``groups`` folded away."""
    main, groups = [], {}
    for parameter in form.parameters:
        name = form.field_of(parameter.name)
        if name.startswith("hp_"):
            found = main if parameter.group in parameters.FIRST else groups.setdefault(parameter.group, [])
            found.append((parameter, form[name]))
    folded = [field for fields in groups.values() for _, field in fields]
    return {
        "main": main,
        "groups": groups.items(),
        "more_wrong": any(field.errors for field in folded) or form["eval_metric"].errors,
        "more_set": sum(1 for field in folded if field.value()),
        "families": _families(form),
    }


def _families(form: TrainingJobForm) -> list[tuple[str, list[dict]]]:
    """What can train, by what it is for: XGBoost, scripts and the chosen one first, the others in their families."""
    first, families = [], {}
    for one in form.algorithms:
        near = not one["family"] or one["value"] in (parameters.XGBOOST, form.chosen.value)
        (first if near else families.setdefault(one["family"], [])).append(one)
    return [("", first), *sorted(families.items())]


def _initial(request) -> tuple[dict, dict | None]:
    """The values that a new form starts with, and where they come from."""
    if request.GET.get("clone"):
        require(request, "view", "TrainingJob", request.GET["clone"])
        job = get_object_or_404(
            Record, connection=request.connection, kind="TrainingJob", name=request.GET["clone"]
        )  # fmt: skip
        tags = dict(job.tags.values_list("key", "value"))
        values = values_of(request.connection, job.document, tags, _files(request.connection, job.document))
        origin = {"name": job.name, "status": job.status, "reason": job.document.get("FailureReason", "")}
    elif request.GET.get("run", "").isdecimal():
        own = runs.visible(Run.objects.filter(connection=request.connection, kind="TrainingJob"), access(request))
        run = get_object_or_404(own, id=request.GET["run"])
        steps = {step["call"]: step["request"] for step in run.plan}
        asked = steps.get("CreateTrainingJob")
        if asked is None:
            raise Http404("That run made no training job.")
        tags = {tag["Key"]: tag["Value"] for tag in asked.get("Tags", [])}
        values = values_of(request.connection, asked, tags, steps.get("training.upload_code", {}).get("files"))
        origin = {"name": run.name, "status": run.state, "reason": run.error, "run": run}
    else:
        return starting_values(request.connection, request.GET), None
    fresh = suggested(request.connection, values)
    # The plan holds the columns only as files already made, so that a clone takes the suggested ones again.
    kept = {name: fresh[name] for name in ("name", "features", "method") if name in fresh}
    if origin.get("run") and not Record.objects.filter(connection=request.connection, name=origin["name"]).exists():
        kept["name"] = origin["name"]
    return values | kept, origin


def _files(connection, document: dict) -> dict[str, str]:
    """The script of a job, from S3; none if it can't be had, so that the form says that one is missing."""
    bucket, _, key = code_uri(document).removeprefix("s3://").partition("/")
    if not key:
        return {}
    try:
        return unpack(call(connection, "GetObject", service="s3", Bucket=bucket, Key=key)["Body"].read())
    except (CallFailed, tarfile.TarError):
        return {}


def _last_suggestion(request) -> dict:
    try:
        last = json.loads(request.POST.get("suggestion") or "{}")
    except ValueError:
        return {}
    return last if isinstance(last, dict) else {}


def _keep_upload(form: forms.Form) -> None:
    """An uploaded script goes into the box, because a browser can't send a file twice."""
    if form.cleaned_data.get("script_file"):
        form.data = form.data.copy()
        form.data["script"] = form.cleaned_data["script_file"]
