"""What the scripts of a processing job's pages fetch: log events, and the log as text."""

from django.http import Http404
from django.views.decorators.http import require_GET

from areas import log_pages
from areas.allowed import allowed
from areas.processing.resource import PROCESSING_JOB
from catalog.models import Record


@allowed("view", "ProcessingJob")
@require_GET
def log(request, name):
    """Log events of one host as JSON: ``?stream=`` names its stream, the first one's without."""
    ended = _record(request, name).status in PROCESSING_JOB.terminal
    return log_pages.tail(request, PROCESSING_JOB.logs, f"{name}/", ended=ended)


@allowed("view", "ProcessingJob")
@require_GET
def download(request, name):
    """The whole log of every host as text."""
    _record(request, name)
    return log_pages.whole(request.connection, PROCESSING_JOB.logs, f"{name}/", f"{name}.log")


def _record(request, name: str) -> Record:
    record = Record.objects.filter(connection=request.connection, kind="ProcessingJob", name=name).first()
    if record is None:
        raise Http404(f"There is no processing job {name} on {request.connection}.")
    return record
