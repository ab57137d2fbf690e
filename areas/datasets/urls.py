"""Addresses of the dataset pages."""

from django.urls import path

from areas.datasets import actions, pages

urlpatterns = [
    path("datasets/", pages.show_list, name="datasets"),
    path("datasets/create/", pages.show_create, name="dataset-create"),
    path("datasets/upload/", actions.upload, name="dataset-upload"),
    path("datasets/point/", actions.point, name="dataset-point"),
    path("datasets/<str:name>/", pages.show_overview, name="dataset"),
    path("datasets/<str:name>/state/", pages.show_state, name="dataset-state"),
    path("datasets/<str:name>/preview/", pages.show_preview, name="dataset-preview"),
    path("datasets/<str:name>/download/", pages.download, name="dataset-download"),
    path("datasets/<str:name>/splits/", pages.show_splits, name="dataset-splits"),
    path("datasets/<str:name>/splits/create/", actions.split, name="dataset-split"),
    path("datasets/<str:name>/splits/delete/", actions.remove_split, name="dataset-split-delete"),
    path("datasets/<str:name>/versions/", pages.show_versions, name="dataset-versions"),
    path("datasets/<str:name>/versions/act/", actions.act_on_version, name="dataset-version-act"),
    path("datasets/<str:name>/use/", pages.show_use, name="dataset-use"),
    path("datasets/<str:name>/use/prepare/", actions.prepare, name="dataset-prepare"),
    path("datasets/<str:name>/about/", pages.show_about, name="dataset-about"),
    path("datasets/<str:name>/about/edit/", actions.edit, name="dataset-edit"),
    path("datasets/<str:name>/delete/", actions.delete, name="dataset-delete"),
]
