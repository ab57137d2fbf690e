"""Addresses of the training pages; the list is the generic one."""

from django.urls import path

import areas.converters  # noqa: F401 - registers <noun:…>
from areas.training import capacity, detail, feeds, pages

JOB = "training-jobs/<noun:name>"

urlpatterns = [
    path("training-jobs/create/", pages.create, name="training_job-create"),
    path("training-jobs/create/preview/", pages.preview, name="training_job-preview"),
    path("training-jobs/create/refill/", pages.refill, name="training_job-refill"),
    path("training-jobs/create/browse/", pages.browse, name="training_job-browse"),
    path(f"{JOB}/", detail.overview, name="training_job"),
    path(f"{JOB}/metrics/", detail.metrics, name="training_job-metrics"),
    path(f"{JOB}/logs/", detail.logs, name="training_job-logs"),
    path(f"{JOB}/files/", detail.files, name="training_job-files"),
    path(f"{JOB}/configuration/", detail.configuration, name="training_job-configuration"),
    path(f"{JOB}/events/", detail.events, name="training_job-events"),
    path(f"{JOB}/live/", detail.live, name="training_job-live"),
    path(f"{JOB}/stop/", detail.stop, name="training_job-stop"),
    path(f"{JOB}/interrupt/", capacity.interrupt, name="training_job-interrupt"),
    path(f"{JOB}/keep-warm/", capacity.keep_warm, name="training_job-keep-warm"),
    path(f"{JOB}/delete/", detail.delete, name="training_job-delete"),
    path(f"{JOB}/points.json", feeds.points, name="training_job-points"),
    path(f"{JOB}/log.json", feeds.log, name="training_job-log"),
    path(f"{JOB}/log.txt", feeds.download, name="training_job-log-download"),
    path(f"{JOB}/points.csv", feeds.table, name="training_job-points-csv"),
]
