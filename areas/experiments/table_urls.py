"""Addresses of the experiments' list and of the page of each."""

from django.urls import path

import areas.converters  # noqa: F401 - registers <noun:…>
from areas.experiments import pages_experiment, pages_list, table_acts

ONE = "experiments/<noun:name>"

urlpatterns = [
    path("experiments/", pages_list.show, name="experiments"),
    path("experiments/create/", pages_list.create, name="experiment-create"),
    path("experiments/actions/", pages_list.restore, name="experiment-bulk"),
    path(f"{ONE}/", pages_experiment.show, name="experiment"),
    path(f"{ONE}/edit/", pages_list.edit, name="experiment-edit"),
    path(f"{ONE}/delete/", pages_list.delete, name="experiment-delete"),
    path(f"{ONE}/runs/act/", table_acts.act, name="experiment-runs-act"),
    path(f"{ONE}/runs/edit/", table_acts.edit, name="experiment-run-edit"),
    path(f"{ONE}/runs/export/", table_acts.export, name="experiment-runs-export"),
]
