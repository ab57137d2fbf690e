"""Pages of one run, and what people do there."""

import hashlib
from urllib.parse import quote

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from areas import log_pages
from areas.allowed import allowed, may
from areas.calls import CallFailed
from areas.experiments import changing
from areas.experiments.chosen import RUN
from areas.experiments.run import Run
from areas.experiments.run_code import code_of
from catalog import bin as bin_
from catalog.models import AuditEntry, Binned

TABS = (
    ("overview", "trial_component", "Overview"),
    ("metrics", "run-metrics", "Metrics"),
    ("charts", "run-charts", "Charts"),
    ("artifacts", "run-artifacts", "Artifacts"),
    ("logs", "run-logs", "Logs"),
    ("configuration", "run-configuration", "Configuration"),
    ("events", "run-events", "Events"),
    ("code", "run-code", "Show as code"),
)
GROUPS = {
    "TrainingJob": "/aws/sagemaker/TrainingJobs", "ProcessingJob": "/aws/sagemaker/ProcessingJobs",
    "TransformJob": "/aws/sagemaker/TransformJobs",
}  # fmt: skip
ENTRIES = 100  # of the audit log


@allowed("view", RUN)
@require_GET
def overview(request, name):
    """Tiles, notes, parameters, tags, data, code, and what it belongs to; of a run in the bin, how to bring it back."""
    run = Run(request.connection, name)
    if run.deleted:
        entry = Binned.objects.filter(record=run.deleted).first()
        gone = entry.at + bin_.KEPT if entry else None
        return render(request, "areas/experiments/run_deleted.html", {"run": run, "entry": entry, "gone": gone})
    return show(request, name, "overview")


@allowed("view", RUN)
@require_GET
def metrics(request, name):
    """Every metric drawn, and as a table; ``?group=`` leaves those of one group, ``system`` those of the machine."""
    run = find(request, name)
    groups: dict[str, list] = {}
    for one in run.measures:
        groups.setdefault("system" if one.is_system else one.group, []).append(one)
    chosen = request.GET.get("group", "")
    own = [one for one in run.measures if not one.is_system]
    found = groups.get(chosen, own) if chosen else own or run.measures
    return show(request, name, "metrics", run=run, found=found, group=chosen, own=len(own),
                metric_groups=[(key, len(rows)) for key, rows in sorted(groups.items()) if key],
                drawn=",".join(quote(one.name, safe="") for one in found))  # fmt: skip


@allowed("view", RUN)
@require_GET
def charts(request, name):
    return show(request, name, "charts")


@allowed("view", RUN)
@require_GET
def logs(request, name):
    return show(request, name, "logs")


@allowed("view", RUN)
@require_GET
def configuration(request, name):
    run = find(request, name)
    return show(request, name, "configuration", run=run, tree=tree(run.document))


@allowed("view", RUN)
@require_GET
def events(request, name):
    """What happened to it: every transition that it or its job tells of, and for who may read the audit log, who changed it."""
    run = find(request, name)
    entries = []
    if may(request, "manage", "AuditEntry"):
        about = Q(target=run.record.arn)
        entries = AuditEntry.objects.filter(about, connection=request.connection.name).order_by("-number")[:ENTRIES]
    return show(request, name, "events", run=run, events=happenings(run), entries=entries)


@allowed("view", RUN)
@require_GET
def code(request, name):
    run = find(request, name)
    return show(request, name, "code", run=run, code=code_of(run))


@allowed("view", RUN)
@require_GET
def live(request, name):
    """What moves on the page, for htmx: tiles, and the head where the status changed. 304 while nothing did."""
    run = Run(request.connection, name)
    if not run.exists:
        return HttpResponse(headers={"HX-Refresh": "true"})
    heard = sorted((one.id, one.count) for one in run.series.values())
    etag = f'"{hashlib.sha256(repr((run.state, heard)).encode()).hexdigest()[:24]}"'
    seen = request.GET.get("seen", "")
    if request.GET.get("mark") == etag.strip('"'):
        return HttpResponse(status=204)  # htmx swaps nothing then
    context = _context(request, run, "overview") | {"moved": seen != run.state}
    return render(request, "areas/experiments/run_live.html", context)


@allowed("view", RUN)
@require_GET
def log(request, name):
    """Log events of the job behind it, as JSON."""
    run = find(request, name)
    if run.job is None:
        raise Http404(f"{run.label} stands for no job, so there is no log.")
    return log_pages.tail(request, GROUPS[run.job.kind], f"{run.job.name}/", ended=run.ended)


@allowed("view", RUN)
@require_GET
def log_file(request, name):
    """The whole log of the job behind it as text."""
    run = find(request, name)
    if run.job is None:
        raise Http404(f"{run.label} stands for no job, so there is no log.")
    return log_pages.whole(request.connection, GROUPS[run.job.kind], f"{run.job.name}/", f"{run.job.name}.log")


@allowed("stop", RUN)
@require_POST
def stop(request, name):
    run = find(request, name)
    return _act(request, run, lambda: changing.stop(request.connection, run.record), f"Stopping {run.label}.")


@allowed("update", RUN)
@require_POST
def rename(request, name):
    run, label = find(request, name), request.POST.get("label", "")
    return _act(request, run, lambda: changing.rename(request.connection, run.record, label), f"Renamed to {label}.")


@allowed("update", RUN)
@require_POST
def write_note(request, name):
    run, text = find(request, name), request.POST.get("note", "")
    return _act(request, run, lambda: changing.write_note(request.connection, run.record, text), "Note saved.")


@allowed("update", RUN)
@require_POST
def edit_tags(request, name):
    """Add a tag (``key``, ``value``), or take one away (``remove``)."""
    run = find(request, name)
    if key := request.POST.get("remove"):
        return _act(request, run, lambda: changing.untag(request.connection, run.record, key), f"Removed tag {key}.")
    key, value = request.POST.get("key", ""), request.POST.get("value", "")
    return _act(request, run, lambda: changing.tag(request.connection, run.record, key, value), f"Tagged with {key}.")


@allowed("update", RUN)
@require_POST
def archive(request, name):
    """Leave it out of tables, or take it back in (``undo``)."""
    run, archived = find(request, name), "undo" not in request.POST
    words = "Archived: tables leave it out unless asked for it." if archived else "Back in the tables."
    return _act(request, run, lambda: changing.archive(request.connection, [run.record], archived=archived), words)


@allowed("delete", RUN)
@require_POST
def delete(request, name):
    """Into the bin. What follows is its page there, from where it can be brought back."""
    run = find(request, name)
    experiment = run.experiment
    try:
        if request.connection.is_embedded:
            changing.delete(request.connection, [run.record])
            return redirect("trial_component", name=name)
        changing.delete_for_good(request.connection, run.record)
    except (CallFailed, changing.Refused) as failed:
        messages.error(request, _words(failed))
        return redirect("trial_component", name=name)
    messages.success(request, f"Deleted {run.label}.")
    return redirect("experiment", name=experiment.name) if experiment else redirect("trial-components")


@allowed("delete", RUN)
@require_POST
def restore(request, name):
    """Out of the bin, with everything that hangs on it."""
    run = Run(request.connection, name)
    if not run.deleted:
        raise Http404(f"There is no run {name} in the bin of {request.connection}.")
    try:
        bin_.restore(run.deleted)
        messages.success(request, f"{name} is back.")
    except bin_.CannotRestore as failed:
        messages.error(request, str(failed))
    return redirect("trial_component", name=name)


def tree(value, key: str = "", depth: int = 0) -> dict:
    """A document as nodes of templates/generic/tree.html: branches with children, leaves with text."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        children = [tree(inner, str(name), depth + 1) for name, inner in pairs]
        note = "" if children and isinstance(value, dict) else str(len(children)) if children else "empty"
        return {"key": key, "children": children, "open": depth < 2, "note": note}
    text = "" if value is None else str(value)
    return {"key": key, "html": text, "copy": text if text.startswith(("arn:", "s3://")) or len(text) > 40 else ""}


def happenings(run: Run) -> list[dict]:
    """``{"word", "at", "text"}``, the oldest first: made, started, each step of its job, ended, archived."""
    found = [
        {
            "word": "Created",
            "at": run.record.created.timestamp(),
            "text": f"by {run.record.owner}" if run.record.owner else "",
        }
    ]
    if start := run.document.get("StartTime"):
        found.append({"word": "Started", "at": float(start), "text": ""})
    if run.job:
        found += [
            {"word": one["Status"], "at": float(one.get("StartTime") or 0), "text": one.get("StatusMessage", "")}
            for one in run.job.document.get("SecondaryStatusTransitions") or ()
        ]
    if end := run.document.get("EndTime"):
        found.append({"word": run.status or "Ended", "at": float(end), "text": run.message})
    elif run.status and not run.job:
        found.append(
            {
                "word": run.status,
                "at": run.record.modified.timestamp(),
                "text": run.message or "when it was last changed",
            }
        )
    if run.row.archived:
        found.append({"word": "Archived", "at": run.row.archived.timestamp(), "text": ""})
    return sorted(found, key=lambda one: one["at"])


def find(request, name: str) -> Run:
    run = Run(request.connection, name)
    if not run.exists:
        raise Http404(f"There is no run {name} on {request.connection}{', but in the bin' if run.deleted else ''}.")
    return run


def show(request, name: str, tab: str, *, run: Run | None = None, **more):
    run = run or find(request, name)
    return render(request, f"areas/experiments/run_{tab}.html", _context(request, run, tab) | more)


def _context(request, run: Run, tab: str) -> dict:
    baseline = request.GET.get("baseline", "")
    other = Run(request.connection, baseline) if baseline and baseline != run.name else None
    if other and not (other.exists and may(request, "view", RUN, other.name)):
        other = None
    deltas, heard = run.against(other), sorted((one.id, one.count) for one in run.series.values())
    return {
        "run": run, "tab": tab, "record": run.record, "document": run.document, "state": run.state, "baseline": other,
        "mark": hashlib.sha256(repr((run.state, heard)).encode()).hexdigest()[:24],
        "tiles": [{"measure": one, "spark": run.sparks[one.name], "delta": deltas.get(one.name)} for one in run.main],
        "tabs": [{"key": key, "url": reverse(view, args=[run.name]), "label": label} for key, view, label in TABS
                 if key != "logs" or run.job],
        "now": timezone.now(),
    }  # fmt: skip


def _act(request, run: Run, act, done: str):
    try:
        act()
        messages.success(request, done)
    except (CallFailed, changing.Refused) as failed:
        messages.error(request, _words(failed))
    return redirect("trial_component", name=run.name)


def _words(failed: Exception) -> str:
    return f"{failed.code}: {failed.message}" if isinstance(failed, CallFailed) else str(failed)
