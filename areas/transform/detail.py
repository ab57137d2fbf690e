"""Pages of one transform job, and what their scripts fetch."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from areas import job_pages, log_pages
from areas import logs as log_streams
from areas.allowed import allowed
from areas.calls import CallFailed
from areas.snippets import calls
from areas.transform.datasets import schema_of
from areas.transform.job import Job
from areas.transform.joined import outputs_of, read_page
from areas.transform.resource import TRANSFORM_JOB
from areas.transform.scoring import score_of
from jobs import runs

KIND = "TransformJob"
TABS = (
    ("overview", "transform_job", "Overview"),
    ("records", "transform_job-records", "Records"),
    ("logs", "transform_job-logs", "Logs"),
    ("configuration", "transform_job-configuration", "Configuration"),
)


@allowed("view", KIND)
@require_GET
def overview(request, name):
    """Where from and where to, the log and the code; before SageMaker knows the job, how its Run goes."""
    return _page(request, name, "overview")


@allowed("view", KIND)
@require_GET
def records(request, name):
    """Records beside their inferences: ``?of=<output>`` chooses the object, ``?at=`` the page."""
    job = _job(request, name)
    if not job.exists or not job.ended or job.record.status == "Stopped":
        return _page(request, name, "records", job=job, outputs=[])
    outputs, problem = outputs_of(job)
    chosen = request.GET.get("of") or (outputs[0] if outputs else "")
    if any(part in ("", ".", "..") for part in chosen.split("/")) and chosen:
        raise Http404(f"{chosen} is no output of this job.")
    schema = schema_of(request.connection, job.schema_uri) if job.schema_uri else {}
    shown = read_page(job, chosen, request.GET.get("at", ""), schema) if chosen else None
    score = score_of(job, chosen, schema) if chosen and schema else None
    return _page(
        request, name, "records", job=job, outputs=outputs, chosen=chosen, shown=shown, problem=problem, score=score
    )


@allowed("view", KIND)
@require_GET
def logs(request, name):
    """The logs of the containers, and beside each its data log."""
    job = _job(request, name)
    try:
        streams = log_streams.streams(request.connection, TRANSFORM_JOB.logs, f"{name}/") if job.exists else []
    except CallFailed:
        streams = []  # the log's own feed says what is wrong
    return _page(request, name, "logs", job=job, streams=[(one, one.partition("/")[2]) for one in streams])


@allowed("view", KIND)
@require_GET
def configuration(request, name):
    return _page(request, name, "configuration")


@allowed("view", KIND)
@require_GET
def live(request, name):
    """What moves on the page, for htmx: the tiles; the whole page once the job has ended."""
    job = Job(request.connection, name)
    if not job.exists:
        if job.run is None:
            return HttpResponse(headers={"HX-Redirect": reverse("transform-jobs")})
        return render(request, "areas/transform/waiting_state.html", _context(request, job, "overview"))
    if request.GET.get("seen") != job.record.status:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "areas/transform/tiles.html", _context(request, job, "overview"))


@allowed("stop", KIND)
@require_POST
def stop(request, name):
    """Stop the job, or take back the Run that hasn't made it yet."""
    return job_pages.stop(request, _job(request, name), "nothing of it is stored.")


@allowed("view", KIND)
@require_GET
def log(request, name):
    """Log events as JSON: ``?stream=`` names the stream, the first one's without."""
    ended = _existing(request, name).ended
    return log_pages.tail(request, TRANSFORM_JOB.logs, f"{name}/", ended=ended)


@allowed("view", KIND)
@require_GET
def download(request, name):
    """Every log of the job as text."""
    _existing(request, name)
    return log_pages.whole(request.connection, TRANSFORM_JOB.logs, f"{name}/", f"{name}.log")


def _job(request, name: str) -> Job:
    return job_pages.find(Job, request, name)


def _existing(request, name: str) -> Job:
    job = Job(request.connection, name)
    if not job.exists:
        raise Http404(f"There is no transform job {name} on {request.connection}.")
    return job


def _page(request, name: str, tab: str, *, job: Job | None = None, **more):
    job = job or _job(request, name)
    template = f"areas/transform/{tab}.html" if job.exists else "areas/transform/waiting.html"
    return render(request, template, _context(request, job, tab) | more)


def _context(request, job: Job, tab: str) -> dict:
    context = {
        "job": job, "tab": tab,
        "tabs": job_pages.tabs(TABS, job.name),
    }  # fmt: skip
    if not job.exists:
        return context | {"position": runs.queue_position(job.run)}
    return context | {"document": job.described, "code": calls([("CreateTransformJob", job.request)])}
