"""What the pages of every kind of job do alike: find it, stop it, delete it, name its tabs."""

from typing import TypeVar

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse

from areas.calls import CallFailed, call
from areas.target import Target
from jobs import runs

Job = TypeVar("Job", bound=Target)


def find(kind: type[Job], request, name: str) -> Job:
    """The job, or the Run that is to make it. Http404 if there is neither."""
    job = kind(request.connection, name)
    if not job.exists and job.run is None:
        raise Http404(f"There is no {kind.resource.singular} {name} on {request.connection}.")
    return job


def stop(request, job: Target, kept: str):
    """Stop the job, or take back the Run that hasn't made it yet; ``kept`` says what becomes of its work."""
    noun = job.resource.noun
    try:
        if not job.exists:
            if not runs.cancel(job.run):
                messages.error(request, "The job has just been submitted: stop it now.")
        else:
            call(request.connection, f"Stop{noun}", **{f"{noun}Name": job.name})
            messages.success(request, f"Stopping {job.name}: {kept}")
    except CallFailed as failed:
        messages.error(request, f"{failed.code}: {failed.message}")
    return redirect(job.resource.codename, name=job.name)


def delete(request, resource, name: str, kept: str):
    """Delete the job's record; ``kept`` says what stays."""
    try:
        call(request.connection, f"Delete{resource.noun}", **{f"{resource.noun}Name": name})
    except CallFailed as failed:
        messages.error(request, f"{failed.code}: {failed.message}")
        return redirect(resource.codename, name=name)
    messages.success(request, f"Deleted {name}. {kept}")
    return redirect(resource.slug)


def tabs(known, name: str) -> list[dict]:
    """``(key, view, label)`` of each tab as templates want them."""
    return [{"key": key, "url": reverse(view, args=[name]), "label": label} for key, view, label in known]
