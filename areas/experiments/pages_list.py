"""The list of experiments, in folders, and the bin: pages, and what is done on them."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from areas import words
from areas.allowed import access, allowed, asks, may, require, visible
from areas.calls import CallFailed, call
from areas.experiments import changing
from areas.experiments.folders import SORTS, check_label, name_for, shelf
from areas.experiments.pages_experiment import find, first_runs
from catalog import audit
from catalog import bin as bin_
from catalog import completion_keys as keys
from catalog.completion import RUNS, About
from catalog.metric_names import is_higher_better
from catalog.models import Binned, Record

SHOWN = 200  # things in the bin on a page
NOUNS = ("Experiment", "Trial", "TrialComponent")
WORDS = {"Experiment": "Experiment", "Trial": "Trial", "TrialComponent": "Run"}


@allowed("view", "Experiment")
@require_safe
def show(request):
    """Folders and experiments; ``?bin=1`` what was deleted and can be brought back."""
    if request.GET.get("bin") == "1":
        return _bin(request)
    folder, text = request.GET.get("folder", "").strip("/"), request.GET.get("q", "").strip()
    sort = request.GET.get("sort", "")
    sort = sort if sort.lstrip("-") in SORTS else "-latest"
    page = words.whole(request.GET.get("page"), 1)
    best = request.GET.get("best", "").strip()
    rows = visible(request, _experiments(request), "Experiment")
    found = shelf(rows, access(request), folder=folder, text=text, sort=sort, page=page, best=best)
    parts = folder.split("/") if folder else []
    return render(request, "areas/experiments/list.html", {
        "shelf": found, "folder": folder, "text": text, "sort": sort, "best": best, "higher": is_higher_better(best),
        "crumbs": [("/".join(parts[: at + 1]), part) for at, part in enumerate(parts)],
        "headings": [_heading(*one, sort) for one in (
            ("Name", "title", ""), ("Runs", "runs", "num"), ("Last run", "latest", ""), ("Created", "created", ""),
            ("Owner", "owner", ""))],
        "metrics": _metrics(request, found.entries), "binned": _binned(request, count=True),
        "start": first_runs(request.connection) if not found.every else {},
        "may_create": may(request, "create", "Experiment"),
    })  # fmt: skip


def _experiments(request):
    return Record.objects.filter(connection=request.connection, kind="Experiment")


def _heading(label: str, key: str, kind: str, sort: str) -> dict:
    order = {key: "ascending", f"-{key}": "descending"}.get(sort, "")
    down_first = key in ("runs", "latest", "created")
    flipped = key if sort == f"-{key}" or (not order and not down_first) else f"-{key}"
    return {"label": label, "sort": flipped, "order": order, "kind": kind}


def _metrics(request, entries) -> list[str]:
    """Names to choose the best of, from the experiments that have the most runs."""
    found: dict[str, None] = {}
    for entry in sorted(entries, key=lambda one: -one.runs)[:3]:
        found |= dict.fromkeys(keys.judged_by(About(RUNS, request.connection, access(request), entry.number), 30))
    return list(found)


def _binned(request, *, count: bool = False):
    """What was deleted by itself and may be viewed."""
    rows = Binned.objects.filter(_in_bin(request, "view"), record__connection=request.connection, along=None)
    return rows.count() if count else rows.select_related("record").order_by("-at", "pk")


def _in_bin(request, verb: str) -> Q:
    """The entries of the bin that somebody may do ``verb`` to, by the names and tags that things have there."""
    found, held = Q(pk__in=[]), access(request)
    for noun in NOUNS:
        there = Record.objects.filter(connection=request.connection, kind=bin_.PREFIX + noun)
        found |= Q(kind=noun, record__in=held.visible(there, noun, verb).values("id"))
    return found


def _bin(request):
    back = set(_binned(request).filter(_in_bin(request, "delete")).values_list("record", flat=True))
    rows = [
        {
            "entry": one, "word": WORDS[one.kind], "gone": one.at + bin_.KEPT,
            "days": max((one.at + bin_.KEPT - timezone.now()).days, 0),
            "label": one.record.document.get("DisplayName") or one.name, "restores": one.record_id in back,
        }
        for one in _binned(request)[:SHOWN]
    ]  # fmt: skip
    context = {"rows": rows, "binned": _binned(request, count=True), "days": bin_.KEPT.days}
    return render(request, "areas/experiments/list_bin.html", context)


@allowed("create", "Experiment")
@require_http_methods(["GET", "POST"])
def create(request):
    """Make an experiment of a display name with folders; its own name is a plain form of that. The form is on the list."""
    if request.method == "GET":
        return redirect(f"{reverse('experiments')}#create")
    folder, text = request.POST.get("folder", "").strip("/ "), request.POST.get("name", "")
    back = f"{reverse('experiments')}?folder={folder}" if folder else reverse("experiments")
    try:
        label = check_label(f"{folder}/{text}" if text.strip() else "")
        name = _free_name(request.connection, name_for(label))
        require(request, "create", "Experiment", name)
        wanted = {"ExperimentName": name}
        if description := request.POST.get("description", "").strip():
            wanted["Description"] = description
        if tags := _tags(request.POST.get("tags", "")):
            wanted["Tags"] = tags
        call(request.connection, "CreateExperiment", **wanted)
        if label != name and (made := _experiments(request).filter(name=name).first()):
            changing.rename(request.connection, made, label)
    except (ValueError, CallFailed, changing.Refused) as error:
        messages.error(request, str(error))
        return redirect(back)
    messages.success(request, f"{label} is made.")
    return redirect("experiment", name)


def _free_name(connection, name: str) -> str:
    taken = set(
        Record.objects.filter(connection=connection, kind="Experiment", name__startswith=name).values_list(
            "name", flat=True
        )
    )
    if name not in taken:
        return name
    return next(
        f"{name[:112]}-{number}" for number in range(2, len(taken) + 3) if f"{name[:112]}-{number}" not in taken
    )


def _tags(text: str) -> list[dict]:
    """``team=risk, stage=draft`` as the wire has it."""
    pairs = (part.partition("=") for part in text.split(",") if part.strip())
    return [{"Key": key.strip(), "Value": value.strip()} for key, _, value in pairs]


@allowed("update", "Experiment")
@require_POST
def edit(request, name: str):
    """Rename, move to a folder, or describe: what the form has of ``folder``, ``title`` and ``description``."""
    experiment = find(request, name)
    try:
        if "title" in request.POST:
            label = check_label(f"{request.POST.get('folder', '').strip('/ ')}/{request.POST['title']}")
            changing.rename(request.connection, experiment, label)
        if "description" in request.POST:
            description = request.POST["description"].strip().replace("\r\n", "\n")
            call(request.connection, "UpdateExperiment", ExperimentName=experiment.name, Description=description)
    except (ValueError, CallFailed, changing.Refused) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Saved.")
    about = "?tab=about" if "description" in request.POST else ""
    return redirect(f"{reverse('experiment', args=[name])}{about}")


@allowed("delete", "Experiment")
@require_POST
def delete(request, name: str):
    """Put an experiment into the bin, its trials and runs along; on an AWS account it must be empty, and is gone."""
    experiment = find(request, name)
    if not request.connection.is_embedded:
        try:
            call(request.connection, "DeleteExperiment", ExperimentName=experiment.name)
        except CallFailed as error:
            messages.error(request, f"{error.code}: {error.message}")
            return redirect("experiment", name)
        messages.success(request, f"{name} is deleted.")
        return redirect("experiments")
    if noun := bin_.kept_from(experiment, access(request)):
        things = "runs" if noun == "TrialComponent" else "trials"
        messages.error(request, f"{name} has {things} that you may not delete: nothing was done.")
        return redirect("experiment", name)
    with transaction.atomic():
        arn = experiment.arn
        trials, runs = bin_.put_experiment(experiment)
        audit.append(
            "DeleteExperiment", arn, on=request.connection.name, detail={"trials": trials, "runs": runs, "bin": True}
        )
    messages.success(
        request, f"{name} is in the bin with {runs:,} run{'' if runs == 1 else 's'}, for {bin_.KEPT.days} days."
    )
    return redirect("experiments")


@asks("delete of what is restored")
@require_POST
def restore(request):
    """Bring back what ``record`` names (ids of Records in the bin); who may delete such a thing may."""
    asked = words.wholes(",".join(request.POST.getlist("record")))[:SHOWN]
    rows = Binned.objects.filter(record__connection=request.connection, record__in=asked, kind__in=NOUNS)
    require(request, "view", "Experiment")
    mine, back = set(rows.filter(_in_bin(request, "delete")).values_list("record", flat=True)), []
    for entry in rows.select_related("record").order_by("pk"):
        if entry.record_id not in mine:
            require(request, "delete", entry.kind, entry.name)
            continue
        try:
            back.append(bin_.restore(entry.record))
        except bin_.CannotRestore as error:
            messages.error(request, str(error))
    if len(back) == 1 and back[0].kind != "Trial":
        messages.success(request, f"{back[0].name} is back.")
        return redirect("experiment" if back[0].kind == "Experiment" else "trial_component", back[0].name)
    if back:
        messages.success(request, f"{len(back)} are back.")
    return redirect(f"{reverse('experiments')}?bin=1")
