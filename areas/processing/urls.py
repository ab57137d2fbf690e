"""Addresses of the processing pages; the list is the generic one."""

from django.urls import path

import areas.converters  # noqa: F401 - registers <noun:…>
from areas.processing import detail, feeds, pages

JOB = "processing-jobs/<noun:name>"

urlpatterns = [
    path("processing-jobs/create/", pages.create, name="processing_job-create"),
    path("processing-jobs/create/preview/", pages.preview, name="processing_job-preview"),
    path("processing-jobs/create/refill/", pages.refill, name="processing_job-refill"),
    path("processing-jobs/create/browse/", pages.browse, name="processing_job-browse"),
    path(f"{JOB}/", detail.overview, name="processing_job"),
    path(f"{JOB}/evaluation/", detail.evaluation, name="processing_job-evaluation"),
    path(f"{JOB}/logs/", detail.logs, name="processing_job-logs"),
    path(f"{JOB}/files/", detail.files, name="processing_job-files"),
    path(f"{JOB}/file/", detail.download, name="processing_job-download"),
    path(f"{JOB}/configuration/", detail.configuration, name="processing_job-configuration"),
    path(f"{JOB}/events/", detail.events, name="processing_job-events"),
    path(f"{JOB}/live/", detail.live, name="processing_job-live"),
    path(f"{JOB}/stop/", detail.stop, name="processing_job-stop"),
    path(f"{JOB}/delete/", detail.delete, name="processing_job-delete"),
    path(f"{JOB}/log.json", feeds.log, name="processing_job-log"),
    path(f"{JOB}/log.txt", feeds.download, name="processing_job-log-download"),
]
