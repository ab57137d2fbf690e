"""The pages that make a tuning job: from a dataset, from a training job (``?job=``), or from a tuning job (``?from=``)."""

from django.apps import apps
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from areas import job_names, versions
from areas.allowed import allowed, require, visible
from areas.images import find, recipe_behind
from areas.index import modules
from areas.snippets import calls
from areas.tuning.algorithms import OLD, XGBOOST, Tunable, tunables
from areas.tuning.definitions import definitions
from areas.tuning.drafts import Draft, Refused, base_of
from areas.tuning.forms import LONGEST_NAME, TuningJobForm, lines
from areas.tuning.ranges import KINDS, SCALINGS, Range, ranges_of
from areas.tuning.resource import TUNING_JOB
from catalog.metric_names import is_higher_better
from catalog.models import Record
from jobs import runs
from jobs.submission import StepFailed


@allowed("create", "HyperParameterTuningJob")
@require_http_methods(["GET", "POST"])
def create(request):
    """The create form. ``?algorithm=&dataset=&label=`` chooses what learns what; ``?job=`` and ``?from=`` start from what ran."""
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
    return render(request, "areas/tuning/preview.html", {"code": _code(_asked(form, origin))})


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
        return _of_algorithm(request)
    body = base_of(origin)
    stem = origin.name if origin.kind == "TrainingJob" else origin.name.rpartition("-")[0] or origin.name
    static = {name: value for name, value in body["StaticHyperParameters"].items() if not name.startswith("sagemaker_")}
    values = {
        "name": _free(request.connection, stem), "origin": f"{origin.kind}/{origin.name}",
        "max_runtime": body.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 3600),
    }  # fmt: skip
    if origin.kind == "TrainingJob":
        known = _tunable_of(body, _image_of(origin))
        rows = known.ranges() if known else []
        tuned = {row.name for row in rows}
        metric = _usual_metric(origin, static)
        kept = {name: value for name, value in static.items() if name not in tuned}
        return values | {"ranges": rows, "static": lines(kept), "metric": metric, "aim": _aim(metric)}
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


def _image_of(origin: Record):
    return find(base_of(origin)["AlgorithmSpecification"].get("TrainingImage", ""))


def _of_algorithm(request) -> dict:
    """The chosen algorithm, XGBoost if none is, on the chosen or first dataset if it learns from tables of numbers."""
    connection = request.connection
    asked, wanted = request.GET.get("dataset", ""), request.GET.get("algorithm", "") or XGBOOST
    tunable = tunables().get(wanted)
    if tunable is None:
        raise Http404(f"There is no algorithm {wanted} that can be tuned.")
    stem = "xgboost" if tunable.name == XGBOOST else tunable.name
    metric = tunable.metric()
    values = {
        "algorithm": tunable.name, "ranges": tunable.ranges(), "name": _free(connection, stem), "early": tunable.name == XGBOOST,
        "content_type": tunable.types[0], "metric": metric, "aim": _aim(metric),
    }  # fmt: skip
    offered = [choice.value for choice in versions.choices(connection)] if tunable.takes_datasets else []
    chosen = next((value for value in offered if value == asked or value.startswith(f"{asked}/v")), "") if asked else ""
    chosen = chosen or ("" if asked else next(iter(offered), ""))
    version = versions.find_version(connection, chosen)
    if not version:
        return values | {"static": _static(tunable, tunable.begin())}
    names = [column["name"] for column in version.columns]
    label = request.GET.get("label", "")
    label = label if label in names else version.dataset.label if version.dataset.label in names else names[-1]
    values |= {"dataset": chosen, "label": label, "name": _free(connection, version.dataset.name)}
    return values | _advised(tunable, version, label)


def _advised(tunable: Tunable, version, label: str) -> dict:
    """What follows from a dataset and a label: metric, aim, hyperparameters that stay."""
    prepare = next(module for module in modules("prepare") if hasattr(module, "suggest"))
    try:
        advice = prepare.suggest(version, label)
        features = prepare.plan_channels(version, label=label)["call"]["request"]["features"]
    except StepFailed:
        return {"static": _static(tunable, tunable.begin())}
    if tunable.name == XGBOOST:
        given = {name: str(one) for name, one in advice["hyperparameters"].items()}
        if advice.get("num_class"):
            given["num_class"] = str(advice["num_class"])
        metric = f"validation:{advice['eval_metric']}"
    else:
        given = tunable.begin(
            problem=advice["problem"],
            features=len(features),
            classes=advice.get("num_class") or 0,
            rows=version.rows or 0,
        )
        metric = tunable.metric(advice["problem"])
    return {"static": _static(tunable, given), "metric": metric, "aim": _aim(metric)}


def _static(tunable: Tunable, given: dict[str, str]) -> str:
    tuned = {row.name for row in tunable.ranges()}
    return lines({name: value for name, value in given.items() if name not in tuned})


def _aim(metric: str) -> str:
    return "Maximize" if is_higher_better(metric) else "Minimize"


def _tunable_of(definition: dict, image) -> Tunable | None:
    """The algorithm that a definition trains: a built-in, or a script of JumpStart's."""
    source = definition["StaticHyperParameters"].get("sagemaker_submit_directory", "")
    if source:
        recipe = recipe_behind(source.strip('"'))
        return tunables().get(recipe.name) if recipe else None
    repository = image.repository if image else ""
    return tunables().get(XGBOOST if repository in OLD else repository)


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
    known = form.tunable if origin is None else _tunable_of(base_of(origin), _image_of(origin))
    defined = base_of(origin)["AlgorithmSpecification"].get("MetricDefinitions", ()) if origin else ()
    asked = _asked(form, origin)
    context = {
        "form": form, "origin": origin, "refused": refused, "kinds": KINDS, "scalings": SCALINGS, "empty": Range(),
        "datasets": versions.choices(request.connection) if apps.is_installed("areas.datasets") else [],
        "columns": version.columns if version else [], "known": known, "algorithms": tunables().values(), "code": _code(asked),
        "resources": asked["TrainingJobDefinition"].get("ResourceConfig"),
        "metrics": known.metrics if known else [one["Name"] for one in defined],
        "jobs": visible(request, Record.objects.filter(connection=request.connection, kind="TrainingJob"), "TrainingJob")
        .order_by("-created").values_list("name", flat=True)[:20],
    }  # fmt: skip
    return render(request, "areas/tuning/create.html", context, status=status)


def _asked(form: TuningJobForm, origin: Record | None) -> dict:
    """The request that the form stands for as it is now."""
    if not form.is_bound:
        checked = _bound(form)
        checked.is_valid()
    else:
        checked = form
    return Draft(checked, origin).request


def _code(asked: dict) -> dict:
    return calls([("CreateHyperParameterTuningJob", asked)])


def _bound(form: TuningJobForm) -> TuningJobForm:
    """The same form as if it had been sent: the preview needs the checks, a new page shows none of them."""
    data = {name: form.value(name) for name in form.fields}
    bound = TuningJobForm(_Sent(data), connection=form.connection)
    bound.ranges = form.ranges
    return bound


class _Sent(dict):
    def getlist(self, name: str) -> list:
        return []
