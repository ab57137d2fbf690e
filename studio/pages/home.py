"""Home: what runs, what failed, what waits, and the next step."""

from django.shortcuts import render
from django.utils import timezone

from areas.allowed import access, anybody
from areas.index import modules
from studio.pages import errors, glance
from studio.ui.context import Shell


@anybody
def show(request):
    """Home; ``part=live`` is its moving part, asked for every few seconds while something runs."""
    connection = request.connection
    if connection is None and not request.user.is_superuser:
        return errors.no_role(request)
    if connection is None:
        return render(request, "home/no_connection.html")
    now, shell, may = timezone.now(), Shell(request), access(request)
    running = glance.running(connection, may)
    live = {"running": running, "slots": glance.slots(connection), "connection": connection}
    if request.GET.get("part") == "live":
        return render(request, "home/running.html", live)
    daily, endpoints = glance.daily_jobs(connection, now, may), glance.endpoints(connection, now, may)
    seen = shell.preference.seen
    context = {
        **live,
        "daily": daily,
        "job_bars": glance.bars([d["all"] for d in daily["days"]], [d["failed"] for d in daily["days"]]),
        "time_bars": glance.bars([d["seconds"] for d in daily["days"][-7:]], width=20, gap=6),
        "busy": sum(place["running"] for place in shell.places),
        "endpoints": endpoints,
        "slowest": max((one for one in endpoints if one["p95"]), key=lambda one: one["p95"], default=None),
        "failures": glance.with_hints(shell.failures[:5]),
        "failed": len(shell.failures),
        "seen": seen,
        "waiting": [
            hit for m in modules("shell") if hasattr(m, "waiting") for hit in m.waiting(connection, request.user)
        ],
        "activity": glance.activity(connection, may),
        "cycle": glance.life_cycle(request, shell.places, endpoints),
        "train_url": glance.url(request, "training_job-create"),
        "upload_url": glance.url(request, "dataset-create"),
    }
    return render(request, "home/home.html", context)
