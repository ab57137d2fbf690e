"""Addresses of the transform pages; the list is the generic one."""

from django.urls import path

import areas.converters  # noqa: F401 - registers <noun:…>
from areas.transform import detail, pages

JOB = "transform-jobs/<noun:name>"

urlpatterns = [
    path("transform-jobs/create/", pages.create, name="transform_job-create"),
    path("transform-jobs/create/preview/", pages.preview, name="transform_job-preview"),
    path("transform-jobs/create/browse/", pages.browse, name="transform_job-browse"),
    path(f"{JOB}/", detail.overview, name="transform_job"),
    path(f"{JOB}/records/", detail.records, name="transform_job-records"),
    path(f"{JOB}/logs/", detail.logs, name="transform_job-logs"),
    path(f"{JOB}/configuration/", detail.configuration, name="transform_job-configuration"),
    path(f"{JOB}/live/", detail.live, name="transform_job-live"),
    path(f"{JOB}/stop/", detail.stop, name="transform_job-stop"),
    path(f"{JOB}/log.json", detail.log, name="transform_job-log"),
    path(f"{JOB}/log.txt", detail.download, name="transform_job-log-download"),
]
