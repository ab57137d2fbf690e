"""Pages that register a version: from a job, from another version, from an uploaded archive; and how that goes."""

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from areas.allowed import allowed, require, visible
from areas.calls import CallFailed
from areas.model_registry import aliases, archive, registering
from areas.model_registry.errors import Missing, RegistryError
from areas.model_registry.forms import group_names
from areas.model_registry.models import Upload
from areas.snippets import calls
from catalog.access import access_of, connections_of
from catalog.models import Connection, Record
from jobs import runs
from jobs.models import Run

PACKAGE = "ModelPackage"


@allowed("create", PACKAGE, name="")
@require_http_methods(["GET", "POST"])
def register(request):
    """``?job=<training job>`` or ``?package=<group>/<number>``; without either, where to begin. ``group`` is preselected."""
    if name := request.GET.get("job", ""):
        return _from_job(request, name)
    if name := request.GET.get("package", ""):
        return _from_package(request, name)
    jobs = Record.objects.filter(connection=request.connection, kind="TrainingJob", status="Completed")
    jobs = visible(request, jobs, "TrainingJob").order_by("-created")[:20]
    return render(request, "areas/model_registry/register.html", {"jobs": jobs, "group": request.GET.get("group", "")})


@allowed("create", PACKAGE, name="")
@require_safe
def upload(request):
    """The form of an upload; its script sends the file to ``receive``."""
    return render(request, "areas/model_registry/upload.html", {
        "groups": _groups(request), "group": request.GET.get("group", ""), "limit": archive.LARGEST,
        "images": registering.serving_images(request.connection),
    })  # fmt: skip


@allowed("create", PACKAGE, name="")
@require_http_methods(["PUT"])
def receive(request):
    """The raw archive as the body; the rest in the query. JSON: ``{"url"}`` of the page that follows, or ``{"error"}``."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdigit():
        return JsonResponse({"error": "The upload doesn't say how long it is."}, status=411)
    try:
        made = take_upload(request, request.GET, int(length))
    except RegistryError as error:
        return JsonResponse({"error": error.message, "field": error.field}, status=error.status)
    except CallFailed as failed:
        return JsonResponse({"error": f"{failed.code}: {failed.message}"}, status=502)
    return JsonResponse({"url": reverse("registration", args=[made.run])})


def take_upload(request, given, length: int) -> Upload:
    """Read the body, check it, and start its registration. ``given`` has group, image, sample, content_type, filename."""
    filename = given.get("filename", "").replace("\\", "/").rpartition("/")[2][:200] or "model.tar.gz"
    said = {
        "group": given.get("group", "").strip(), "image": given.get("image", "").strip(), "sample": given.get("sample", ""),
        "content_type": given.get("content_type") or "text/csv",
    }  # fmt: skip
    require(request, "create", PACKAGE, f"{said['group']}/")
    registering.check_upload(request.connection, **said, make_group=True)
    with archive.received(request, length, filename) as (path, sha256):
        archive.check_archive(path, filename)
        return registering.register_upload(
            request.connection, user=request.user, path=path, filename=filename, sha256=sha256, make_group=True,
            description=given.get("description", "")[:1024], **said,
        )  # fmt: skip


@allowed("view", PACKAGE)
@require_safe
def show_registration(request, number: int):
    """How an upload's registration goes; the page asks again while it does, and ends at the version."""
    made = get_object_or_404(Upload, run=number, connection=request.connection)
    require(request, "view", PACKAGE, f"{made.group}/")
    run = get_object_or_404(Run, id=number)
    if is_registered(run):
        messages.success(request, f"{made.filename} loads and predicts ({made.measured}). {made.answer}")
        address = reverse("model_package", args=[run.name])
        return HttpResponse(headers={"HX-Redirect": address}) if request.htmx else redirect(address)
    words = {"CreateModelPackageGroup": "Make the group", "CreateModelPackage": "Register the version",
             "model_registry.try_out": "Load it in its container and predict the sample"}  # fmt: skip
    steps = [
        {"label": words.get(step["call"], step["call"]), "state": _state(run, place)}
        for place, step in enumerate(run.plan)
    ]
    context = {"upload": made, "run": run, "steps": steps, "going": run.state in Run.OPEN}
    return render(request, "areas/model_registry/registration.html", context)


@allowed("create", PACKAGE, name="")
@require_POST
def cancel(request, number: int):
    """Take back a registration that no worker has begun."""
    made = get_object_or_404(Upload, run=number, connection=request.connection)
    run = get_object_or_404(Run.objects.select_related("connection"), id=number)
    if made.user != request.user.get_username() or not runs.cancel(run):
        messages.error(request, "It is too late to take it back, or it is somebody else's.")
    return redirect("registration", number)


def is_registered(run: Run) -> bool:
    """Whether the version is there: its Run may still be following it."""
    return run.state in (Run.FOLLOWING, Run.COMPLETED) and run.position == len(run.plan)


def _from_job(request, name: str):
    require(request, "view", "TrainingJob", name)
    rows = Record.objects.filter(connection=request.connection, kind="TrainingJob", name=name)
    job = rows.select_related("connection").first()
    if job is None:
        raise Http404(f"There is no training job {name} in {request.connection}.")
    said = {key: request.POST.get(key, "").strip() for key in ("description", "commit", "repository")}
    group = request.POST.get("group", request.GET.get("group", "")).strip()
    report = request.POST.get("report", request.GET.get("report", "")).strip()
    refused = _try(
        request,
        lambda: registering.register_job(request.connection, name, group, make_group=True, report=report, **said),
    )
    if not isinstance(refused, str):
        return refused
    shown, problem = {}, ""
    try:
        shown = registering.job_request(
            job, group, statistics=report or registering.statistics_uri(job, group or "my-group"), **said
        )
    except RegistryError as error:
        problem = error.message
    context = {
        "job": job, "groups": _groups(request), "group": group, "said": said, "refused": refused,
        "problem": problem, "report": report,
        "metrics": registering.statistics_of(job), "code": calls([("CreateModelPackage", shown)]) if shown else {},
        "container": shown.get("InferenceSpecification", {}).get("Containers", [{}])[0],
    }  # fmt: skip
    return render(request, "areas/model_registry/register_job.html", context, status=422 if refused else 200)


def _from_package(request, name: str):
    try:
        source = aliases.resolve(request.connection, name)
    except Missing as error:
        raise Http404(error.message) from None
    require(request, "view", PACKAGE, source.name)
    group = request.POST.get("group", request.GET.get("group", source.parent)).strip()
    wanted = request.POST.get("connection", "")
    where = next((one for one in _connections(request) if one.name == wanted), request.connection)
    description = request.POST.get("description", "").strip()
    refused = _try(
        request,
        lambda: registering.copy_version(source, group, connection=where, make_group=True, description=description),
        where,
    )
    if not isinstance(refused, str):
        return refused
    request_shown = registering.registration_request(source.document, group)
    context = {
        "source": source, "groups": _groups(request), "group": group, "refused": refused, "connections": _connections(request),
        "chosen": where, "description": description or source.document.get("ModelPackageDescription", ""),
        "code": calls([("CreateModelPackage", request_shown)]),
    }  # fmt: skip
    return render(request, "areas/model_registry/register_copy.html", context, status=422 if refused else 200)


def _try(request, register, where: Connection | None = None):
    """The page to go to after ``register()``; its refusal as a text ("" if nothing was asked for yet)."""
    if request.method != "POST":
        return ""
    try:
        name = register()
    except RegistryError as error:
        return error.message
    except CallFailed as failed:
        return f"{failed.code}: {failed.message}"
    where = where or request.connection
    messages.success(request, f"{name} is registered{'' if where == request.connection else f' on {where}'}.")
    if not Record.objects.filter(connection=where, kind=PACKAGE, name=name).exists():
        return redirect("model-packages")  # of an AWS account: it comes with the next sync
    return redirect(f"{reverse('model_package', args=[name])}?connection={where.name}")


def _state(run: Run, place: int) -> str:
    if place < run.position:
        return "Completed"
    if place > run.position or run.state == Run.QUEUED:
        return "Waiting"
    return {Run.FAILED: "Failed", Run.STOPPED: "Stopped"}.get(run.state, "Running")


def _groups(request) -> list[str]:
    return group_names(request.connection, visible(request, Record.objects.all(), "ModelPackageGroup"))


def _connections(request) -> list[Connection]:
    """Where one may register."""
    user = request.user.get_username()
    return [one for one in connections_of(request.user) if access_of(user, one.id).may("create", PACKAGE)]
