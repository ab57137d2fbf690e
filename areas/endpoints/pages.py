"""Pages of one endpoint and of one endpoint configuration."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from areas import logs
from areas.allowed import allowed, visible
from areas.calls import CallFailed, call
from areas.endpoints import deploy, rollout
from areas.endpoints.deployments import Deployment
from areas.endpoints.feeds import group_of
from areas.endpoints.forms import UpdateForm
from areas.endpoints.models import PredictKey
from areas.endpoints.playground import playground_context
from areas.endpoints.progress import alarm_states, progress
from areas.endpoints.view import EndpointView
from areas.snippets import calls
from catalog.models import Record
from jobs import runs

TABS = (
    ("overview", "endpoint", "Overview"),
    ("playground", "endpoint-playground", "Playground"),
    ("metrics", "endpoint-metrics", "Metrics"),
    ("logs", "endpoint-logs", "Logs"),
    ("keys", "endpoint-keys", "API keys"),
    ("configuration", "endpoint-configuration", "Configuration"),
    ("events", "endpoint-events", "Events"),
)


@allowed("view", "Endpoint")
@require_GET
def overview(request, name):
    return endpoint_page(request, name, "overview", ask=True)


@allowed("view", "Endpoint")
@require_GET
def playground(request, name):
    return endpoint_page(request, name, "playground", ask=True)


@allowed("view", "Endpoint")
@require_GET
def metrics(request, name):
    return endpoint_page(request, name, "metrics")


@allowed("view", "Endpoint")
@require_GET
def log_page(request, name):
    """The log, one stream at a time; the streams are asked of the service."""
    try:
        streams, failed = list(reversed(logs.streams(request.connection, group_of(name)))), None
    except CallFailed as error:
        streams, failed = [], error
    return endpoint_page(request, name, "logs", streams=streams, log_failed=failed)


@allowed("view", "Endpoint")
@require_GET
def configuration(request, name):
    return endpoint_page(request, name, "configuration")


@allowed("view", "Endpoint")
@require_GET
def events(request, name):
    """What ran on the endpoint when, and what the Studio asked of it."""
    return endpoint_page(request, name, "events", deployments=Deployment.of_endpoint(request.connection, name)[:100])


@allowed("view", "Endpoint")
@require_GET
def live(request, name):
    """What moves, for htmx: tiles, and the whole page anew when the status changed."""
    endpoint = EndpointView(request.connection, name)
    seen = request.GET.get("seen", "")
    if not endpoint.exists and endpoint.run is None:
        return HttpResponse(headers={"HX-Redirect": reverse("endpoints")})
    if not endpoint.exists:
        if seen != "run":
            return HttpResponse(headers={"HX-Redirect": reverse("endpoints")})
        return render(request, "areas/endpoints/waiting_state.html", _context(endpoint, "overview"))
    if seen in ("run", "") or seen != _state(endpoint):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "areas/endpoints/live.html", _context(endpoint, request.GET.get("tab", "")))


@allowed("update", "Endpoint")
@require_POST
def update(request, name):
    """Ask for another configuration; traffic stays on the old one until the new one is healthy."""
    endpoint = _found(request, name)
    form = UpdateForm(request.POST, connection=request.connection)
    if not form.is_valid():
        messages.error(request, "; ".join(error for errors in form.errors.values() for error in errors))
        return redirect("endpoint", name)
    asked = {"EndpointName": name, "EndpointConfigName": form.cleaned_data["config"]}
    if form.cleaned_data["retain"]:
        asked["RetainAllVariantProperties"] = True
    plan = [{"call": "UpdateEndpoint", "request": asked}]
    if form.limits != rollout.Limits(wait_seconds=0, max_error_rate=None):
        try:
            plan = rollout.update_plan(
                request.connection, endpoint=name, config=form.cleaned_data["config"], limits=form.limits,
                retain=form.cleaned_data["retain"],
            )  # fmt: skip
        except rollout.CannotRollOut as refused:
            messages.error(request, str(refused))
            return redirect("endpoint", name)
    _start(request, endpoint, plan)
    return redirect("endpoint", name)


@allowed("update", "Endpoint")
@require_POST
def roll_back(request, name):
    """Back to the configuration before; while a deployment is under way, back to the one that it set out from."""
    _found(request, name)
    try:
        rollout.undo(request.connection, name, user=request.user)
    except rollout.CannotRollOut as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"Asked for {name} to be rolled back; this page follows it.")
    return redirect("endpoint", name)


@allowed("update", "Endpoint")
@require_POST
def shift(request, name):
    """Change weights and instance counts of the variants that run."""
    endpoint, wanted = _found(request, name), []
    for variant in endpoint.variants:
        try:
            weight = float(request.POST.get(f"weight-{variant['name']}", variant["weight"]))
            count = int(request.POST.get(f"count-{variant['name']}", variant["wanted"] or 1))
        except ValueError:
            messages.error(request, f"Weight and instances of {variant['name']} are numbers.")
            return redirect("endpoint", name)
        wanted.append({"VariantName": variant["name"], "DesiredWeight": weight, "DesiredInstanceCount": count})
    asked = {"EndpointName": name, "DesiredWeightsAndCapacities": wanted}
    _start(request, endpoint, [{"call": "UpdateEndpointWeightsAndCapacities", "request": asked}])
    return redirect("endpoint", name)


@allowed("delete", "Endpoint")
@require_POST
def delete(request, name):
    """Delete the endpoint; its configuration, models and data stay."""
    try:
        call(request.connection, "DeleteEndpoint", EndpointName=name)
    except CallFailed as failed:
        messages.error(request, f"{failed.code}: {failed.message}")
        return redirect("endpoint", name)
    messages.success(request, f"Deleting {name}: clients that call it are refused from now on.")
    return redirect("endpoints")


@allowed("update", "Endpoint")
@require_POST
def take_back(request, name):
    """Take back a Run that no worker has begun."""
    run = runs.for_target(request.connection, "Endpoint", name)
    if run is None or not runs.cancel(run):
        messages.error(request, "It is too late to take that back: a worker has it.")
    return redirect("endpoint", name)


@allowed("view", "EndpointConfig")
@require_GET
def show_config(request, name):
    """One endpoint configuration: its variants, and the endpoints that use it."""
    config = Record.objects.filter(connection=request.connection, kind="EndpointConfig", name=name).first()
    if config is None:
        raise Http404(f"There is no endpoint configuration {name} on {request.connection}.")
    tags = dict(config.tags.values_list("key", "value"))
    variants = config.document.get("ProductionVariants") or []
    total = sum(one.get("InitialVariantWeight", 1) for one in variants)
    rows = [one | {"share": 100 * one.get("InitialVariantWeight", 1) / total if total else 0} for one in variants]
    endpoints = Record.objects.filter(
        connection=request.connection, kind="Endpoint", document__EndpointConfigName=name
    ).order_by("name")  # fmt: skip
    endpoints = visible(request, endpoints, "Endpoint")
    asked = {key: config.document[key] for key in ("EndpointConfigName", "ProductionVariants", "DataCaptureConfig")
             if config.document.get(key)}  # fmt: skip
    if tags:
        asked["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items() if key != deploy.RUN_TAG]
    return render(request, "areas/endpoints/config.html", {
        "config": config, "tags": tags, "variants": rows, "endpoints": endpoints,
        "code": calls([("CreateEndpointConfig", asked)]),
    })  # fmt: skip


def endpoint_page(request, name: str, tab: str, *, ask: bool = False, **more):
    """A tab of an endpoint's page; how its Run goes while SageMaker doesn't know it yet."""
    endpoint = EndpointView(request.connection, name)
    if not endpoint.exists and endpoint.run is None:
        raise Http404(f"There is no endpoint {name} on {request.connection}.")
    context = _context(endpoint, tab) | more
    if not endpoint.exists:
        return render(request, "areas/endpoints/waiting.html", context)
    context["before"] = rollout.config_before(endpoint.record)
    context["update_form"] = UpdateForm(
        connection=request.connection, initial={"config": endpoint.document.get("EndpointConfigName")}
    )
    if ask and endpoint.record.status in ("InService", "Updating", "SystemUpdating", "RollingBack"):
        context |= playground_context(endpoint, request.GET.get("body", ""))
    return render(request, f"areas/endpoints/{tab}.html", context)


def _context(endpoint: EndpointView, tab: str) -> dict:
    context = {
        "endpoint": endpoint, "tab": tab, "document": endpoint.document,
        "tabs": [{"key": key, "url": reverse(view, args=[endpoint.name]), "label": label} for key, view, label in TABS],
    }  # fmt: skip
    if not endpoint.exists:
        return context | {"position": runs.queue_position(endpoint.run), "retry": _retry(endpoint.run)}
    tags = [{"Key": key, "Value": value} for key, value in endpoint.tags.items() if key != deploy.RUN_TAG]
    asked = deploy.endpoint_request(endpoint.name, endpoint.document.get("EndpointConfigName", ""), tags)
    keys = PredictKey.objects.filter(connection=endpoint.connection, endpoint=endpoint.name, revoked=None).count()
    moving = progress(endpoint.document)
    return context | {
        "state": _state(endpoint), "code": calls([("CreateEndpoint", asked)]), "key_count": keys, "moving": moving,
        "alarms": alarm_states(endpoint.connection, moving["alarms"]) if moving else [],
    }  # fmt: skip


def _state(endpoint: EndpointView) -> str:
    run = endpoint.run
    return f"{endpoint.record.status}/{endpoint.document.get('EndpointConfigName', '')}/{run.state if run else ''}"


def _retry(run) -> str:
    """The address of the form that made a Run, filled in again as far as its plan says."""
    steps = {step["call"]: step["request"] for step in run.plan}
    if "CreateModel" in steps:
        tags = {tag["Key"]: tag["Value"] for tag in steps["CreateModel"].get("Tags", [])}
        return f"{reverse('endpoint-deploy')}?job={tags.get('atelier:job', '')}"
    if "CreateEndpointConfig" in steps:
        return (
            f"{reverse('endpoint-deploy')}?model={steps['CreateEndpointConfig']['ProductionVariants'][0]['ModelName']}"
        )
    config = steps.get("CreateEndpoint", {}).get("EndpointConfigName", "")
    return f"{reverse('endpoint-create')}?config={config}"


def _found(request, name: str) -> EndpointView:
    endpoint = EndpointView(request.connection, name)
    if not endpoint.exists:
        raise Http404(f"There is no endpoint {name} on {request.connection}.")
    return endpoint


def _start(request, endpoint: EndpointView, plan: list[dict]) -> None:
    runs.start(request.connection, user=request.user, kind="Endpoint", name=endpoint.name, plan=plan)
    messages.success(request, f"Asked for the change of {endpoint.name}; this page follows it.")
