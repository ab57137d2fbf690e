"""Pages that make things to predict with: an endpoint configuration, an endpoint, or all three steps at once."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from areas.allowed import allowed, require, visible_here
from areas.calls import CallFailed, call
from areas.endpoints import deploy
from areas.endpoints.forms import ConfigForm, DeployForm, EndpointForm, Variants
from areas.snippets import calls
from catalog.models import Record
from jobs import runs


@allowed("create", "Endpoint")
@require_http_methods(["GET", "POST"])
def deploy_page(request):
    """Model, configuration and endpoint with one click: ?job=<training job> or ?model=<model>."""
    connection = request.connection
    source, refused, model = _source(request)
    if source is None and not refused:
        return render(request, "areas/endpoints/choose.html", _choices(connection))
    stem = source.name if source else "endpoint"
    initial = {"name": deploy.models_area().next_name(connection, stem, "Endpoint"), "instance_type": "ml.m5.large"}
    data = request.POST if request.method == "POST" else None
    form = DeployForm(data, connection=connection, initial=initial)
    form.is_valid()
    fields = form.cleaned_data if form.is_bound else initial | {"count": 1}
    requests = _requests(connection, fields, source, model) if not refused else []
    if form.is_bound and form.is_valid() and not refused and "preview" not in request.GET:
        name = fields["name"]
        runs.start(connection, user=request.user, kind="Endpoint", name=name, plan=deploy.plan_of(requests))
        return redirect("endpoint", name)
    context = {
        "form": form, "source": source, "refused": refused, "requests": requests, "code": calls(requests),
        "is_job": bool(source) and source.kind == "TrainingJob",
        "steps": [{"operation": operation, "request": asked} for operation, asked in requests],
    }  # fmt: skip
    if "preview" in request.GET:
        return render(request, "areas/endpoints/deploy_preview.html", context)
    return render(request, "areas/endpoints/deploy.html", context, status=422 if form.is_bound else 200)


@allowed("create", "EndpointConfig")
@require_http_methods(["GET", "POST"])
def create_config(request):
    """Step 2: which models, on what, with which share of the traffic. ?model=<name> starts with that model."""
    connection = request.connection
    first = request.GET.get("model", "")
    data = request.POST if request.method == "POST" else None
    name = deploy.models_area().next_name(connection, first or "config", "EndpointConfig")
    form = ConfigForm(data, connection=connection, initial={"name": name})
    rows = [{"variant": deploy.VARIANT, "model": first, "instance_type": "ml.m5.large", "count": 1, "weight": 1}]
    variants = Variants(data, initial=rows, form_kwargs={"connection": connection}, prefix="v")
    if data is not None and ("add" in data or "remove" in data):
        variants = _resized(data, connection)
        form = ConfigForm(initial={"name": data.get("name", name)}, connection=connection)
        return render(request, "areas/endpoints/create_config.html", _config_context(form, variants, rows, ""))
    refused, valid = "", data is not None and all([form.is_valid(), variants.is_valid()])
    asked = _config_request(connection, form, variants, rows)
    if valid and "preview" not in request.GET:
        try:
            call(connection, "CreateEndpointConfig", **asked)
        except CallFailed as failed:
            refused = f"{failed.code}: {failed.message}"
        else:
            messages.success(request, f"Made the endpoint configuration {asked['EndpointConfigName']}.")
            return redirect("endpoint_config", asked["EndpointConfigName"])
    context = _config_context(form, variants, rows, refused) | {"code": calls([("CreateEndpointConfig", asked)])}
    if "preview" in request.GET:
        return render(request, "areas/endpoints/config_preview.html", context)
    return render(request, "areas/endpoints/create_config.html", context, status=422 if data is not None else 200)


@allowed("create", "Endpoint")
@require_http_methods(["GET", "POST"])
def create_endpoint(request):
    """Step 3: an endpoint from a configuration. ?config=<name>. Answers at once; the endpoint's page follows the Run."""
    connection, config = request.connection, request.GET.get("config", "")
    initial = {"name": deploy.models_area().next_name(connection, config or "endpoint", "Endpoint"), "config": config}
    form = EndpointForm(request.POST if request.method == "POST" else None, connection=connection, initial=initial)
    form.is_valid()
    fields = form.cleaned_data if form.is_bound else initial
    record = Record.objects.filter(connection=connection, kind="EndpointConfig", name=fields.get("config", "")).first()
    asked = deploy.endpoint_request(fields.get("name", ""), fields.get("config", ""), deploy.carried_tags(record))
    if form.is_bound and form.is_valid() and "preview" not in request.GET:
        plan = deploy.plan_of([("CreateEndpoint", asked)])
        runs.start(connection, user=request.user, kind="Endpoint", name=fields["name"], plan=plan)
        return redirect("endpoint", fields["name"])
    context = {"form": form, "code": calls([("CreateEndpoint", asked)])}
    if "preview" in request.GET:
        return render(request, "areas/endpoints/endpoint_preview.html", context)
    return render(request, "areas/endpoints/create_endpoint.html", context, status=422 if form.is_bound else 200)


def _source(request) -> tuple[Record | None, str, dict | None]:
    """What to deploy, why it can't be, and the CreateModel request if a model must be made first."""
    for parameter, kind, noun in (("job", "TrainingJob", "training job"), ("model", "Model", "model")):
        name = request.GET.get(parameter)
        if not name:
            continue
        require(request, "view", kind, name)
        record = Record.objects.filter(connection=request.connection, kind=kind, name=name).first()
        if record is None:
            return None, f"There is no {noun} {name} on {request.connection}.", None
        if kind == "Model":
            return record, "", None
        try:
            return record, "", deploy.models_area().model_request(record)
        except deploy.models_area().NotAModel as error:
            return record, str(error), None
    return None, "", None


def _requests(connection, fields: dict, source: Record, model: dict | None) -> list[tuple[str, dict]]:
    tags = model["Tags"] if model else deploy.carried_tags(source)
    model_name = model["ModelName"] if model else source.name
    config_name = deploy.models_area().next_name(connection, fields.get("name") or "config", "EndpointConfig")
    config = deploy.config_request(
        config_name,
        [{"model": model_name, "instance_type": fields.get("instance_type"), "count": fields.get("count")}],
        tags,
    )
    endpoint = deploy.endpoint_request(fields.get("name", ""), config_name, tags)
    made = [("CreateModel", model)] if model else []
    return [*made, ("CreateEndpointConfig", config), ("CreateEndpoint", endpoint)]


def _choices(connection) -> dict:
    records = Record.objects.filter(connection=connection).order_by("-created")
    return {
        "jobs": visible_here(connection, records.filter(kind="TrainingJob", status="Completed"), "TrainingJob")[:10],
        "models": visible_here(connection, records.filter(kind="Model"), "Model")[:10],
    }


def _config_context(form, variants, rows, refused: str) -> dict:
    asked = _config_request(form.connection, form, variants, rows)
    return {"form": form, "variants": variants, "refused": refused, "code": calls([("CreateEndpointConfig", asked)])}


def _config_request(connection, form, variants, rows) -> dict:
    if variants.is_bound:
        variants.is_valid()
        rows = [{"model": ""} | one.cleaned_data for one in variants.forms] or rows
    else:
        rows = variants.initial or rows
    form.is_valid()
    name = form.cleaned_data.get("name", "") if form.is_bound else form.initial.get("name", "")
    first = Record.objects.filter(connection=connection, kind="Model", name=rows[0].get("model", "")).first()
    return deploy.config_request(name, rows, deploy.carried_tags(first))


def _resized(data, connection):
    """The variants as typed, with one more or without the one to remove."""
    total = int(data.get("v-TOTAL_FORMS") or 1)
    names = ("variant", "model", "instance_type", "count", "weight")
    rows = [{name: data.get(f"v-{i}-{name}", "") for name in names} for i in range(min(total, 10))]
    if "add" in data and len(rows) < 10:
        rows.append({"variant": f"variant-{len(rows) + 1}", "instance_type": "ml.m5.large", "count": 1, "weight": 1})
    elif str(data.get("remove", "")).isdigit() and len(rows) > 1:
        rows.pop(int(data["remove"]))
    formset = Variants(initial=rows, form_kwargs={"connection": connection}, prefix="v")
    formset.min_num = len(rows)
    return formset
