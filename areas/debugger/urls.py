"""Addresses of the debugger's pages; those of one job are parts of the job's page."""

from django.urls import path

import areas.converters  # noqa: F401 - registers <noun:…>
from areas.debugger import pages

JOB = "training-jobs/<noun:name>"

urlpatterns = [
    path("debugger-rules/", pages.overview, name="debugger-rules"),
    path(f"{JOB}/rules/", pages.of_job, name="training_job-rules"),
    path(f"{JOB}/rules/<str:rule>/report/", pages.report, name="training_job-rule-report"),
    path(f"{JOB}/system.json", pages.samples, name="training_job-system"),
]
