"""Addresses of the tuning pages; the list is the generic one."""

from django.urls import path

import areas.converters  # noqa: F401 - registers <noun:…>
from areas.tuning import detail, pages

TUNING = "hyper-parameter-tuning-jobs"

urlpatterns = [
    path(f"{TUNING}/create/", pages.create, name="hyper_parameter_tuning_job-create"),
    path(f"{TUNING}/create/preview/", pages.preview, name="hyper_parameter_tuning_job-preview"),
    path(f"{TUNING}/<noun:name>/", detail.show, name="hyper_parameter_tuning_job"),
    path(f"{TUNING}/<noun:name>/live/", detail.live, name="hyper_parameter_tuning_job-live"),
]
