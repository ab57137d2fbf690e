"""Addresses of the pages of experiments, trials and runs, in the order in which they are tried."""

from django.urls import include, path

from areas.experiments import compare, feeds, values

urlpatterns = [
    path("run-series/", feeds.series, name="run-series"),
    path("run-series.csv", feeds.table, name="run-series-csv"),
    path("run-values/", values.feed, name="run-values"),
    path("run-importance/", values.important, name="run-importance"),
    path("compare-runs/", compare.compare, name="compare-runs"),
    path("compare-runs.csv", compare.table, name="compare-runs-csv"),
    path("compare-runs/find/", compare.find, name="compare-runs-find"),
    path("", include("areas.experiments.run_urls")),
    path("", include("areas.experiments.table_urls")),
]
