"""Pages of one training job."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from areas import job_pages
from areas.allowed import allowed
from areas.calls import CallFailed, call
from areas.snippets import calls
from areas.training.hints import hint_for
from areas.training.job import Job
from areas.training.resource import TRAINING_JOB
from jobs import runs

GROUP = "/aws/sagemaker/TrainingJobs"
TABS = (
    ("overview", "training_job", "Overview"),
    ("metrics", "training_job-metrics", "Metrics"),
    ("logs", "training_job-logs", "Logs"),
    ("files", "training_job-files", "Inputs & outputs"),
    ("configuration", "training_job-configuration", "Configuration"),
    ("events", "training_job-events", "Events"),
)


@allowed("view", "TrainingJob")
@require_GET
def overview(request, name):
    """Tiles, charts, log, timeline and hyperparameters; before SageMaker knows the job, how its Run goes."""
    return _page(request, name, "overview")


@allowed("view", "TrainingJob")
@require_GET
def metrics(request, name):
    return _page(request, name, "metrics")


@allowed("view", "TrainingJob")
@require_GET
def logs(request, name):
    return _page(request, name, "logs")


@allowed("view", "TrainingJob")
@require_GET
def files(request, name):
    """Inputs and outputs with what lies there now, asked of S3."""
    job = _job(request, name)
    rows = []
    for channel in job.document.get("InputDataConfig") or []:
        source = channel.get("DataSource", {}).get("S3DataSource", {})
        rows.append({"name": channel["ChannelName"], "uri": source.get("S3Uri", ""), "kind": source.get("S3DataType"),
                     "type": channel.get("ContentType", ""), **_measure(request.connection, source.get("S3Uri", ""))})  # fmt: skip
    artifact = job.document.get("ModelArtifacts", {}).get("S3ModelArtifacts", "")
    outputs = []
    if artifact:
        folder = artifact.rpartition("/")[0] + "/"
        outputs = _list(request.connection, folder)
    return _page(request, name, "files", job=job, channels=rows, outputs=outputs, artifact=artifact)


@allowed("view", "TrainingJob")
@require_GET
def configuration(request, name):
    return _page(request, name, "configuration")


@allowed("view", "TrainingJob")
@require_GET
def events(request, name):
    return _page(request, name, "events")


@allowed("view", "TrainingJob")
@require_GET
def live(request, name):
    """What moves on the page, for htmx: tiles, and head, notice and timeline when the status changed."""
    job = Job(request.connection, name)
    if not job.exists:
        if job.run is None:
            return HttpResponse(headers={"HX-Redirect": reverse("training-jobs")})
        return render(request, "areas/training/waiting_state.html", _context(request, job, "overview"))
    if request.GET.get("seen") == "run":
        return HttpResponse(headers={"HX-Refresh": "true"})
    moved = request.GET.get("seen") != _state(job)
    return render(request, "areas/training/live.html", _context(request, job, "overview") | {"moved": moved})


@allowed("stop", "TrainingJob")
@require_POST
def stop(request, name):
    """Stop the job, or take back the Run that hasn't made it yet."""
    return job_pages.stop(request, _job(request, name), "what is trained so far is kept.")


@allowed("delete", "TrainingJob")
@require_POST
def delete(request, name):
    """Delete the job; its model stays in S3 and its log in the log group."""
    return job_pages.delete(request, TRAINING_JOB, name, "Its model stays in S3.")


def _job(request, name: str) -> Job:
    return job_pages.find(Job, request, name)


def _page(request, name: str, tab: str, *, job: Job | None = None, **more):
    job = job or _job(request, name)
    template = f"areas/training/{tab}.html" if job.exists else "areas/training/waiting.html"
    return render(request, template, _context(request, job, tab) | more)


def _context(request, job: Job, tab: str) -> dict:
    context = {
        "job": job, "tab": tab, "hint": hint_for(job.document.get("FailureReason") or (job.run.error if job.run else "")),
        "tabs": job_pages.tabs(TABS, job.name),
    }  # fmt: skip
    if not job.exists:
        return context | {"position": runs.queue_position(job.run), "state": "run"}
    return context | {
        "state": _state(job), "document": job.document, "code": calls([("CreateTrainingJob", job.request)]),
    }  # fmt: skip


def _state(job: Job) -> str:
    return f"{job.record.status}/{job.document.get('SecondaryStatus', '')}/{len(job.timeline)}"


def _measure(connection, uri: str) -> dict:
    """Number and bytes of the objects that begin with ``uri``, of the first thousand; or the service's refusal."""
    found = _list(connection, uri)
    if isinstance(found, CallFailed):
        return {"failed": found}
    return {"count": len(found), "size": sum(one["Size"] for one in found), "many": len(found) == 1000}


def _list(connection, uri: str):
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        found = call(connection, "ListObjectsV2", service="s3", Bucket=bucket, Prefix=key)
    except CallFailed as failed:
        return failed
    return [
        one | {"uri": f"s3://{bucket}/{one['Key']}", "name": one["Key"][len(key) :]}
        for one in found.get("Contents", [])
    ]
