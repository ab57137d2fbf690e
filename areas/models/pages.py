"""Pages of models: one model, and the form that makes one."""

from django.contrib import messages
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from areas.allowed import allowed, visible
from areas.calls import CallFailed, call
from areas.models.forms import ModelForm
from areas.models.from_job import RUN_TAG, NotAModel, model_request
from areas.snippets import calls
from catalog.models import Record
from jobs import runs

ASKED = (
    "ModelName", "PrimaryContainer", "Containers", "InferenceExecutionConfig", "ExecutionRoleArn", "VpcConfig",
    "EnableNetworkIsolation",
)  # fmt: skip


@allowed("view", "Model")
@require_GET
def show(request, name):
    """One model: what it is, where it comes from, what runs it."""
    model = Record.objects.filter(connection=request.connection, kind="Model", name=name).first()
    if model is None:
        run = runs.for_target(request.connection, "Model", name)
        if run is None:
            raise Http404(f"There is no model {name} on {request.connection}.")
        return render(
            request, "areas/models/waiting.html", {"name": name, "run": run, "position": runs.queue_position(run)}
        )
    tags = dict(model.tags.values_list("key", "value"))
    # One JSON member of any element of a list: SQLite and PostgreSQL agree only on its text.
    naming = Record.objects.annotate(text=Cast("document", TextField())).filter(
        connection=request.connection, kind="EndpointConfig", text__contains=f'"{name}"'
    ).order_by("-created")  # fmt: skip
    configs = [
        record
        for record in visible(request, naming, "EndpointConfig")
        if any(variant.get("ModelName") == name for variant in record.document.get("ProductionVariants", []))
    ]
    endpoints = Record.objects.filter(
        connection=request.connection, kind="Endpoint",
        document__EndpointConfigName__in=[config.name for config in configs],
    )  # fmt: skip
    endpoints = visible(request, endpoints, "Endpoint")
    asked = {key: model.document[key] for key in ASKED if model.document.get(key) not in (None, False, [], {})}
    if tags:
        asked["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items() if key != RUN_TAG]
    container = model.document.get("PrimaryContainer") or next(iter(model.document.get("Containers") or []), {})
    return render(request, "areas/models/show.html", {
        "model": model, "tags": tags, "configs": configs, "endpoints": endpoints, "container": container,
        "package": _package(request, container), "code": calls([("CreateModel", asked)]),
    })  # fmt: skip


def _package(request, container: dict) -> str:
    """The name of the model package that a container is made of, where it may be looked at here; else ""."""
    given = container.get("ModelPackageName", "")
    if not given:
        return ""
    rows = Record.objects.filter(Q(arn=given) | Q(name=given), connection=request.connection, kind="ModelPackage")
    return visible(request, rows, "ModelPackage").values_list("name", flat=True).first() or ""


@allowed("create", "Model")
@require_http_methods(["GET", "POST"])
def create(request):
    """Make a model: ?job=<training job> fills the form in. A service refusal is shown above what was typed."""
    connection = request.connection
    job_name = request.POST.get("job") or request.GET.get("job", "")
    jobs = visible(request, Record.objects.filter(connection=connection, kind="TrainingJob"), "TrainingJob")
    job = jobs.filter(name=job_name).first() if job_name else None
    initial, tags, refused = {"role": connection.execution_role_arn}, [], ""
    if job_name and job is None:
        refused = f"There is no training job {job_name} on {connection}."
    if job:
        try:
            asked = model_request(job)
            tags = asked["Tags"]
            container = asked["PrimaryContainer"]
            initial = {
                "name": asked["ModelName"], "image": container["Image"], "data": container["ModelDataUrl"],
                "environment": "\n".join(f"{key} = {value}" for key, value in container.get("Environment", {}).items()),
                "role": asked["ExecutionRoleArn"], "job": job.name,
            }  # fmt: skip
        except NotAModel as error:
            refused = str(error)
    form = ModelForm(request.POST if request.method == "POST" else None, connection=connection, initial=initial)
    if form.is_bound and form.is_valid() and "preview" not in request.GET:
        try:
            call(connection, "CreateModel", **form.request(tags))
        except CallFailed as failed:
            refused = f"{failed.code}: {failed.message}"
        else:
            messages.success(request, f"Made the model {form.cleaned_data['name']}.")
            return redirect("model", form.cleaned_data["name"])
    context = {"form": form, "job": job, "refused": refused, "code": calls([("CreateModel", form.request(tags))])}
    if "preview" in request.GET:
        return render(request, "areas/models/preview.html", context)
    return render(request, "areas/models/create.html", context, status=422 if form.is_bound else 200)
