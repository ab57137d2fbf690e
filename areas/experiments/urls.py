"""Addresses of the pages of experiments, trials and runs, in the order in which they are tried."""

from django.urls import include, path

from areas.experiments import feeds

urlpatterns = [
    path("run-series/", feeds.series, name="run-series"),
    path("run-series.csv", feeds.table, name="run-series-csv"),
    path("", include("areas.experiments.run_urls")),
]
