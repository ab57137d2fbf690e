"""The page of an experiment: its table of runs, their charts, its trials, and what it is about."""

from django.db.models import Count, Max, Q
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from areas import words
from areas.allowed import access, allowed, may
from areas.experiments import sparks, table_exports
from areas.experiments.changing import job_of
from areas.experiments.chosen import label_of
from areas.experiments.table import SIZES, RunsTable
from areas.experiments.table_cells import facts_of
from areas.experiments.table_columns import FACTS, STATS, written
from areas.experiments.table_summary import summaries
from areas.markdown import render as as_html
from areas.snippets import literal
from catalog import completion_keys as keys
from catalog.metric_names import rank
from catalog.models import Record

TABS = (("runs", "Runs"), ("charts", "Charts"), ("trials", "Trials"), ("about", "About"))
POLLED = 300  # runs that one question after changes may name
FOUND = 40  # keys that the column picker offers at once
TRIALS = 100


def find(request, name: str) -> Record:
    found = Record.objects.filter(connection=request.connection, kind="Experiment", name=name).first()
    if found is None:
        where = f" on {request.connection.name}" if request.connection else ""
        raise Http404(f"There is no experiment {name}{where}.")
    return found


def table_of(request, experiment: Record, params=None) -> RunsTable:
    """The table as an address says; of what the request's user may view."""
    may_update = may(request, "update", "TrialComponent")
    return RunsTable(
        request.connection,
        experiment,
        access(request),
        request.GET if params is None else params,
        may_update=may_update,
    )


@allowed("view", "Experiment")
@require_safe
def show(request, name: str):
    """The page; ``part`` asks for pieces of it, ``format`` for a file of what the filter shows."""
    experiment = find(request, name)
    part, kind = request.GET.get("part", ""), request.GET.get("format", "")
    if kind in table_exports.FORMATS:
        return table_exports.respond(table_of(request, experiment), kind)
    if part in PARTS:
        return PARTS[part](request, table_of(request, experiment))
    tab = request.GET.get("tab", "runs")
    tab = "about" if tab in ("tags", "overview") else tab if tab in dict(TABS) else "runs"
    context = _head(request, experiment, tab) | CONTEXTS[tab](request, experiment)
    return render(request, f"areas/experiments/table_{tab}.html", context)


def _head(request, experiment: Record, tab: str) -> dict:
    label = label_of(experiment)
    *folders, title = label.split("/")
    crumbs = [("/".join(folders[: at + 1]), folder) for at, folder in enumerate(folders)]
    return {
        "experiment": experiment, "label": label, "title": title, "crumbs": crumbs, "tab": tab, "tabs": TABS,
        "may_update": may(request, "update", "Experiment", experiment.name),
        "may_delete": may(request, "delete", "Experiment", experiment.name),
    }  # fmt: skip


def _runs(request, experiment: Record) -> dict:
    table = table_of(request, experiment)
    return {
        "table": table, "now": timezone.now(), "sizes": SIZES,
        "may_stop": may(request, "update", "TrialComponent") or may(request, "stop", "TrainingJob"),
        "may_change": table.may_update, "may_remove": may(request, "delete", "TrialComponent"),
        "snippets": table_exports.snippets(table, request.build_absolute_uri("/").rstrip("/")),
        "start": first_runs(request.connection, experiment) if not table.total and not table.query else {},
    }  # fmt: skip


def _charts(request, experiment: Record) -> dict:
    params = request.GET.copy()
    for key in ("tab", "part", "page", "c", "w"):
        params.pop(key, None)
    params["experiment"] = experiment.name
    table = table_of(request, experiment)
    groups = [
        (written("params", one.name), one.name)
        for one in keys.run_parameters(table.about)
        if one.varies and "," not in one.name
    ]
    return {
        "table": table, "groups": groups[:FOUND],
        "feed": f"{reverse('run-series')}?{params.urlencode()}", "csv": f"{reverse('run-series-csv')}?{params.urlencode()}",
    }  # fmt: skip


def _trials(request, experiment: Record) -> dict:
    trials = Record.objects.filter(connection=request.connection, kind="Trial", parent=experiment.name)
    shown = access(request).visible(trials, "Trial")
    runs = Record.objects.filter(connection=request.connection, kind="TrialComponent")
    seen = Q(members__component__in=access(request).visible(runs, "TrialComponent").values("id"))
    counted = shown.annotate(runs=Count("members", filter=seen), latest=Max("members__created", filter=seen))
    rows = counted.order_by("-created", "-id")
    page = max(words.whole(request.GET.get("page"), 1, 10**6), 1)
    start = (page - 1) * TRIALS
    found = list(rows[start : start + TRIALS + 1])
    return {"trials": found[:TRIALS], "page": page, "more": len(found) > TRIALS}


def _about(request, experiment: Record) -> dict:
    description = experiment.document.get("Description") or ""
    return {
        "description": description, "described": as_html(description) if description else "",
        "record_tags": list(experiment.tags.order_by("key")),
        "record": experiment, "start": first_runs(request.connection, experiment),
    }  # fmt: skip


CONTEXTS = {"runs": _runs, "charts": _charts, "trials": _trials, "about": _about}


def first_runs(connection, experiment: Record | None = None) -> dict[str, str]:
    """Code that logs a run: what an empty page teaches."""
    name = experiment.name if experiment else "churn"
    label = label_of(experiment) if experiment else "churn"
    return {
        "sdk": _SDK.format(experiment=literal(name)),
        "mlflow": _MLFLOW.format(
            uri=literal(table_exports.tracking_uri(connection)), experiment=literal(label)
        ),
        "shell": _SHELL if connection.is_embedded else "",
    }  # fmt: skip


_SDK = """# eval "$(make -s env)" has set AWS_ENDPOINT_URL and the keys
from sagemaker.experiments import Run

with Run(experiment_name={experiment}, run_name="first") as run:
    run.log_parameters({{"max_depth": 6, "eta": 0.1}})
    for step in range(10):
        run.log_metric("validation:auc", 0.9 + step / 100, step=step)
"""
_MLFLOW = """# eval "$(make -s env)" has set MLFLOW_TRACKING_TOKEN
import mlflow

mlflow.set_tracking_uri({uri})
mlflow.set_experiment({experiment})
mlflow.autolog()
with mlflow.start_run():
    mlflow.log_metric("auc", 0.97)
"""
_SHELL = """eval "$(make -s env)"   # in the folder of the Studio: AWS_ENDPOINT_URL, keys, region, MLflow's address
python train.py
"""


# Parts of the page


def live(request, table: RunsTable):
    """JSON: how many runs are new since ``since``, and the cells of the runs in ``ids`` as they are now."""
    since = words.as_datetime(request.GET.get("since"))
    ids = set(words.wholes(request.GET.get("ids")))
    runs = table.access.visible(
        Record.objects.filter(connection=table.connection, kind="TrialComponent"), "TrialComponent"
    )
    table.records = list(runs.filter(id__in=sorted(ids)[:POLLED]))
    if table.baseline:
        table.records.append(table.baseline)
    new = table.search.records.filter(created__gt=since).count() if since else 0
    rows = {
        record.id: {"cells": [str(cell) for cell in table.cells.row(record)], **facts_of(record)}
        for record in table.records
    }
    return JsonResponse({"new": new, "rows": rows})


def curves(request, table: RunsTable):
    """JSON: the small curves of the runs in ``ids``: run → column → the points of a line in a box of 64 × 20."""
    ids = words.wholes(request.GET.get("ids"))[:POLLED]
    runs = Record.objects.filter(connection=table.connection, kind="TrialComponent", id__in=ids)
    numbers = list(table.access.visible(runs, "TrialComponent").values_list("id", flat=True))
    columns = {at: table.columns[at].name for at in table.sparked}
    return JsonResponse(sparks.lines(numbers, columns))


def offer(request, table: RunsTable):
    """Columns that could be added: facts, metrics, parameters, tags with ``find`` in their names."""
    text = request.GET.get("find", "").strip()
    shown = {one.key for one in table.chosen}
    known = (
        sorted(keys.metric_names(table.about), key=rank),
        keys.parameter_keys(table.about),
        keys.tag_keys(table.about),
    )
    metrics, parameters, tags = ([name for name in names if text.lower() in name.lower()] for names in known)
    groups = [
        ("Metrics", [(name, [(stat, written("metrics", name, stat)) for stat in STATS]) for name in metrics[:FOUND]], len(metrics)),
        ("Parameters", [(name, [("", written("params", name))]) for name in parameters[:FOUND]], len(parameters)),
        ("Tags", [(name, [("", written("tags", name))]) for name in tags[:FOUND]], len(tags)),
        ("Facts", [(one[0], [("", key)]) for key, one in FACTS.items() if text.lower() in one[0].lower()], 0),
    ]  # fmt: skip
    context = {"groups": groups, "shown": shown, "most": FOUND, "text": text}
    return render(request, "areas/experiments/table_offer.html", context)


def group_choices(request, table: RunsTable):
    """What runs can be grouped by: parameters that vary, tags, facts."""
    parameters = [(written("params", one.name), one.name) for one in keys.run_parameters(table.about) if one.varies]
    tags = [(written("tags", name), name) for name in keys.tag_keys(table.about)]
    facts = [(key, FACTS[key][0]) for key in ("status", "owner", "trial", "dataset", "commit", "created")]
    context = {"table": table, "groups": [("Parameters", parameters), ("Tags", tags), ("Facts", facts)]}
    return render(request, "areas/experiments/table_group_by.html", context)


def summary(request, table: RunsTable):
    """What a row opens to."""
    run = find_run(table, request.GET.get("run", ""))
    context = {"one": summaries([run])[run.name], "table": table, "may_change": table.may_update}
    return render(request, "areas/experiments/table_summary.html", context)


def find_run(table: RunsTable, name: str) -> Record:
    runs = Record.objects.filter(connection=table.connection, kind="TrialComponent", name=name)
    found = table.access.visible(runs, "TrialComponent").first()
    if found is None:
        raise Http404(f"There is no run {name} on {table.connection.name}.")
    return found


def clone(request, table: RunsTable):
    """How to do a run again: the form of its job, or code with its parameters."""
    run = find_run(table, request.GET.get("run", ""))
    noun, job = job_of(run)
    if noun == "TrainingJob" and may(request, "create", "TrainingJob"):
        return HttpResponse(headers={"HX-Redirect": f"{reverse('training_job-create')}?clone={job}"})
    parameters = {
        key: value.get("NumberValue", value.get("StringValue"))
        for key, value in (run.document.get("Parameters") or {}).items()
    }
    label = label_of(run)
    code = _AGAIN.format(
        experiment=literal(table.experiment.name), run=literal(f"{label}-again"), parameters=literal(parameters, 1)
    )
    context = {"run": run, "label": label, "code": code, "noun": noun, "job": job}
    return render(request, "areas/experiments/table_clone.html", context)


_AGAIN = """from sagemaker.experiments import Run

with Run(experiment_name={experiment}, run_name={run}) as run:
    run.log_parameters({parameters})
    ...
"""

PARTS = {
    "live": live, "curves": curves, "offer": offer, "group-by": group_choices, "summary": summary, "clone": clone,
}  # fmt: skip
