"""Rules of all jobs; and, for the page of one job, its rules and what the profiler saw."""

from urllib.parse import quote

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from areas.allowed import allowed
from areas.calls import CallFailed, call
from areas.debugger import system
from areas.debugger.catalogue import RULES
from areas.debugger.models import Evaluation
from areas.debugger.standing import evaluations, find_reports, verdicts
from catalog.models import Record

SIZE = 50
STATUSES = ("InProgress", "IssuesFound", "NoIssuesFound", "Error", "Stopped")


@allowed("view", "TrainingJob")
@require_safe
def overview(request):
    """Every rule's evaluation on this connection: ``?status=&rule=&job=&page=``."""
    asked = {name: request.GET.get(name, "").replace("\0", "") for name in ("status", "rule", "job")}
    rows = evaluations(request.connection, status=asked["status"], rule=asked["rule"], text=asked["job"])
    page = Paginator(rows, SIZE).get_page(request.GET.get("page", "1"))
    context = {"page": page, "asked": asked, "statuses": STATUSES, "rules": sorted(RULES)}
    return render(request, "areas/debugger/list.html", context)


@allowed("view", "TrainingJob")
@require_safe
def of_job(request, name):
    """The card of a job's rules, for its page."""
    found = verdicts(_record(request, name))
    find_reports(request.connection, found)
    context = {
        "name": name, "verdicts": found, "open": any(one.status in Evaluation.OPEN for one in found),
        "issues": sum(one.status == Evaluation.ISSUES for one in found),
    }  # fmt: skip
    return render(request, "areas/debugger/verdicts.html", context)


@allowed("view", "TrainingJob")
@require_safe
def report(request, name, rule):
    """A file of a rule's report, as a download: it is HTML that the rule wrote, and no page of ours."""
    found = next((one for one in verdicts(_record(request, name)) if one.name == rule), None)
    if found is None:
        raise Http404(f"The job {name} has no rule {rule}.")
    find_reports(request.connection, [found])
    file = request.GET.get("file", "")
    if file not in found.reports:
        raise Http404(f"The rule {rule} left no file {file}.")
    bucket, _, prefix = found.output.removeprefix("s3://").partition("/")
    try:
        body = call(request.connection, "GetObject", service="s3", Bucket=bucket, Key=f"{prefix}/{file}")["Body"].read()
    except CallFailed as failed:
        raise Http404(failed.message) from None
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.rpartition('/')[2])}"}
    return HttpResponse(body, content_type="application/octet-stream", headers=headers)


@allowed("view", "TrainingJob")
@require_safe
def samples(request, name):
    """The profiler's samples as JSON for charts: ``?since=<cursor>`` for what is new."""
    record = _record(request, name)
    try:
        return JsonResponse(system.read(request.connection, record, request.GET.get("since", "")))
    except CallFailed as failed:
        return JsonResponse({"error": failed.message}, status=failed.status)


def _record(request, name: str) -> Record:
    record = Record.objects.filter(connection=request.connection, kind="TrainingJob", name=name).first()
    if record is None:
        raise Http404(f"There is no training job {name} on {request.connection}.")
    return record
