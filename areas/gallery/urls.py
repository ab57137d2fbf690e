"""Addresses of the gallery."""

from django.urls import path

from areas.gallery import pages

urlpatterns = [
    path("algorithms/", pages.show_all, name="algorithms"),
    path("algorithms/<slug:algorithm>/", pages.show, name="algorithm"),
]
