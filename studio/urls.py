"""Addresses of pages and of the REST API."""

from areas.index import modules
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    # An area's own addresses, before the generic ones.
    *[path("", include(module)) for module in modules("urls")],
]
