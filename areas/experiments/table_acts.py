"""What is done to runs from their table: to many in one request, with a result for each; and notes and names edited in place."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from areas.allowed import access, allowed, asks, require
from areas.calls import CallFailed
from areas.experiments import changing, table_exports
from areas.experiments.chosen import label_of
from areas.experiments.pages_experiment import find, find_run, table_of
from areas.experiments.table import RunsTable
from catalog.models import Record

# Runs that one request takes: each call to the service is waited for, what is only ours is one statement.
CALLED, OURS = 1000, 100_000
COMPARED = 100


@dataclass
class Outcome:
    verb: str
    done: list[str] = field(default_factory=list)
    refused: list[tuple[Record, str]] = field(default_factory=list)
    left: int = 0  # beyond what one request takes

    @property
    def sentence(self) -> str:
        count = len(self.done)
        return f"{self.verb} {count:,} run{'' if count == 1 else 's'}."


@asks("update or delete TrialComponent, or the job's stop")
@require_POST
def act(request, name: str):
    """``act`` on the runs called ``run``, or on all that the address's query finds (``all``). What is refused says why."""
    require(request, "view", "Experiment", name)
    experiment = find(request, name)
    table = table_of(request, experiment)
    asked = request.POST.get("act", "")
    if asked not in ACTS:
        return HttpResponse(f"There is no action {asked[:40]!r}.", status=400, content_type="text/plain")
    if request.POST.get("all") and table.error:
        messages.error(request, f"{table.error.message}. Nothing was done.")
        return redirect(_back(request, table))
    verb, do = ACTS[asked]
    require(request, verb, "TrialComponent")
    runs, left = _meant(request, table, verb, OURS if asked in ("archive", "unarchive", "delete") else CALLED)
    outcome = do(request, runs)
    outcome.left = left
    if not outcome.refused and not left:
        (messages.success if outcome.done else messages.warning)(request, outcome.sentence)
        return redirect(_back(request, table))
    context = {
        "outcome": outcome,
        "experiment": experiment,
        "label": label_of(experiment),
        "back": _back(request, table),
    }
    return render(request, "areas/experiments/table_outcome.html", context)


def _back(request, table: RunsTable) -> str:
    return f"{table.path}?{table.live_query}"


def _meant(request, table: RunsTable, verb: str, most: int) -> tuple[list[Record], int]:
    """(the runs that are meant and may be acted on, how many more there were)."""
    if request.POST.get("all"):
        numbers = table.search.ids(most + 1)
        rows = Record.objects.filter(id__in=numbers[:most])
        left = table.search.count - most if len(numbers) > most else 0
    else:
        names = request.POST.getlist("run")
        rows = Record.objects.filter(connection=table.connection, kind="TrialComponent", name__in=names[:most])
        left = max(len(names) - most, 0)
    rows = access(request).visible(access(request).visible(rows, "TrialComponent"), "TrialComponent", verb)
    return list(rows.order_by("created", "id")), left


def _each(request, runs: list[Record], verb: str, do: Callable[[Record], None]) -> Outcome:
    outcome = Outcome(verb)
    for run in runs:
        try:
            do(run)
        except CallFailed as error:
            outcome.refused.append((run, f"{error.code}: {error.message}"))
        except changing.Refused as error:
            outcome.refused.append((run, str(error)))
        else:
            outcome.done.append(run.name)
    return outcome


def _stop(request, runs):
    return _each(request, runs, "Stopped", lambda run: changing.stop(request.connection, run))


def _tag(request, runs):
    key, value = request.POST.get("key", ""), request.POST.get("value", "")
    return _each(request, runs, "Tagged", lambda run: changing.tag(request.connection, run, key, value))


def _untag(request, runs):
    key = request.POST.get("key", "")
    return _each(request, runs, f"Took tag {key} off", lambda run: changing.untag(request.connection, run, key))


def _archive(request, runs):
    return _ours("Archived", runs, changing.archive(request.connection, runs, archived=True))


def _unarchive(request, runs):
    return _ours("Took back", runs, changing.archive(request.connection, runs, archived=False))


def _delete(request, runs):
    if not request.connection.is_embedded:
        return _each(request, runs, "Deleted", lambda run: changing.delete_for_good(request.connection, run))
    return _ours("Put into the bin", runs, changing.delete(request.connection, runs))


def _ours(verb: str, runs: list[Record], count: int) -> Outcome:
    return Outcome(verb, done=[run.name for run in runs[:count]])


# What the form calls it → (the verb on TrialComponent that it needs, what it does). The service asks for the job's own stop.
ACTS = {
    "stop": ("update", _stop), "tag": ("update", _tag), "untag": ("update", _untag), "archive": ("update", _archive),
    "unarchive": ("update", _unarchive), "delete": ("delete", _delete),
}  # fmt: skip


@allowed("view", "Experiment")
@require_POST
def export(request, name: str):
    """A file of the selected runs, in the columns that the address shows; a POST, because the names may be thousands."""
    table = table_of(request, find(request, name))
    kind = request.POST.get("format", "csv")
    if kind not in table_exports.FORMATS:
        return HttpResponse("Only csv and parquet are written.", status=400, content_type="text/plain")
    return table_exports.respond(table, kind, None if request.POST.get("all") else request.POST.getlist("run"))


@allowed("update", "TrialComponent")
@require_POST
def edit(request, name: str):
    """Change one run's ``note`` or ``label``: JSON for scripts, back to the table for forms."""
    table = table_of(request, find(request, name))
    run = find_run(table, request.POST.get("run", ""))
    require(request, "update", "TrialComponent", run.name)
    try:
        if "note" in request.POST:
            changing.write_note(request.connection, run, request.POST["note"])
        if "label" in request.POST:
            changing.rename(request.connection, run, request.POST["label"])
    except (CallFailed, changing.Refused) as error:
        if _wants_json(request):
            return JsonResponse({"error": str(error)}, status=400)
        messages.error(request, str(error))
    if _wants_json(request):
        run.refresh_from_db()
        table.records = [run]
        return JsonResponse({"cells": [str(cell) for cell in table.cells.row(run)], "label": label_of(run)})
    return redirect(_back(request, table))


def _wants_json(request) -> bool:
    return request.headers.get("Accept", "") == "application/json"
