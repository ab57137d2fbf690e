"""Pages of one processing job."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from areas import downloads, job_pages, objects
from areas import logs as log_streams
from areas.allowed import allowed
from areas.calls import CallFailed
from areas.previews import preview
from areas.processing.evaluation import reports_of
from areas.processing.job import Job
from areas.processing.resource import PROCESSING_JOB
from areas.snippets import calls
from jobs import runs

TABS = (
    ("overview", "processing_job", "Overview"),
    ("evaluation", "processing_job-evaluation", "Evaluation"),
    ("logs", "processing_job-logs", "Logs"),
    ("files", "processing_job-files", "Inputs & outputs"),
    ("configuration", "processing_job-configuration", "Configuration"),
    ("events", "processing_job-events", "Events"),
)


@allowed("view", "ProcessingJob")
@require_GET
def overview(request, name):
    """Data, command and results, the log and the timeline; before SageMaker knows the job, how its Run goes."""
    return _page(request, name, "overview")


@allowed("view", "ProcessingJob")
@require_GET
def evaluation(request, name):
    """The evaluation reports that lie among the outputs now."""
    job = _job(request, name)
    reports, problem = reports_of(request.connection, job.outputs) if job.exists else ([], "")
    return _page(request, name, "evaluation", job=job, reports=reports, problem=problem)


@allowed("view", "ProcessingJob")
@require_GET
def logs(request, name):
    """The log, with a choice of hosts where there are several."""
    job = _job(request, name)
    try:
        streams = log_streams.streams(request.connection, PROCESSING_JOB.logs, f"{name}/") if job.exists else []
    except CallFailed:
        streams = []  # the log's own feed says what is wrong
    return _page(request, name, "logs", job=job, streams=[(one, one.rpartition("/")[2]) for one in streams])


@allowed("view", "ProcessingJob")
@require_GET
def files(request, name):
    """What lies at inputs and outputs now: ``?of=<address>`` opens a folder or a file of theirs, ``?more=`` its next page."""
    job = _job(request, name)
    uri, context = request.GET.get("of", ""), {}
    if uri and not job.holds(uri):
        raise Http404(f"{uri} is not of this job.")
    if uri.endswith("/"):
        context["folder"] = objects.listing(request.connection, uri, more=request.GET.get("more", ""))
    elif uri:
        shown = preview(request.connection, uri)
        if shown.problem.startswith(objects.MISSING):  # an input may be a prefix that is no object
            uri = f"{uri}/"
            context["folder"] = objects.listing(request.connection, uri)
        else:
            context["file"] = shown
    return _page(request, name, "files", job=job, uri=uri, **context)


@allowed("view", "ProcessingJob")
@require_GET
def download(request, name):
    """A file of the job's, ``?of=<address>``, always as an attachment: a script wrote it."""
    job, uri = _job(request, name), request.GET.get("of", "")
    if not job.holds(uri) or uri.endswith("/"):
        raise Http404(f"{uri} is not a file of this job.")
    return downloads.send(request.connection, uri)


@allowed("view", "ProcessingJob")
@require_GET
def configuration(request, name):
    return _page(request, name, "configuration")


@allowed("view", "ProcessingJob")
@require_GET
def events(request, name):
    return _page(request, name, "events")


@allowed("view", "ProcessingJob")
@require_GET
def live(request, name):
    """What moves on the page, for htmx: tiles, and head and timeline when the status changed."""
    job = Job(request.connection, name)
    if not job.exists:
        if job.run is None:
            return HttpResponse(headers={"HX-Redirect": reverse("processing-jobs")})
        return render(request, "areas/processing/waiting_state.html", _context(request, job, "overview"))
    if request.GET.get("seen") == "run":
        return HttpResponse(headers={"HX-Refresh": "true"})
    moved = request.GET.get("seen") != _state(job)
    if moved and job.ended:
        return HttpResponse(headers={"HX-Refresh": "true"})  # results stand on every part of the page
    return render(request, "areas/processing/live.html", _context(request, job, "overview") | {"moved": moved})


@allowed("stop", "ProcessingJob")
@require_POST
def stop(request, name):
    """Stop the job, or take back the Run that hasn't made it yet."""
    return job_pages.stop(request, _job(request, name), "what it has written so far is kept.")


@allowed("delete", "ProcessingJob")
@require_POST
def delete(request, name):
    """Delete the job; its outputs stay in S3 and its log in the log group."""
    return job_pages.delete(request, PROCESSING_JOB, name, "Its outputs stay in S3.")


def _job(request, name: str) -> Job:
    return job_pages.find(Job, request, name)


def _page(request, name: str, tab: str, *, job: Job | None = None, **more):
    job = job or _job(request, name)
    template = f"areas/processing/{tab}.html" if job.exists else "areas/processing/waiting.html"
    return render(request, template, _context(request, job, tab) | more)


def _context(request, job: Job, tab: str) -> dict:
    context = {
        "job": job, "tab": tab,
        "tabs": job_pages.tabs(TABS, job.name),
    }  # fmt: skip
    if not job.exists:
        return context | {"position": runs.queue_position(job.run), "state": "run"}
    return context | {
        "state": _state(job), "document": job.described, "code": calls([("CreateProcessingJob", job.request)]),
    }  # fmt: skip


def _state(job: Job) -> str:
    return f"{job.record.status}/{len(job.timeline)}"
