"""Pages that make a transform job."""

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from areas import browsing
from areas.allowed import access, allowed, require, visible
from areas.job_names import next_name
from areas.snippets import calls
from areas.transform.datasets import DATASET_TAG, LABEL_TAG
from areas.transform.forms import TransformJobForm
from areas.transform.requests import Draft, values_of
from catalog.models import Record
from jobs import runs
from jobs.models import Run

KIND = "TransformJob"


@allowed("create", KIND)
@require_http_methods(["GET", "POST"])
def create(request):
    """The create form. A GET may say what to start with: ?model=, ?dataset=&version=, ?clone=<job>, ?run=<id>."""
    if request.method == "GET":
        values, origin = _initial(request)
        return _show(request, TransformJobForm(connection=request.connection, initial=values), origin)
    form = TransformJobForm(request.POST, connection=request.connection)
    form.is_valid()
    draft = Draft(form)
    for field, sentence in draft.errors.items():
        form.add_error(field, sentence)
    if not form.is_valid():
        return _show(request, form, status=422)
    run = runs.start(request.connection, user=request.user, kind=KIND, name=form.cleaned_data["name"], plan=draft.plan)
    return redirect("transform_job", name=run.name)


@allowed("create", KIND)
@require_POST
def preview(request):
    """The request that the form stands for, as JSON, boto3 and CLI."""
    form = TransformJobForm(request.POST, connection=request.connection)
    form.is_valid()
    return render(request, "areas/transform/preview.html", _preview(form))


@allowed("create", KIND)
@require_GET
def browse(request):
    """Folders and objects below an S3 URI, for the picker: ?uri=&field=."""
    return browsing.browse(request, "transform_job-browse")


def _show(request, form, origin=None, *, status=200):
    checked = form
    if not form.is_bound:
        # The preview needs the checks; the page of a form that nobody has sent shows none of them.
        checked = TransformJobForm({name: form.value(name) for name in form.fields}, connection=request.connection)
        checked.is_valid()
    context = {"form": form, "origin": origin, **_preview(checked)}
    return render(request, "areas/transform/create.html", context, status=status)


def _preview(form: TransformJobForm) -> dict:
    draft = Draft(form)
    return {"draft": draft, "code": calls([("CreateTransformJob", draft.request)])}


def _initial(request) -> tuple[dict, dict | None]:
    """The values that a new form starts with, and where they come from."""
    connection = request.connection
    if request.GET.get("clone"):
        require(request, "view", KIND, request.GET["clone"])
        job = get_object_or_404(Record, connection=connection, kind=KIND, name=request.GET["clone"])
        values = values_of(job.document, dict(job.tags.values_list("key", "value")))
        origin = {"name": job.name, "reason": job.document.get("FailureReason", "")}
    elif request.GET.get("run", "").isdecimal() and len(request.GET["run"]) < 18:
        own = runs.visible(Run.objects.filter(connection=connection, kind=KIND), access(request))
        run = get_object_or_404(own, id=request.GET["run"])
        asked = next((step["request"] for step in run.plan if step["call"] == "CreateTransformJob"), None)
        if asked is None:
            raise Http404("That run made no transform job.")
        values = values_of(asked, {tag["Key"]: tag["Value"] for tag in asked.get("Tags", [])})
        origin = {"name": run.name, "reason": run.error, "run": run}
    else:
        values, origin = _starting_values(request), None
    return values | {"name": next_name(connection, KIND, values["model"] or "transform")}, origin


def _starting_values(request) -> dict:
    """The model and the dataset that are asked for; the other is the one that goes with it, else the newest."""
    model, dataset = request.GET.get("model", ""), request.GET.get("dataset", "")
    rows = visible(request, Record.objects.filter(connection=request.connection, kind="Model"), "Model")
    rows = rows.order_by("-created")
    if dataset and not model:
        learned = rows.filter(tags__key=DATASET_TAG, tags__value__startswith=f"{dataset}/v")
        model = learned.values_list("name", flat=True).first() or rows.values_list("name", flat=True).first() or ""
    elif not model:
        model = rows.values_list("name", flat=True).first() or ""
    form = TransformJobForm(connection=request.connection, initial={"model": model})
    tags, offered = form.model_tags, [one.value for one in form.datasets]
    values = {"model": model, "source": "dataset" if offered or dataset else "s3"}
    if dataset:
        # An unknown one stays, so that the form can say that there is none.
        number = request.GET.get("version", "").removeprefix("v")
        newest = next((one for one in offered if one.startswith(f"{dataset}/v")), f"{dataset}/v1")
        values["dataset"] = f"{dataset}/v{number}" if number else newest
    elif tags.get(DATASET_TAG) in offered or not offered:
        values["dataset"] = tags.get(DATASET_TAG, "")
    else:
        values["dataset"] = offered[0]
    if values["dataset"].partition("/v")[0] == tags.get(DATASET_TAG, "").partition("/v")[0]:
        values["label"] = tags.get(LABEL_TAG, "")
    return values
