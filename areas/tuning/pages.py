"""The pages that make a tuning job: from a dataset, from a training job (``?job=``), or from a tuning job (``?from=``)."""

from dataclasses import replace

from django.apps import apps
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from areas import job_names, versions
from areas.allowed import allowed, require, visible
from areas.images import find
from areas.index import modules
from areas.snippets import calls
from areas.tuning.autotune import RECOMMENDED
from areas.tuning.definitions import definitions
from areas.tuning.drafts import XGBOOST, Draft, Refused, base_of
from areas.tuning.forms import KINDS, LONGEST_NAME, SCALINGS, Range, TuningJobForm, lines, ranges_of
from areas.tuning.resource import TUNING_JOB
from catalog.metric_names import is_higher_better
from catalog.models import Record
from jobs import runs
from jobs.submission import StepFailed

# What one tries first with XGBoost; a job without a number of rounds of its own tunes that too.
FIRST = (
    Range("eta", "continuous", "0.01", "0.5", "Logarithmic"), Range("max_depth", "integer", "2", "10"),
    Range("min_child_weight", "continuous", "0", "10"), Range("subsample", "continuous", "0.5", "1"),
)  # fmt: skip


@allowed("create", "HyperParameterTuningJob")
@require_http_methods(["GET", "POST"])
def create(request):
    """The create form. ``?dataset=&label=`` chooses what XGBoost learns; ``?job=`` and ``?from=`` what is trained instead."""
    if request.method == "GET":
        origin = _origin(request, request.GET.get("job", ""), request.GET.get("from", ""))
        try:
            initial = _initial(request, origin)
        except Refused as refused:
            return _show(request, TuningJobForm(connection=request.connection, initial={}), None, refused=str(refused))
        return _show(request, TuningJobForm(connection=request.connection, initial=initial), origin)
    form, origin = _sent(request)
    draft = Draft(form, origin)
    for field, sentence in draft.errors.items():
        form.add_error(field, sentence)
    if not form.is_valid():
        return _show(request, form, origin, status=422)
    run = runs.start(
        request.connection, user=request.user, kind=TUNING_JOB.noun, name=form.cleaned_data["name"], plan=draft.plan
    )
    return redirect(TUNING_JOB.codename, name=run.name)


@allowed("create", "HyperParameterTuningJob")
@require_POST
def preview(request):
    """The request that the form stands for, as JSON, boto3 and CLI."""
    form, origin = _sent(request)
    return render(request, "areas/tuning/preview.html", {"code": _code(form, origin)})


def _sent(request) -> tuple[TuningJobForm, Record | None]:
    form = TuningJobForm(request.POST, connection=request.connection)
    form.is_valid()
    kind, _, name = form.cleaned_data.get("origin", "").partition("/")
    origin = _origin(request, *((name, "") if kind == "TrainingJob" else ("", name)))
    try:
        return form, origin if origin is None or base_of(origin) else None
    except Refused as refused:
        raise Http404(str(refused)) from None


def _origin(request, job: str, tuning: str) -> Record | None:
    """The training or tuning job that a form starts from. Raises Http404, and refuses who may not view it."""
    if not (name := job or tuning):
        return None
    kind = "TrainingJob" if job else TUNING_JOB.noun
    require(request, "view", kind, name)
    found = Record.objects.filter(connection=request.connection, kind=kind, name=name).first()
    if found is None:
        raise Http404(f"There is no {'training' if job else 'tuning'} job {name} on {request.connection}.")
    return found


def _initial(request, origin: Record | None) -> dict:
    """What a new form holds. Raises Refused."""
    if origin is None:
        return _of_dataset(request)
    body = base_of(origin)
    image = find(body["AlgorithmSpecification"].get("TrainingImage", ""))
    stem = origin.name if origin.kind == "TrainingJob" else origin.name.rpartition("-")[0] or origin.name
    static = {name: value for name, value in body["StaticHyperParameters"].items() if not name.startswith("sagemaker_")}
    values = {
        "name": _free(request.connection, stem), "origin": f"{origin.kind}/{origin.name}",
        "max_runtime": body.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 3600),
    }  # fmt: skip
    if origin.kind == "TrainingJob":
        rows = _first(image.repository if image else "")
        tuned = {row.name for row in rows}
        metric = _usual_metric(origin, static)
        kept = {name: value for name, value in static.items() if name not in tuned}
        aim = "Maximize" if is_higher_better(metric) else "Minimize"
        return values | {"ranges": rows, "static": lines(kept), "metric": metric, "aim": aim}
    config, only = origin.document["HyperParameterTuningJobConfig"], definitions(origin.document)[0]
    limits = config["ResourceLimits"]
    return values | {
        "ranges": ranges_of(only.ranges), "static": lines(static), "metric": only.metric,
        "aim": "Maximize" if only.maximize else "Minimize", "strategy": config["Strategy"],
        "most": limits.get("MaxNumberOfTrainingJobs"), "parallel": limits["MaxParallelTrainingJobs"],
        "longest": limits.get("MaxRuntimeInSeconds"), "seed": config.get("RandomSeed"),
        "early": config.get("TrainingJobEarlyStoppingType") == "Auto",
        "target": config.get("TuningJobCompletionCriteria", {}).get("TargetObjectiveMetricValue"),
        "epochs": config.get("StrategyConfig", {}).get("HyperbandStrategyConfig", {}).get("MaxResource"),
    }  # fmt: skip


def _of_dataset(request) -> dict:
    connection = request.connection
    offered = [choice.value for choice in versions.choices(connection)]
    asked = request.GET.get("dataset", "")
    chosen = next((value for value in offered if value == asked or value.startswith(f"{asked}/v")), "") if asked else ""
    chosen = chosen or ("" if asked else next(iter(offered), ""))
    version = versions.find_version(connection, chosen)
    values = {"dataset": chosen, "ranges": _first(XGBOOST), "name": _free(connection, "xgboost"), "early": True}
    if not version:
        return values
    names = [column["name"] for column in version.columns]
    label = request.GET.get("label", "")
    label = label if label in names else version.dataset.label if version.dataset.label in names else names[-1]
    values |= {"label": label, "name": _free(connection, version.dataset.name)}
    prepare = next(module for module in modules("prepare") if hasattr(module, "suggest"))
    try:
        advice = prepare.suggest(version, label)
    except StepFailed:
        return values
    tuned = {row.name for row in FIRST}
    static = {name: str(one) for name, one in advice["hyperparameters"].items() if name not in tuned}
    if advice.get("num_class"):
        static["num_class"] = str(advice["num_class"])
    metric = f"validation:{advice['eval_metric']}"
    aim = "Maximize" if is_higher_better(metric) else "Minimize"
    return values | {"static": lines(static), "metric": metric, "aim": aim}


def _first(repository: str) -> list[Range]:
    """Ranges to start from: ours for XGBoost, else the first few that AWS recommends."""
    if repository in (XGBOOST, "xgboost"):
        return [replace(one) for one in FIRST]
    known = list(RECOMMENDED.get(repository, {}).items())[:4]
    return [row for name, (member, limits) in known for row in ranges_of({member: [{"Name": name, **limits}]})]


def _usual_metric(job: Record, static: dict) -> str:
    told = [one["MetricName"] for one in job.document.get("FinalMetricDataList", ())]
    defined = [one["Name"] for one in job.document["AlgorithmSpecification"].get("MetricDefinitions", ())]
    wanted = f"validation:{static.get('eval_metric', '').split(',')[0]}"
    for names in (told, defined):
        if wanted in names:
            return wanted
        if found := next((name for name in names if name.startswith("validation")), next(iter(names), "")):
            return found
    return ""


def _free(connection, stem: str) -> str:
    """A free name that leaves room in the 32 characters that a tuning job's may have."""
    return job_names.next_name(connection, TUNING_JOB.noun, stem[: LONGEST_NAME - 10].rstrip("-") + "-tune")


def _show(request, form: TuningJobForm, origin: Record | None, *, status: int = 200, refused: str = ""):
    version = versions.find_version(request.connection, form.value("dataset"))
    image = find(XGBOOST)
    if origin is not None:
        image = find(base_of(origin)["AlgorithmSpecification"].get("TrainingImage", ""))
    defined = base_of(origin)["AlgorithmSpecification"].get("MetricDefinitions", ()) if origin else ()
    context = {
        "form": form, "origin": origin, "refused": refused, "kinds": KINDS, "scalings": SCALINGS, "empty": Range(),
        "datasets": versions.choices(request.connection) if apps.is_installed("areas.datasets") else [],
        "columns": version.columns if version else [], "image": image, "code": _code(form, origin),
        "metrics": [name for name, _ in image.metrics] if image and image.builtin else [one["Name"] for one in defined],
        "jobs": visible(request, Record.objects.filter(connection=request.connection, kind="TrainingJob"), "TrainingJob")
        .order_by("-created").values_list("name", flat=True)[:20],
    }  # fmt: skip
    return render(request, "areas/tuning/create.html", context, status=status)


def _code(form: TuningJobForm, origin: Record | None) -> dict:
    if not form.is_bound:
        checked = _bound(form)
        checked.is_valid()
    else:
        checked = form
    return calls([("CreateHyperParameterTuningJob", Draft(checked, origin).request)])


def _bound(form: TuningJobForm) -> TuningJobForm:
    """The same form as if it had been sent: the preview needs the checks, a new page shows none of them."""
    data = {name: form.value(name) for name in form.fields}
    bound = TuningJobForm(_Sent(data), connection=form.connection)
    bound.ranges = form.ranges
    return bound


class _Sent(dict):
    def getlist(self, name: str) -> list:
        return []
