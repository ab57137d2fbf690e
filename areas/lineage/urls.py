"""Addresses of the lineage pages."""

from django.urls import path

from areas.lineage import pages

urlpatterns = [
    path("lineage/", pages.show, name="lineage"),
    path("lineage/nodes/<int:number>/", pages.show_node, name="lineage-node"),
]
