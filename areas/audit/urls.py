"""Addresses of the audit log."""

from django.urls import path

from areas.audit import pages

urlpatterns = [
    path("audit/", pages.show, name="audit"),
    path("audit/verify/", pages.verify, name="audit-verify"),
]
