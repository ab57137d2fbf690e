"""The page of one model version: at a glance which run, code and data it is from, who approved it, and where it runs."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from areas.allowed import allowed, may, require, visible
from areas.calls import CallFailed, call
from areas.index import modules
from areas.model_registry import aliases, resource, story, talk
from areas.model_registry.forms import DeployForm, StageForm, endpoint_names, read_properties
from areas.model_registry.measured import keep_missing
from areas.model_registry.running import SPANS, deployments_of, timeline
from areas.model_registry.version import Version, find_version, registration_request
from areas.snippets import calls
from catalog import model_cards
from catalog.models import Record
from jobs.models import Run
from registry import artifacts
from registry.approvals import ApprovalRequest
from registry.cards import card_of
from registry.errors import DeskError
from registry.requests import find_champion
from registry.standing import examine

PACKAGE = "ModelPackage"
TABS = (
    ("overview", "Overview"), ("discussion", "Notes and comments"), ("history", "History"),
    ("configuration", "Configuration"), ("tags", "Tags"), ("code", "Show as code"),
)  # fmt: skip
METRICS_SHOWN = 60


@allowed("view", PACKAGE)
@require_safe
def show(request, name):
    """The version's page; ``tab`` is one of TABS."""
    record = Record.objects.filter(connection=request.connection, kind=PACKAGE, name=name).first()
    if record is None:
        return _follow(request, name)
    version = find(request, name)
    tab = request.GET.get("tab", "")
    tab = tab if tab in dict(TABS) else "overview"
    context = {
        "version": version, "record": version.record, "document": version.document, "tab": tab, "tabs": TABS,
        "aliases": aliases.at_version(version.record), "comment_count": talk.count_comments(version.record),
        "approval": _latest_request(version), "champion": _champion(version),
        "may_update": may(request, "update", PACKAGE, name), "may_delete": may(request, "delete", PACKAGE, name),
        "may_register": may(request, "create", PACKAGE, f"{version.group}/"),
        "may_deploy": may(request, "create", "Model") and may(request, "create", "EndpointConfig"),
        "kept": aliases.why_kept(version.record),
        "delete_url": reverse("model_package-act", args=[name, "DeleteModelPackage"]),
    }  # fmt: skip
    return render(request, f"areas/model_registry/{_TEMPLATES[tab]}.html", context | _CONTEXTS[tab](request, version))


@allowed("view", PACKAGE)
@require_safe
def show_files(request, name):
    """The files of a version as they are in S3 now: loaded after the page, because S3 may be slow or away."""
    version = find(request, name)
    try:
        uris = [file.uri for file in version.files]
        now = artifacts.read(request.connection, uris)
        sizes = {uri: _size(request.connection, uri) for uri in uris if now.get(uri) and not uri.endswith("/")}
    except (CallFailed, DeskError) as error:
        return render(request, "areas/model_registry/files.html", {"problem": error.message})
    rows = [{"file": file, "now": now.get(file.uri, ""), "size": sizes.get(file.uri)} for file in version.files]
    return render(request, "areas/model_registry/files.html", {"rows": rows})


@allowed("update", PACKAGE)
@require_POST
def set_stage(request, name):
    """Put the version into a stage of its life: UpdateModelPackage with ModelLifeCycle."""
    version, form = find(request, name), StageForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"The stage was not changed: {' '.join(_errors(form))}")
        return redirect("model_package", name)
    given = form.cleaned_data
    life = {"Stage": given["stage"], "StageStatus": given["stage_status"]}
    if given["description"]:
        life["StageDescription"] = given["description"]
    _update(request, version, f"{name} is in stage {given['stage']}.", ModelLifeCycle=life)
    return redirect("model_package", name)


@allowed("update", PACKAGE)
@require_POST
def set_properties(request, name):
    """Replace the customer metadata by the lines of ``properties``."""
    version = find(request, name)
    try:
        wanted = read_properties(request.POST.get("properties", ""))
    except ValueError as error:
        messages.error(request, f"The metadata were not changed: {error}")
        return redirect("model_package", name)
    gone = [key for key in version.properties if key not in wanted]
    changes = {"CustomerMetadataProperties": wanted} if wanted else {}
    if gone:
        changes["CustomerMetadataPropertiesToRemove"] = gone
    if changes:
        _update(request, version, f"The metadata of {name} are saved.", **changes)
    return redirect("model_package", name)


@allowed("create", "Model", name="")
@require_http_methods(["GET", "POST"])
def deploy(request, name):
    """Put the version on an endpoint: a new one, or one that runs, with a canary and the way back."""
    require(request, "view", PACKAGE, name)
    version = find(request, name)
    rollout = modules("rollout")[0]
    names = endpoint_names(request.connection, visible(request, Record.objects.all(), "Endpoint"))
    chosen = request.GET.get("endpoint", "")
    stem = version.group or version.name
    initial = {"endpoint": chosen if chosen in names else "", "name": "" if stem in names else stem[:63]}
    form = DeployForm(request.POST if request.method == "POST" else None, endpoints=names, initial=initial)
    refused = _why_not_deployed(version)
    if form.is_bound and form.is_valid() and not refused:
        what = form.rollout
        verb = "update" if what["endpoint"] in names else "create"
        if not may(request, verb, "Endpoint", what["endpoint"]):
            refused = f"No role of yours on {request.connection} allows you to {verb} endpoint {what['endpoint']}."
        else:
            try:
                rollout.start(request.connection, user=request.user, model_package_arn=version.record.arn, **what)
                return redirect("endpoint", what["endpoint"])
            except rollout.CannotRollOut as error:
                refused = str(error)
    context = {"version": version, "form": form, "refused": refused, "endpoints": names}
    return render(request, "areas/model_registry/deploy.html", context, status=422 if form.is_bound else 200)


def find(request, name: str) -> Version:
    version = find_version(request.connection, name)
    if version is None:
        raise Http404(f"There is no model version {name} in {request.connection}.")
    return version


def discussion(request, record: Record) -> dict:
    """What the note and the thread of a group or version need."""
    note = talk.note_of(record)
    return {
        "note": note, "notes": talk.notes_of(record)[1:], "thread": talk.thread_of(record), "target": record,
        "may_write": may(request, "update", record.kind, record.name), "may_comment": may(request, "create", talk.COMMENT),
        "may_manage": may(request, "manage", talk.COMMENT), "editing": request.GET.get("edit", ""),
    }  # fmt: skip


def _follow(request, name: str):
    """The Run that shall make the version, while there is no version."""
    run = Run.objects.filter(connection=request.connection, kind=PACKAGE, name=name).order_by("-id").first()
    if run is None or run.state == Run.COMPLETED:
        find(request, name)
    return render(request, "generic/run.html", {"resource": resource.PACKAGE, "run": run, "name": name})


def _overview(request, version: Version) -> dict:
    keep_missing([version.record])
    days = int(request.GET["days"]) if request.GET.get("days") in map(str, SPANS) else 60
    approval = _latest_request(version)
    card = _card(version)
    filled, missing = model_cards.completeness(card)
    metrics = list(version.metrics.items())
    return {
        "metrics": metrics[:METRICS_SHOWN], "metrics_more": len(metrics) - METRICS_SHOWN,
        "parameters": list(version.parameters.items())[:METRICS_SHOWN],
        "standing": examine(approval) if approval else None,
        "deployments": deployments_of(version.connection, version.record.arn),
        "timeline": timeline(version.connection, version.group, days=days, mine=version.number)
        if version.group
        else None,
        "spans": SPANS, "days": days, "card": bool(card), "card_filled": len(filled),
        "card_missing": [model_cards.WANTED[one] for one in missing], "card_wanted": len(filled) + len(missing),
        "stage_form": StageForm(initial={
            "stage": version.stage.get("Stage", ""), "stage_status": version.stage.get("StageStatus", ""),
            "description": version.stage.get("StageDescription", ""),
        }),
        "properties_text": "\n".join(f"{key} = {value}" for key, value in version.properties.items()),
    }  # fmt: skip


def _code(request, version: Version) -> dict:
    return {"code": calls([("CreateModelPackage", registration_request(version.document))]), "path": _by_alias(version)}


def _by_alias(version: Version) -> str:
    """How a client deploys it."""
    return (
        "import boto3\n\n"
        'sm = boto3.client("sagemaker")\n'
        f'package = "{version.record.arn}"\n'
        'sm.create_model(ModelName="my-model", PrimaryContainer={"ModelPackageName": package},\n'
        f'                ExecutionRoleArn="{version.connection.execution_role_arn}")\n'
    )


_TEMPLATES = {"overview": "overview", "discussion": "discussion", "history": "history", "configuration": "configuration",
              "tags": "tags", "code": "code"}  # fmt: skip
_CONTEXTS = {
    "overview": _overview,
    "discussion": lambda request, version: discussion(request, version.record),
    "history": lambda request, version: {"happenings": story.tell(version)},
    "configuration": lambda request, version: {},
    "tags": lambda request, version: {"record_tags": list(version.record.tags.order_by("key"))},
    "code": _code,
}


def _latest_request(version: Version) -> ApprovalRequest | None:
    rows = ApprovalRequest.objects.filter(connection=version.connection, arn=version.record.arn)
    return rows.select_related("connection", "policy").order_by("-id").first()


def _champion(version: Version) -> Record | None:
    """What one compares it with: the approved version that is called champion, else the newest one."""
    if not version.group:
        return None
    return find_champion(version.connection, version.group, but=version.record.arn)


def _why_not_deployed(version: Version) -> str:
    status = version.document.get("ModelApprovalStatus", "")
    if status and status != "Approved":
        return f"{version.name} is {status}: only an Approved version can be deployed."
    return "" if version.containers else f"{version.name} has no InferenceSpecification: there is nothing to deploy."


def _update(request, version: Version, done: str, **changes) -> None:
    try:
        call(request.connection, "UpdateModelPackage", ModelPackageArn=version.record.arn, **changes)
    except CallFailed as failed:
        messages.error(request, f"{failed.code}: {failed.message}")
    else:
        messages.success(
            request, done if request.connection.is_embedded else f"{done} It is shown here with the next sync."
        )


def _size(connection, uri: str) -> int | None:
    bucket, key = artifacts.split(uri)
    try:
        return call(connection, "HeadObject", "s3", Bucket=bucket, Key=key)["ContentLength"]
    except CallFailed:
        return None


def _card(version: Version) -> dict:
    try:
        return card_of(version.connection, version.record.arn, version.document)
    except ValueError:
        return {}


def _errors(form) -> list[str]:
    return [f"{form.fields[name].label}: {error}" for name, errors in form.errors.items() for error in errors]
