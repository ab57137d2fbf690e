"""Addresses of a run's pages. ``<run:name>`` is any name that AWS allows, but for two words of the list page."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from areas.experiments import run_files, run_pages


class RunConverter(StringConverter):
    regex = r"(?!(?:actions|create)/)[^/]+"


register_converter(RunConverter, "run")

RUN = "trial-components/<run:name>"

urlpatterns = [
    path(f"{RUN}/", run_pages.overview, name="trial_component"),
    path(f"{RUN}/metrics/", run_pages.metrics, name="run-metrics"),
    path(f"{RUN}/charts/", run_pages.charts, name="run-charts"),
    path(f"{RUN}/figures/", run_files.drawn, name="run-figures"),
    path(f"{RUN}/artifacts/", run_files.artifacts, name="run-artifacts"),
    path(f"{RUN}/file/", run_files.send, name="run-file"),
    path(f"{RUN}/diff/", run_files.difference, name="run-diff"),
    path(f"{RUN}/logs/", run_pages.logs, name="run-logs"),
    path(f"{RUN}/log.json", run_pages.log, name="run-log"),
    path(f"{RUN}/log.txt", run_pages.log_file, name="run-log-file"),
    path(f"{RUN}/configuration/", run_pages.configuration, name="run-configuration"),
    path(f"{RUN}/events/", run_pages.events, name="run-events"),
    path(f"{RUN}/code/", run_pages.code, name="run-code"),
    path(f"{RUN}/live/", run_pages.live, name="run-live"),
    path(f"{RUN}/stop/", run_pages.stop, name="run-stop"),
    path(f"{RUN}/rename/", run_pages.rename, name="run-rename"),
    path(f"{RUN}/note/", run_pages.write_note, name="run-note"),
    path(f"{RUN}/tags/edit/", run_pages.edit_tags, name="run-tags"),
    path(f"{RUN}/archive/", run_pages.archive, name="run-archive"),
    path(f"{RUN}/delete/", run_pages.delete, name="run-delete"),
    path(f"{RUN}/restore/", run_pages.restore, name="run-restore"),
]
