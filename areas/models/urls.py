"""Addresses of the model pages; the list is the generic one."""

from django.urls import path

import areas.converters  # noqa: F401 - registers <noun:…>
from areas.models import pages

urlpatterns = [
    path("models/create/", pages.create, name="model-create"),
    path("models/<noun:name>/", pages.show, name="model"),
]
